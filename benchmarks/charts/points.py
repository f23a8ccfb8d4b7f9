"""Networks as markers: filled where published, hollow where estimated, pale where a first look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from benchmarks.charts.cards import card
from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure
from benchmarks.charts.palette import colours, faded, family_style, ink
from benchmarks.variants import MOBILENET_FAMILY, Metric, Variant

AREA_PER_PARAMETER = 4.4**2 / 1e6  # square pixels: 138 million parameters are 52 pixels across
MIN_DIAMETER = 8.0  # of networks below 3.3 million parameters
LARGE_DIAMETER = 18.0  # from here a marker lets what lies under it shine through
RING_GAP = 9.0
RING_WIDTH = 2.5


@dataclass(frozen=True)
class Point:
    """A network with a place on the chart. error: of an estimated accuracy, in points."""

    variant: Variant
    x: float
    y: float
    error: float | None
    preview: bool
    diameter: float

    @property
    def key(self) -> str:
        return self.variant.candidate.key

    @property
    def label(self) -> str:
        return self.variant.candidate.label


def points(variants: Iterable[Variant], metric: Metric) -> tuple[Point, ...]:
    """Those that have an accuracy and a value; large ones first, so that small ones lie on top."""
    placed = [
        Point(
            variant=variant,
            x=value,
            y=variant.top1.percent,
            error=variant.top1.error_percent,
            preview=metric == "latency"
            and variant.measurement is not None
            and variant.measurement.quality == "preview",
            diameter=max(
                MIN_DIAMETER, math.sqrt(AREA_PER_PARAMETER * variant.candidate.parameters)
            ),
        )
        for variant in variants
        if variant.top1 is not None and (value := variant.metric(metric)) is not None
    ]
    return tuple(sorted(placed, key=lambda point: -point.diameter))


def markers(
    shown: Sequence[Point], sides: Mapping[int, str], *, intervals: bool, dark: bool
) -> Figure:
    """All points as one trace: sooner drawn, and an event's index is a point.

    sides: where the label of a point stands, by index; the others have none.
    """
    styles = [_style(point, dark) for point in shown]
    text = ink(dark).strong
    trace: Figure = {
        "type": "scatter",
        "mode": "markers+text",
        "showlegend": False,
        "cliponaxis": False,
        "x": [point.x for point in shown],
        "y": [point.y for point in shown],
        "customdata": [[point.key] for point in shown],
        "hovertext": [card(point.variant) for point in shown],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "text": [
            spaced(escape(point.label), sides[index]) if index in sides else ""
            for index, point in enumerate(shown)
        ],
        "textposition": [sides.get(index, "top center") for index in range(len(shown))],
        "textfont": {"size": SMALL_FONT_SIZE, "color": text},
        "marker": {
            "size": [point.diameter for point in shown],
            "opacity": 1,  # plotly pales markers of several sizes
            "symbol": [style.symbol for style in styles],
            "color": [style.fill for style in styles],
            "line": {
                "color": [style.line for style in styles],
                "width": [style.width for style in styles],
            },
        },
        # After a click plotly pales the rest until the page answers: leave them as they are.
        "selected": {"marker": {"opacity": 1}, "textfont": {"color": text}},
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": text}},
    }
    bars = {"type": "data", "color": ink(dark).muted, "thickness": 1.3, "width": 0}
    if any(point.error is not None for point in shown):
        trace["error_y"] = bars | {"array": [point.error or 0 for point in shown]}
    if intervals:
        high, low = zip(*map(_interval_arms, shown), strict=True)
        trace["error_x"] = bars | {"symmetric": False, "array": high, "arrayminus": low}
    return trace


def ring(point: Point, selected: bool, *, side: str | None, dark: bool) -> Figure:
    """Around the selected network a thick ring, around the baseline a thin square.

    side: where the label stands, outside of the ring; None for no label.
    """
    colour = ink(dark).strong
    label = f"<b>{escape(point.label)}</b>" if selected else escape(point.label)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "selected" if selected else "compared with",
        "x": [point.x],
        "y": [point.y],
        "text": ["" if side is None else spaced(label, side)],
        "textposition": side or "top center",
        "textfont": {"size": SMALL_FONT_SIZE, "color": colour},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle-open" if selected else "square-open",
            "size": ring_diameter(point),
            "color": colour,
            "line": {"width": RING_WIDTH if selected else 1.3, "color": colour},
        },
    }


def spaced(label: str, side: str) -> str:
    """`label` with a little air between it and its mark."""
    return f"\u00a0{label}" if side.endswith("right") else f"{label}\u00a0"


def ring_diameter(point: Point) -> float:
    return point.diameter + RING_GAP


def legend(shown: Sequence[Point], dark: bool) -> list[Figure]:
    """What filled, hollow and pale mean, as far as it occurs; references bear their names."""
    own = [point for point in shown if point.variant.family == MOBILENET_FAMILY]
    neutral = ink(dark).muted
    entries = []
    if own:
        plainest = min(own, key=lambda point: (point.error is not None, point.preview))
        entries.append((MOBILENET_FAMILY, _style(plainest, dark)))
    if any(point.error is not None for point in shown):
        entries.append(("estimate", _Style("circle-open", neutral, neutral, 2)))
    if any(point.preview for point in shown):
        entries.append(("preview", _Style("circle", faded(neutral, 0.3), neutral, 1.5)))
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [None],
            "y": [None],
            "marker": {
                "symbol": style.symbol,
                "size": 10,
                "color": style.fill,
                "line": {"color": style.line, "width": style.width},
            },
        }
        for name, style in entries
    ]


class _Style(NamedTuple):
    symbol: str
    fill: str
    line: str
    width: float


def _style(point: Point, dark: bool) -> _Style:
    family = family_style(point.variant.family)
    colour = colours(dark)[family.colour]
    if point.error is not None:
        shown = faded(colour, 0.55) if point.preview else colour
        return _Style(f"{family.symbol}-open", shown, shown, 2)
    if point.preview:
        return _Style(family.symbol, faded(colour, 0.3), colour, 1.5)
    opacity = 0.45 if point.diameter > LARGE_DIAMETER else 0.95
    return _Style(family.symbol, faded(colour, opacity), ink(dark).outline, 1)


def _interval_arms(point: Point) -> tuple[float, float]:
    measurement = point.variant.measurement
    interval = measurement.interval_s if measurement is not None else None
    return (interval.high - point.x, point.x - interval.low) if interval else (0, 0)
