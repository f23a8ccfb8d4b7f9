"""Several runs on one chart: each network's latency in each of them, every run named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from benchmarks import units
from benchmarks.charts.axes import QUANTITIES, log_axis
from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure, axis, empty, layout
from benchmarks.charts.palette import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    TEAL,
    VERMILION,
    colours,
    ink,
)
from benchmarks.results import Measurement

LOOKS = (
    (BLUE, "circle"),
    (VERMILION, "diamond"),
    (GREEN, "square"),
    (ORANGE, "triangle-up"),
    (PINK, "star"),
    (TEAL, "x"),
)
MOST_RUNS = len(LOOKS)
ROW_PX = 30
TOP_PX, BOTTOM_PX, LEGEND_PX = 24, 56, 22


@dataclass(frozen=True)
class Series:
    """One run. name: title and machine, in the legend. rows: measurements by network's label."""

    name: str
    rows: dict[str, Measurement]


def beside(series: Sequence[Series], *, dark: bool) -> Figure:
    """A line a network, a mark a run, with 95 % intervals of their sessions; at most six runs."""
    drawn = series[:MOST_RUNS]
    networks = list(dict.fromkeys(network for one in drawn for network in one.rows))
    if not networks:
        return empty("No network to show.", dark=dark)
    every = [row for one in drawn for row in one.rows.values()]
    ends = [
        end
        for row in every
        for end in (
            (row.interval_s.low, row.interval_s.high) if row.interval_s else (row.median_s,)
        )
    ]
    latency = QUANTITIES["latency"]
    xaxis = log_axis(min(ends), max(ends), latency.unit, pad=0.07)
    top_px = TOP_PX + LEGEND_PX * len(drawn)
    figure_layout = layout(
        dark=dark,
        height=top_px + BOTTOM_PX + ROW_PX * max(2, len(networks)),
        margin={"l": 110, "r": 14, "t": top_px, "b": BOTTOM_PX},
        xaxis=axis(f"{latency.title} (log scale)", dark=dark, **xaxis),
        yaxis=axis(
            "",
            dark=dark,
            type="category",
            categoryorder="array",
            categoryarray=[escape(network, quote=False) for network in networks[::-1]],
        ),
    )
    figure_layout["legend"] |= {"orientation": "v"}
    return {
        "data": [
            _marks(one, colours(dark)[colour], symbol, dark)
            for one, (colour, symbol) in zip(drawn, LOOKS, strict=False)
        ],
        "layout": figure_layout,
    }


def beside_alt(series: Sequence[Series]) -> str:
    """What the chart shows, in numbers."""
    drawn = series[:MOST_RUNS]
    told = [
        f"{one.name}: "
        + ", ".join(f"{name} {units.milliseconds(row.median_s)}" for name, row in one.rows.items())
        for one in drawn
    ]
    return f"Latency of each network in {units.counted(len(drawn), 'run')}. {'; '.join(told)}."


def _marks(series: Series, colour: str, symbol: str, dark: bool) -> Figure:
    rows = series.rows
    bounds = [row.interval_s for row in rows.values()]
    medians = [row.median_s for row in rows.values()]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": escape(series.name, quote=False),
        "x": medians,
        "y": [escape(network, quote=False) for network in rows],
        "cliponaxis": False,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [
                one.high - middle if one else 0 for one, middle in zip(bounds, medians, strict=True)
            ],
            "arrayminus": [
                middle - one.low if one else 0 for one, middle in zip(bounds, medians, strict=True)
            ],
            "color": colour,
            "thickness": 1.3,
            "width": 0,
        },
        "hovertext": [
            f"<b>{escape(network)}</b><br>{escape(series.name, quote=False)}<br>"
            f"{units.milliseconds(row.median_s)} ({units.milliseconds_interval(row.interval_s)})"
            for network, row in rows.items()
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "symbol": symbol,
            "size": 10,
            "color": colour,
            "line": {"color": ink(dark).outline, "width": 1},
        },
        "textfont": {"size": SMALL_FONT_SIZE},
    }
