"""What a picture needs to stand alone: where, how and when it was measured, burnt into it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure
from benchmarks.charts.palette import ink

LINE_PX = 16
GAP_PX = 44  # between the axis' title and the first line


def captioned(figure: Figure, lines: Sequence[str], *, dark: bool) -> Figure:
    """`figure`, taller, with `lines` below it; they are part of every picture that is made of it.

    Its background is no longer transparent, since a picture may land on any other.
    """
    colours = ink(dark)
    layout = figure["layout"]
    extra_px = LINE_PX * len(lines)
    caption = {
        "text": "<br>".join(escape(line, quote=False) for line in lines),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 0,
        "yshift": -GAP_PX,
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "font": {"size": SMALL_FONT_SIZE, "color": colours.muted},
    }
    margin = {**layout["margin"], "b": layout["margin"]["b"] + extra_px}
    return {
        **figure,
        "layout": {
            **layout,
            "height": layout["height"] + extra_px,
            "margin": margin,
            "paper_bgcolor": colours.page,
            "annotations": [*layout.get("annotations", []), caption],
        },
    }
