"""Identical networks against each other: every interval should hold "no difference"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from benchmarks.charts.axes import linear_ticks
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, GREY, VERMILION, colours, faded, ink
from benchmarks.timing.statistics import Ratio
from benchmarks.timing.verdicts import MARGIN, verdict
from benchmarks.units import signed_percent

ROW_PX = 30
TICKS = 3  # to either side: as many as stand beside each other on a telephone
MARGINS = {"l": 104, "r": 14, "t": 58, "b": 52}
MIN_REACH = 100 * MARGIN * 1.6  # of the axis to either side, %: the margin is always seen whole


class _Look(NamedTuple):
    name: str
    colour: int
    symbol: str


LOOKS = {
    "same": _Look("same", BLUE, "circle"),
    "cannot tell": _Look("cannot tell", GREY, "diamond-open"),
    "different": _Look("called different", VERMILION, "x"),
    "withheld": _Look("withheld: invalid run", GREY, "square-open"),
}


class _Row(NamedTuple):
    """value, low, high: by how much one copy took longer, %; without an interval all are equal."""

    name: str
    kind: str
    value: float
    low: float
    high: float


def identical(
    runs: Sequence[Sequence[Ratio]],
    *,
    dark: bool,
    withheld: Collection[int] = (),
    beside: Sequence[Sequence[Ratio]] = (),
) -> Figure:
    """One interval a pair, around 0 %. runs: the ratios of each run's pairs.

    withheld: places of the runs that compare nothing, because they are invalid.
    beside: those of a chart beside it, which the same axis must hold.
    """
    rows = _rows(runs, withheld)
    if not rows:
        return empty("No pair was timed.", dark=dark)
    ends = (end for row in _rows([*runs, *beside]) for end in (row.low, row.high))
    reach = max(MIN_REACH, *(1.08 * abs(end) for end in ends))
    steps = linear_ticks(reach, most=TICKS)
    ticks = [*(-tick for tick in reversed(steps[1:])), *steps]
    margin = {"x0": 100 * (1 / (1 + MARGIN) - 1), "x1": 100 * MARGIN, "xref": "x"}
    whole = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    grey = ink(dark).muted
    return {
        "data": [
            _trace(look, [row for row in rows if row.kind == kind], dark)
            for kind, look in LOOKS.items()
            if any(row.kind == kind for row in rows)
        ],
        "layout": layout(
            dark=dark,
            height=MARGINS["t"] + MARGINS["b"] + ROW_PX * len(rows),
            margin=MARGINS,
            xaxis=axis(
                "Time of one copy against the other's",
                dark=dark,
                range=[-reach, reach],
                tickvals=ticks,
                ticktext=[signed_percent(tick) for tick in ticks],
                fixedrange=True,
            ),
            yaxis=axis(
                "",
                dark=dark,
                grid=False,
                type="category",
                categoryorder="array",
                categoryarray=[row.name for row in rows],
                range=[len(rows) - 0.5, -0.5],
                fixedrange=True,
            ),
            shapes=[
                {
                    "type": "rect",
                    "fillcolor": faded(colours(dark)[BLUE], 0.16 if dark else 0.1),
                    "line": {"width": 0},
                    **margin,
                    **whole,
                },
                {
                    "type": "line",
                    "x0": 0,
                    "x1": 0,
                    "xref": "x",
                    "line": {"width": 1.5, "color": grey},
                    **whole,
                },
            ],
        ),
    }


def identical_alt(runs: Sequence[Sequence[Ratio]], withheld: Collection[int] = ()) -> str:
    """Every pair, in numbers."""
    rows = _rows(runs, withheld)
    if not rows:
        return "Identical networks against each other: no pair was timed."
    kinds = [row.kind for row in rows]
    counted = ", ".join(
        f"{kinds.count(kind)} {look.name}" for kind, look in LOOKS.items() if kind in kinds
    )
    each = "; ".join(f"{row.name}: {_text(row)}" for row in rows)
    return f"Identical networks against each other, {len(rows)} pairs: {counted}. {each}."


def _rows(runs: Sequence[Sequence[Ratio]], withheld: Collection[int] = ()) -> list[_Row]:
    return [
        _row(f"Run {place + 1}, pair {pair}", ratio, "withheld" if place in withheld else None)
        for place, own in enumerate(runs)
        for pair, ratio in enumerate(own, 1)
    ]


def _row(name: str, ratio: Ratio, kind: str | None) -> _Row:
    word = kind or verdict(ratio)
    bounds = ratio.interval
    value, low, high = (
        100 * (end - 1)
        for end in (
            ratio.value,
            bounds.low if bounds else ratio.value,
            bounds.high if bounds else ratio.value,
        )
    )
    return _Row(name, word if word in LOOKS else "different", value, low, high)


def _text(row: _Row) -> str:
    within = "no interval"
    if row.low < row.high:
        within = f"{signed_percent(row.low)} to {signed_percent(row.high)}"
    return f"{signed_percent(row.value)} ({within}), {LOOKS[row.kind].name}"


def _trace(look: _Look, rows: Sequence[_Row], dark: bool) -> Figure:
    shade = colours(dark)[look.colour]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": look.name,
        "x": [row.value for row in rows],
        "y": [row.name for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [row.high - row.value for row in rows],
            "arrayminus": [row.value - row.low for row in rows],
            "color": shade,
            "thickness": 2,
            "width": 5,
        },
        "marker": {
            "size": 11,
            "symbol": look.symbol,
            "color": shade,
            "line": {"width": 2, "color": shade},
        },
        "hovertext": [f"<b>{row.name}</b><br>{_text(row)}" for row in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
