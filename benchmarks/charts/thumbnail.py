"""A small picture of a trade-off: where its networks lie, and nothing that must be read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.charts.palette import colours, family_style
from benchmarks.dots import Dot

WIDTH, HEIGHT, EDGE, RADIUS = 120, 56, 7, 3.2
GROUND = "#7F7F7F"  # seen on white and on black


def thumbnail(dots: Sequence[Dot]) -> str:
    """Accuracy upwards, latency to the right on a log scale, as SVG."""
    marks = "".join(_mark(dot, *place) for dot, place in zip(dots, _places(dots), strict=True))
    axes = f"M{EDGE - 4} 2V{HEIGHT - 3}H{WIDTH - 2}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><path d="{axes}" fill="none" stroke="{GROUND}" '
        f'stroke-opacity="0.5"/>{marks}</svg>'
    )


def _places(dots: Sequence[Dot]) -> list[tuple[float, float]]:
    xs = _spread([math.log(dot.median_s) for dot in dots], EDGE, WIDTH - EDGE)
    ys = _spread([dot.top1_percent for dot in dots], HEIGHT - EDGE, EDGE)
    return list(zip(xs, ys, strict=True))


def _spread(values: Sequence[float], start: float, end: float) -> list[float]:
    """From the least at `start` to the most at `end`; all in the middle where they are equal."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low == high:
        return [(start + end) / 2 for _ in values]
    return [start + (end - start) * (value - low) / (high - low) for value in values]


def _mark(dot: Dot, x: float, y: float) -> str:
    colour = colours(dark=False)[family_style(dot.family).colour]
    paint = f'fill="none" stroke="{colour}"' if dot.is_estimate else f'fill="{colour}"'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" {paint}/>'
