"""Where the time of one inference goes, beside where its arithmetic is, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchmarks import units
from benchmarks.charts.axes import linear_ticks
from benchmarks.charts.figure import Figure, axis, layout
from benchmarks.charts.layers import block_axis
from benchmarks.charts.palette import GREEN, GREY, colours
from benchmarks.layer_times import LayerTimes
from mobilenet.cost import Cost, LayerCost, LayerKind

HEIGHT = 520
MARGIN = {"l": 74, "r": 14, "t": 60, "b": 48}
KINDS: Mapping[LayerKind, str] = {
    "pointwise": "pointwise",
    "depthwise": "depthwise",
    "convolution": "full convolutions",
    "pooling": "pooling",
    "classifier": "classifier",
}


class _Share(NamedTuple):
    """Of one block, or of another layer: percent of the layers' time, and of all mult-adds."""

    name: str
    layers: tuple[LayerCost, ...]
    time_percent: float
    mult_adds_percent: float


def layer_shares(cost: Cost, times: LayerTimes, *, dark: bool) -> Figure:
    """Two bars a block in network order, first on top: its share of time and of mult-adds."""
    shares = _shares(cost, times)
    cards = [_card(share, times) for share in shares]
    ticks = linear_ticks(max(max(one.time_percent, one.mult_adds_percent) for one in shares))
    time, mult_adds = colours(dark)[GREEN], colours(dark)[GREY]
    return {
        "data": [
            _bars("time", [one.time_percent for one in shares], shares, cards, time, ""),
            _bars(
                "mult-adds",
                [one.mult_adds_percent for one in shares],
                shares,
                cards,
                mult_adds,
                "/",
            ),
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            barmode="group",
            bargap=0.25,
            xaxis=axis(
                "Share of the network, %",
                dark=dark,
                rangemode="tozero",
                tickvals=ticks,
                ticktext=[f"{tick:,g}" for tick in ticks],
                fixedrange=True,
            ),
            yaxis=block_axis([one.name for one in shares], dark=dark),
        ),
    }


def layer_shares_alt(cost: Cost, times: LayerTimes) -> str:
    """What each kind of layer takes, in numbers."""
    seconds = _seconds(times)
    told = []
    for kind, name in KINDS.items():
        own = [seconds[layer.name] for layer in cost.layers if layer.kind == kind]
        if own:
            told.append(
                f"{name} {units.percent(100 * sum(own) / times.layers_s)} of the time and "
                f"{units.percent(100 * cost.share_of_mult_adds(kind))} of the mult-adds"
            )
    return f"{units.milliseconds(times.layers_s)} in the layers: {'; '.join(told)}."


def _shares(cost: Cost, times: LayerTimes) -> list[_Share]:
    seconds = _seconds(times)
    bars: dict[str, list[LayerCost]] = {}
    for layer in cost.layers:
        bars.setdefault(_bar(layer), []).append(layer)
    return [
        _Share(
            name,
            tuple(layers),
            100 * sum(seconds[layer.name] for layer in layers) / times.layers_s,
            100 * sum(layer.mult_adds for layer in layers) / cost.mult_adds,
        )
        for name, layers in bars.items()
    ]


def _bar(layer: LayerCost) -> str:
    """Both convolutions of a block share one."""
    if layer.kind in ("depthwise", "pointwise"):
        return layer.name.rsplit(" ", 1)[0]
    return layer.name


def _seconds(times: LayerTimes) -> dict[str, float]:
    return {one.layer: one.median_s for one in times.layers}


def _card(share: _Share, times: LayerTimes) -> str:
    seconds = _seconds(times)
    each = [f"{layer.name}: {units.milliseconds(seconds[layer.name])}" for layer in share.layers]
    return "<br>".join(
        [
            f"<b>{share.name}</b>",
            f"{units.percent(share.time_percent)} of the layers' time",
            f"{units.percent(share.mult_adds_percent)} of the mult-adds",
            *each,
        ]
    )


def _bars(
    name: str,
    percents: Sequence[float],
    shares: Sequence[_Share],
    cards: Sequence[str],
    colour: str,
    pattern: str,
) -> Figure:
    """pattern: tells the two apart without colour."""
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": [share.name for share in shares],
        "x": list(percents),
        "marker": {"color": colour, "line": {"width": 0}, "pattern": {"shape": pattern}},
        "hovertext": list(cards),
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
