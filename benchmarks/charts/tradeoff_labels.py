"""Which networks of the trade-off chart are named on it, and where their names stand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure
from benchmarks.charts.fronts import Front
from benchmarks.charts.labels import Box, Mark, Place, Request, place
from benchmarks.charts.palette import ink
from benchmarks.charts.points import Point, ring_diameter
from benchmarks.variants import Metric
from mobilenet.config import PAPER_RESOLUTIONS, PAPER_WIDTHS

ROOM_PX = 12  # labels may reach so far into the right margin
HINT_PX = (70, 20)  # "better" in the upper left corner


@dataclass(frozen=True)
class Plot:
    """The plot as the narrowest screen shows it: size in pixels, and what its edges stand for.

    left, right: logarithms to base 10 of the cost; low, high: percent.
    """

    width_px: float
    height_px: float
    left: float
    right: float
    low: float
    high: float

    def x(self, cost: float) -> float:
        return (math.log10(cost) - self.left) / (self.right - self.left) * self.width_px

    def y(self, top1: float) -> float:
        return (top1 - self.low) / (self.high - self.low) * self.height_px


def label_places(
    shown: Sequence[Point],
    plot: Plot,
    *,
    metric: Metric,
    ringed: Sequence[str],
    fronts: Sequence[Front],
) -> dict[int, Place]:
    """By index of `shown`. ringed: keys of the selected network and the baseline."""
    marks = [
        Mark(
            plot.x(point.x),
            plot.y(point.y),
            ring_diameter(point) if point.key in ringed else point.diameter,
        )
        for point in shown
    ]
    width, height = HINT_PX
    lines = [step for front in fronts for step in _steps(front, plot, metric)]
    if metric == "latency":
        lines += [line for point in shown for line in _interval(point, plot)]
    return place(
        _requests(shown, ringed, fronts),
        marks,
        bounds=Box(0, 0, plot.width_px + ROOM_PX, plot.height_px),
        lines=lines,
        reserved=[Box(0, plot.height_px - height, width, plot.height_px)],
    )


def led_label(point: Point, where: Place, *, bold: bool, dark: bool) -> Figure:
    """A label away from its point, with a thin line to it."""
    text = escape(point.label)
    return {
        "x": math.log10(point.x),  # on a logarithmic axis annotations stand by the logarithm
        "y": point.y,
        "text": f"<b>{text}</b>" if bold else text,
        "ax": where.dx,
        "ay": -where.dy,
        "xanchor": "left" if where.dx > 0 else "right",
        "yanchor": "middle",
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1,
        "arrowcolor": ink(dark).muted,
        "standoff": (ring_diameter(point) if bold else point.diameter) / 2,
        "borderpad": 1,
        "font": {"size": SMALL_FONT_SIZE, "color": ink(dark).strong},
    }


def _requests(
    shown: Sequence[Point], ringed: Sequence[str], fronts: Sequence[Front]
) -> Iterator[Request]:
    """Most wanted first: selected, baseline, references, ends of fronts, corners of the grid."""
    ends = {
        variant.candidate.key
        for front in fronts
        for variant in (*front.variants[:1], *front.variants[-1:])
    }

    def rank(point: Point) -> int | None:
        if point.key in ringed:
            return ringed.index(point.key) - len(ringed)
        config = point.variant.candidate.config
        if config is None:
            return 0
        if point.key in ends:
            return 1
        corner = (
            config.width_multiplier in (PAPER_WIDTHS[0], PAPER_WIDTHS[-1])
            and config.resolution in (PAPER_RESOLUTIONS[0], PAPER_RESOLUTIONS[-1])
        )  # fmt: skip
        return 2 if corner else None

    ranked = [(order, index) for index, p in enumerate(shown) if (order := rank(p)) is not None]
    for order, index in sorted(ranked):
        yield Request(index, shown[index].label, needed=order < 0)


def _steps(front: Front, plot: Plot, metric: Metric) -> Iterator[Box]:
    """The front's treads and risers."""
    corners = [(plot.x(cost), plot.y(top1)) for cost, top1 in front.corners(metric)]
    for (x0, y0), (x1, y1) in pairwise(corners):
        yield Box(x0, y0 - 1, x1, y0 + 1)
        yield Box(x1 - 1, y0, x1 + 1, y1)


def _interval(point: Point, plot: Plot) -> Iterator[Box]:
    """The line that its interval is drawn as."""
    timed = point.variant.measurement
    if timed is not None and (bounds := timed.interval_s) is not None:
        y = plot.y(point.y)
        yield Box(plot.x(bounds.low), y - 1, plot.x(bounds.high), y + 1)
