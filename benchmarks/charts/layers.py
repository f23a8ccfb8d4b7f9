"""Where a network's arithmetic, parameters and memory traffic are, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

from benchmarks.charts.axes import linear_ticks
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, GREY, ORANGE, colours
from benchmarks.units import megabytes, millions, percent
from mobilenet.cost import Cost, LayerCost

LayerUnit = Literal["mult_adds", "parameters", "activation"]
LAYER_UNITS: tuple[LayerUnit, ...] = get_args(LayerUnit)
HEIGHT = 430
MARGIN = {"l": 74, "r": 14, "t": 60, "b": 48}


class _Measure(NamedTuple):
    title: str
    name: str
    of: Callable[[LayerCost], int]
    text: Callable[[int], str]


MEASURES: Mapping[LayerUnit, _Measure] = {
    "mult_adds": _Measure(
        "Mult-adds, million", "mult-adds", lambda layer: layer.mult_adds, millions
    ),
    "parameters": _Measure(
        "Parameters, million", "parameters", lambda layer: layer.parameters, millions
    ),
    "activation": _Measure(
        "Activations read and written, MB",
        "activations read and written",
        lambda layer: layer.activation_bytes,
        megabytes,
    ),
}


class _Group(NamedTuple):
    name: str
    colour: int
    layers: tuple[LayerCost, ...]


def layers(cost: Cost, *, unit: LayerUnit, dark: bool) -> Figure:
    """One bar a block in network order, first on top; 1×1, depthwise and the rest stacked."""
    measure = MEASURES[unit]
    counted = [layer for layer in cost.layers if measure.of(layer)]
    total = sum(map(measure.of, counted))
    if not total:
        return empty("Nothing to count.", dark=dark)
    bars: dict[str, int] = {}
    for layer in counted:
        bars[_bar(layer)] = bars.get(_bar(layer), 0) + measure.of(layer)
    ticks = linear_ticks(max(bars.values()) / 1e6)
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": f"{group.name} {percent(100 * _sum(group, measure) / total)}",
                "y": [_bar(layer) for layer in group.layers],
                "x": [measure.of(layer) for layer in group.layers],
                "marker": {"color": colours(dark)[group.colour], "line": {"width": 0}},
                "hovertext": [_card(layer, measure, total) for layer in group.layers],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
            for group in _groups(counted)
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            barmode="stack",
            bargap=0.25,
            xaxis=axis(
                measure.title,
                dark=dark,
                range=[0, max(bars.values()) * 1.03],
                tickvals=[tick * 1e6 for tick in ticks],
                ticktext=[f"{tick:,g}" for tick in ticks],
                fixedrange=True,
            ),
            yaxis=block_axis(list(bars), dark=dark),
        ),
    }


def block_axis(names: list[str], *, dark: bool) -> Figure:
    """In network order, the first on top."""
    return axis(
        "",
        dark=dark,
        grid=False,
        type="category",
        categoryorder="array",
        categoryarray=names,
        autorange="reversed",
        fixedrange=True,
    )


def layers_alt(cost: Cost, *, unit: LayerUnit) -> str:
    """Where most of it is, in numbers."""
    measure = MEASURES[unit]
    counted = [layer for layer in cost.layers if measure.of(layer)]
    total = sum(map(measure.of, counted))
    if not total:
        return f"No {measure.name} to count."
    shares = ", ".join(
        f"{group.name} {percent(100 * _sum(group, measure) / total)}" for group in _groups(counted)
    )
    largest = max(counted, key=measure.of)
    return (
        f"{measure.text(total)} {measure.name} by layer: {shares}. "
        f"Largest: {largest.name} with {measure.text(measure.of(largest))}."
    )


def _groups(counted: list[LayerCost]) -> list[_Group]:
    """By kind, those that occur."""
    rest = tuple(layer for layer in counted if layer.kind not in ("depthwise", "pointwise"))
    full = any(layer.name.startswith("block") for layer in rest)
    groups = (
        _Group("pointwise", BLUE, tuple(row for row in counted if row.kind == "pointwise")),
        _Group("depthwise", ORANGE, tuple(row for row in counted if row.kind == "depthwise")),
        _Group("full convolutions and classifier" if full else "other", GREY, rest),
    )
    return [group for group in groups if group.layers]


def _sum(group: _Group, measure: _Measure) -> int:
    return sum(map(measure.of, group.layers))


def _bar(layer: LayerCost) -> str:
    """The bar a layer belongs to: both convolutions of a block share one."""
    if layer.kind in ("depthwise", "pointwise"):
        return layer.name.rsplit(" ", 1)[0]
    return layer.name


def _card(layer: LayerCost, measure: _Measure, total: int) -> str:
    value = measure.of(layer)
    return (
        f"<b>{layer.name}</b><br>{measure.text(value)} {measure.name}<br>"
        f"{percent(100 * value / total)} of the network<br>"
        f"{_shape(layer.input_shape)} → {_shape(layer.output_shape)}"
    )


def _shape(shape: tuple[int, int, int]) -> str:
    channels, height, width = shape
    return f"{height}×{width}×{channels}"
