"""What all charts share: page layout, and the ways a figure leaves this package.

A builder returns a plain dict of `data` and `layout` with every colour and font set, so that it
looks the same in Streamlit (`theme=None`), in a notebook and in a report. Checking such a dict
takes plotly longer than everything else about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure

from benchmarks.charts.palette import ink

Figure = dict[str, Any]  # plotly's figure as JSON has it

FONT = '"Source Sans", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, sans-serif'
FONT_SIZE = 13
SMALL_FONT_SIZE = 12
EMPTY_HEIGHT = 160
TRANSPARENT = "rgba(0,0,0,0)"

CONFIG: Mapping[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,  # plotly would send the figure to its makers
    "responsive": True,
    "doubleClick": "reset",
    "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "filename": "mobilenet-bench", "scale": 2},
}


class Ready(BaseFigure):  # type: ignore[misc]  # plotly publishes no types
    """A finished figure as `st.plotly_chart` takes it, without plotly checking it once more."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure

    def to_dict(self) -> Figure:
        return self._figure


def as_figure(figure: Figure) -> go.Figure:
    """For a notebook or an export: checked, and untouched by whatever template is the default."""
    return go.Figure({**figure, "layout": {**figure["layout"], "template": "none"}})


def layout(*, dark: bool, height: int, margin: Mapping[str, int], **more: Any) -> Figure:
    """Transparent page, fonts, hover card and legend above the plot."""
    colours = ink(dark)
    return {
        "height": height,
        "margin": {"pad": 4, **margin},
        "font": {"family": FONT, "size": FONT_SIZE, "color": colours.strong},
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "hovermode": "closest",
        "dragmode": False,  # else a finger on the chart cannot scroll the page
        "hoverlabel": {
            "align": "left",
            "bgcolor": colours.card,
            "bordercolor": colours.muted,
            "font": {"family": FONT, "size": FONT_SIZE, "color": colours.strong},
        },
        "showlegend": True,  # also with a single entry
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.01,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"size": SMALL_FONT_SIZE, "color": colours.strong},
            "bgcolor": TRANSPARENT,
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "modebar": {
            "bgcolor": TRANSPARENT,
            "color": colours.muted,
            "activecolor": colours.strong,
        },
        "uirevision": "keep",  # a new figure keeps the person's zoom
        **more,
    }


def axis(title: str, *, dark: bool, grid: bool = True, **more: Any) -> Figure:
    colours = ink(dark)
    return {
        "title": {
            "text": title,
            "standoff": 8,
            "font": {"size": FONT_SIZE, "color": colours.muted},
        },
        "tickfont": {"size": SMALL_FONT_SIZE, "color": colours.muted},
        "tickangle": 0,
        "showgrid": grid,
        "gridcolor": colours.grid,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        **more,
    }


def empty(message: str, *, dark: bool) -> Figure:
    """A figure that says why there is nothing on it."""
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    note = {
        "text": message,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "showarrow": False,
        "font": {"size": FONT_SIZE, "color": ink(dark).muted},
    }
    return {
        "data": [{"type": "scatter", "x": [], "y": [], "showlegend": False}],
        "layout": layout(
            dark=dark,
            height=EMPTY_HEIGHT,
            margin={"l": 10, "r": 10, "t": 10, "b": 10},
            xaxis=hidden,
            yaxis=hidden,
            annotations=[note],
        ),
    }
