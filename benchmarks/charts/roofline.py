"""How near each layer comes to what the machine can do, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import units
from benchmarks.charts.axes import log_axis
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, GREY, ORANGE, colours, ink
from benchmarks.layer_times import Ceiling
from benchmarks.roofline import Point, attainable, ridge
from mobilenet.cost import LayerKind

HEIGHT = 430
MARGIN = {"l": 66, "r": 16, "t": 60, "b": 52}
GIGA = 1e9
ROOM = 1.6  # of the axes, beyond the points and the ridge


class _Group(NamedTuple):
    name: str
    colour: int
    symbol: str
    kinds: tuple[LayerKind, ...]


GROUPS = (
    _Group("pointwise", BLUE, "circle", ("pointwise",)),
    _Group("depthwise", ORANGE, "diamond", ("depthwise",)),
    _Group("other", GREY, "x", ("convolution", "classifier")),
)


def roofline(points: Sequence[Point], *, dark: bool) -> Figure:
    """One mark a layer, below the roof: memory's slope on the left, arithmetic's flat on the right.

    points: of one network in one scenario.
    """
    if not points:
        return empty("No layers are timed yet.", dark=dark)
    ceiling = points[0].ceiling
    reached = [point.flops_per_s for point in points]
    widths = [ridge(ceiling), *(point.intensity for point in points)]
    left, right = min(widths) / ROOM, max(widths) * ROOM
    low = min(*reached, attainable(ceiling, left))
    high = max(*reached, ceiling.flops_per_s)
    drawn = [_marks(group, points, dark) for group in GROUPS]
    return {
        "data": [_roof(ceiling, left, right, dark), *(marks for marks in drawn if marks)],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(
                "Arithmetic intensity, FLOP a byte (log scale)",
                dark=dark,
                **log_axis(left, right, 1, pad=0),
            ),
            yaxis=axis(
                "Reached, GFLOP/s (log scale)",
                dark=dark,
                **log_axis(low / GIGA, high / GIGA, 1, pad=0.06),
            ),
        ),
    }


def roofline_alt(points: Sequence[Point]) -> str:
    """What the chart shows, in numbers."""
    if not points:
        return "No layers are timed yet."
    ceiling = points[0].ceiling
    told = "; ".join(
        f"{group.name} {units.share(min(shares))} to {units.share(max(shares))} of the ceiling"
        for group in GROUPS
        if (shares := [point.share for point in points if point.layer.kind in group.kinds])
    )
    return (
        f"Roofline of {len(points)} layers: {told}. The machine's ceiling is "
        f"{units.flops_per_s(ceiling.flops_per_s)} and {units.bytes_per_s(ceiling.bytes_per_s)}."
    )


def _roof(ceiling: Ceiling, left: float, right: float, dark: bool) -> Figure:
    corners = (left, ridge(ceiling), right)
    told = (
        f"<b>Ceiling</b><br>{units.flops_per_s(ceiling.flops_per_s)} in a large matrix product"
        f"<br>{units.bytes_per_s(ceiling.bytes_per_s)} in a copy"
    )
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"ceiling, {units.counted(ceiling.threads, 'thread')}",
        "x": list(corners),
        "y": [attainable(ceiling, corner) / GIGA for corner in corners],
        "line": {"color": ink(dark).muted, "width": 2},
        "hovertext": [told] * len(corners),
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _marks(group: _Group, points: Sequence[Point], dark: bool) -> Figure | None:
    own = [point for point in points if point.layer.kind in group.kinds]
    if not own:
        return None
    return {
        "type": "scatter",
        "mode": "markers",
        "name": group.name,
        "x": [point.intensity for point in own],
        "y": [point.flops_per_s / GIGA for point in own],
        "marker": {
            "size": 10,
            "color": colours(dark)[group.colour],
            "symbol": group.symbol,
            "line": {"width": 1, "color": ink(dark).outline},
        },
        "hovertext": [_card(point) for point in own],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _card(point: Point) -> str:
    limit = "memory" if point.is_bound_by_memory else "arithmetic"
    beyond = "<br>its data came out of a cache" if point.share > 1 else ""
    return (
        f"<b>{point.layer.name}</b><br>{units.milliseconds(point.time_s)}<br>"
        f"{units.flops_per_s(point.flops_per_s)}, {units.share(point.share)} of what "
        f"{limit} allows{beyond}<br>{units.significant(point.intensity)} FLOP a byte"
    )
