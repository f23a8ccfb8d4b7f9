"""How a chart gets onto a page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from benchmarks import charts
from benchmarks.candidates import candidate
from benchmarks.dashboard import network
from benchmarks.dashboard.fragments import for_page
from benchmarks.dashboard.session import is_phone

# Streamlit 1.67 sets the same, but only once the chart has been drawn without: a click in between
# would do nothing.
CLICKABLE = {"clickmode": "event+select", "dragmode": "pan"}


def draw(figure: charts.Figure, key: str, alt: str, *, selectable: bool = True) -> None:
    """selectable: whether a click on a point selects its network."""
    config = dict(charts.CONFIG)
    if is_phone():
        config["displayModeBar"] = False  # it would lie on the legend
    if not selectable or is_phone():  # a selectable chart would not let a finger scroll past it
        st.plotly_chart(charts.Ready(figure), key=key, theme=None, config=config, alt=alt)
        return
    st.plotly_chart(
        charts.Ready({**figure, "layout": figure["layout"] | CLICKABLE}),
        key=key,
        theme=None,
        config=config,
        alt=alt,
        selection_mode="points",
        on_select=for_page(partial(_select_point, key)),
    )


def _select_point(chart: str) -> None:
    """Plotly forgets its selection whenever the figure changes, so it is copied to the controls."""
    points = st.session_state[chart].selection.points
    if points and (data := points[0].get("customdata")):
        first = data[0] if isinstance(data, list) else data.get("0")
        if isinstance(first, str):
            network.select(candidate(first))
