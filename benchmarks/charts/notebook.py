"""A figure as a notebook shows it: live in Jupyter, and still there in an exported HTML page."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from benchmarks.charts.figure import CONFIG, Figure, as_figure
from benchmarks.charts.palette import ink

PLOTLY_MIME = "application/vnd.plotly.v1+json"
# What plotly chooses by itself in Jupyter and in VS Code. Whoever has chosen another is obeyed.
_BY_ITSELF = ("plotly_mimetype", "vscode")
_embedded: set[int] = set()  # kernels have one notebook; holds 1 once its page has plotly's script


class NotebookFigure(go.Figure):  # type: ignore[misc]  # plotly publishes no types
    """A figure of plotly that nobody can send to its makers by accident.

    Beside what Jupyter draws it holds HTML, which is what an exported page shows. The first one of
    a kernel brings plotly's script along, 5 MB, so that the page opens without a network.
    """

    def live_bundle(self) -> dict[str, Any]:
        """By MIME type: what a running notebook draws. An exported page needs more."""
        if pio.renderers.default not in _BY_ITSELF:
            bundle: dict[str, Any] = super()._repr_mimebundle_(config=dict(CONFIG))
            return bundle
        shown: dict[str, Any] = pio.renderers["plotly_mimetype"].to_mimebundle(self.to_dict())
        shown[PLOTLY_MIME]["config"] = dict(CONFIG)
        return shown

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None, **kwargs: object
    ) -> dict[str, Any]:
        shown = self.live_bundle()
        if pio.renderers.default not in _BY_ITSELF:
            return shown
        html = self.to_html(
            full_html=False,
            include_plotlyjs=not _embedded,
            config=dict(CONFIG),
            default_width="100%",
        )
        _embedded.add(1)
        return {**shown, "text/html": html}

    def _ipython_display_(self) -> None:
        if pio.renderers.default not in _BY_ITSELF:
            pio.show(self, config=dict(CONFIG))
            return
        from IPython.display import display

        display(self._repr_mimebundle_(), raw=True)


def notebook_figure(figure: Figure, *, dark: bool) -> NotebookFigure:
    """Checked, on a background of its own: a notebook's theme is not known here."""
    ready = NotebookFigure(as_figure(figure))
    ready.update_layout(paper_bgcolor=ink(dark).page)
    return ready
