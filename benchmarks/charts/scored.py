"""Accuracy that was measured here, against what it costs here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from benchmarks import units
from benchmarks.charts.axes import QUANTITIES, log_axis
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.looks import look
from benchmarks.charts.palette import colours, ink
from benchmarks.variants import Metric
from mobilenet.tasks.score import Score

HEIGHT = 380
MARGIN = {"l": 58, "r": 20, "t": 76, "b": 52}
ROOM = 0.12  # of the range, above and below


class Mark(NamedTuple):
    """cost: seconds, mult-adds, …, by the chart's metric; None is not drawn.

    place: whose look it has, where another chart shows the same network; else it goes by its turn.
    """

    name: str
    score: Score
    cost: float | None
    place: int | None = None


def scored(marks: Sequence[Mark], metric: Metric, *, dark: bool) -> Figure:
    """Top-1 with its 95 % Wilson interval, one mark a network or a way of running it."""
    drawn = [(mark, mark.cost) for mark in marks if mark.cost is not None]
    if not drawn:
        return empty("Nothing is timed yet.", dark=dark)
    quantity = QUANTITIES[metric]
    costs = [cost for _, cost in drawn]
    bounds = [mark.score.top1_bounds for mark, _ in drawn]
    low, high = min(one.low for one in bounds), max(one.high for one in bounds)
    room = ROOM * max(high - low, 1.0)
    return {
        "data": [
            _mark(mark, cost / quantity.unit, quantity.text(cost), number, dark)
            for number, (mark, cost) in enumerate(drawn)
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(
                f"{quantity.title} (log scale)",
                dark=dark,
                **log_axis(min(costs) / quantity.unit, max(costs) / quantity.unit, 1, pad=0.12),
            ),
            yaxis=axis(
                "Top-1 of the test images, %",
                dark=dark,
                range=[max(low - room, -1), min(high + room, 101)],
            ),
        ),
    }


def scored_alt(marks: Sequence[Mark], metric: Metric) -> str:
    """What the chart shows, in numbers."""
    quantity = QUANTITIES[metric]
    told = "; ".join(
        f"{mark.name} {_top1(mark.score)} at {quantity.text(mark.cost)}"
        for mark in marks
        if mark.cost is not None
    )
    return f"Top-1 against {quantity.name}. {told or 'Nothing is timed yet'}."


def _mark(mark: Mark, x: float, cost: str, number: int, dark: bool) -> Figure:
    colour, _, symbol = look(number if mark.place is None else mark.place)
    score = mark.score
    return {
        "type": "scatter",
        "mode": "markers",
        "name": escape(mark.name),
        "x": [x],
        "y": [score.top1_percent],
        "marker": {"size": 11, "color": colours(dark)[colour], "symbol": symbol},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [score.top1_bounds.high - score.top1_percent],
            "arrayminus": [score.top1_percent - score.top1_bounds.low],
            "color": ink(dark).muted,
            "thickness": 1.3,
            "width": 0,
        },
        "hovertext": [f"<b>{escape(mark.name)}</b><br>{_top1(score)}<br>{cost}"],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _top1(score: Score) -> str:
    return f"{units.percent(score.top1_percent)} ({units.percent_span(*score.top1_bounds)})"
