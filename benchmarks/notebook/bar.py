"""How far a run is, below the cell that started it."""

from __future__ import annotations

import time
from html import escape
from types import TracebackType

from IPython.display import HTML, DisplayHandle, display

from benchmarks.jobs.updates import Update, Waiting
from benchmarks.messages import Progress
from benchmarks.progress import step_text, waiting_text

MIN_REDRAW_S = 0.5  # a redraw takes CPU from what is being measured


class NotebookBar:
    """Give `show` to `measure` as its listener. A line of HTML, so it needs no widgets; gone when
    the run is over."""

    def __enter__(self) -> NotebookBar:
        self._drawn_at = float("-inf")
        self._handle: DisplayHandle = display(_line("Starting", None), display_id=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.update(HTML(""))

    def show(self, update: Update) -> None:
        match update:
            case Waiting():
                self._handle.update(_line(waiting_text(update), None))
            case Progress() if time.monotonic() - self._drawn_at >= MIN_REDRAW_S:
                self._handle.update(_line(step_text(update), update.fraction))
                self._drawn_at = time.monotonic()


def _line(text: str, fraction: float | None) -> HTML:
    """fraction: None where nothing is known; the bar then moves to and fro."""
    value = "" if fraction is None else f' value="{fraction:.3f}"'
    return HTML(
        f'<progress max="1"{value} style="width:12em;vertical-align:middle"></progress> '
        f"{escape(text)}"
    )
