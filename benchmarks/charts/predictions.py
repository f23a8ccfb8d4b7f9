"""Latency of every width and resolution: where channel counts suit the runtime, and where not."""

from __future__ import annotations

import math

from benchmarks import units
from benchmarks.charts.choice import card
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import CIVIDIS, VERMILION, colours, ink
from benchmarks.choosing import Outlook

HEIGHT = 300
MARGIN = {"l": 58, "r": 12, "t": 40, "b": 52}


def predictions(found: Outlook, *, dark: bool) -> Figure:
    """Width against resolution, darker is faster; what was measured is marked, the rest predicted.

    Networks that are larger than the budget are left blank.
    """
    if not found.options:
        return empty("No network is so small.", dark=dark)
    widths = sorted({one.config.width_multiplier for one in found.options})
    sides = sorted({one.config.resolution for one in found.options})
    by_place = {(one.config.width_multiplier, one.config.resolution): one for one in found.options}
    rows = [[by_place.get((width, side)) for width in widths] for side in sides]
    measured = [one for one in found.options if one.measurement is not None]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": widths,
                "y": [str(side) for side in sides],
                "z": [[one and math.log(one.latency_s) for one in row] for row in rows],
                "text": [["" if one is None else card(one) for one in row] for row in rows],
                "hovertemplate": "%{text}<extra></extra>",
                "hoverongaps": False,
                "colorscale": [[i / (len(CIVIDIS) - 1), c] for i, c in enumerate(CIVIDIS)],
                "showscale": False,
                "ygap": 2,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "name": "measured",
                "x": [one.config.width_multiplier for one in measured],
                "y": [str(one.config.resolution) for one in measured],
                "marker": {
                    "size": 11,
                    "symbol": "square",
                    "color": ink(dark).page,
                    "line": {"width": 2, "color": colours(dark)[VERMILION]},
                },
                "hovertext": [card(one) for one in measured],
                "hovertemplate": "%{hovertext}<extra></extra>",
            },
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis("Width multiplier α", dark=dark, grid=False, tickvals=[0.25, 0.5, 0.75, 1]),
            yaxis=axis(
                "Resolution, px",
                dark=dark,
                grid=False,
                type="category",
                categoryorder="array",
                categoryarray=[str(side) for side in sides],
            ),
        ),
    }


def predictions_alt(found: Outlook) -> str:
    """What the map shows, in numbers."""
    if not found.options:
        return "No network is so small."
    fastest = min(found.options, key=lambda one: one.latency_s)
    slowest = max(found.options, key=lambda one: one.latency_s)
    measured = sum(one.measurement is not None for one in found.options)
    return (
        f"Latency by width and resolution: from {units.milliseconds(fastest.latency_s)} "
        f"({fastest.candidate.label}) to {units.milliseconds(slowest.latency_s)} "
        f"({slowest.candidate.label}); {measured} measured, "
        f"{len(found.options) - measured} predicted."
    )
