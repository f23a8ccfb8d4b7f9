"""All widths and resolutions at once: predicted hollow, measured filled, and the budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from benchmarks import units
from benchmarks.charts.axes import log_axis
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, GREEN, GREY, ORANGE, VERMILION, colours, faded, ink
from benchmarks.choosing import Budget, Fit, Option, Outlook

HEIGHT = 420
MARGIN = {"l": 58, "r": 20, "t": 60, "b": 52}
MS = 1e3


class _Look(NamedTuple):
    name: str
    colour: int
    symbol: str


LOOKS: Mapping[Fit, _Look] = {
    "meets": _Look("measured, meets it", GREEN, "circle"),
    "cannot tell": _Look("measured, cannot be told", ORANGE, "diamond"),
    "misses": _Look("measured, misses it", VERMILION, "x"),
}


def choice(found: Outlook, *, dark: bool) -> Figure:
    """Accuracy over latency; the networks of `found`, which are within the budget's size."""
    if not found.options:
        return empty("No network is so small.", dark=dark)
    latencies_s = [one.latency_s for one in found.options] + [found.budget.max_latency_s]
    predicted = [one for one in found.options if one.measurement is None]
    return {
        "data": [
            _predicted(predicted, dark),
            *(
                _measured(fit, options, dark)
                for fit in LOOKS
                if (options := [one for one in found.options if one.fit(found.budget) == fit])
            ),
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(
                "Median latency, ms (log scale)",
                dark=dark,
                **log_axis(MS * min(latencies_s), MS * max(latencies_s), 1, pad=0.04),
            ),
            yaxis=axis("ImageNet top-1, %", dark=dark),
            shapes=[_limit(found.budget, dark)],
            annotations=[_limit_label(found.budget, dark)],
        ),
    }


def choice_alt(found: Outlook) -> str:
    """What the chart shows, in numbers."""
    if not found.options:
        return "No network is so small."
    counts = {
        look.name: sum(one.fit(found.budget) == fit for one in found.options)
        for fit, look in LOOKS.items()
    }
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    best = (
        f" Best: {found.best.candidate.label}, {units.milliseconds(found.best.latency_s)}."
        if found.best
        else ""
    )
    return (
        f"Accuracy against latency of {units.counted(len(found.options), 'network')}, with a "
        f"budget of {units.milliseconds(found.budget.max_latency_s)}. {told or 'None measured'}."
        f"{best}"
    )


def _predicted(options: Sequence[Option], dark: bool) -> Figure:
    colour = colours(dark)[GREY]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "predicted",
        "x": [MS * one.latency_s for one in options],
        "y": [one.top1_percent for one in options],
        "marker": {
            "size": 6,
            "symbol": "circle-open",
            "color": faded(colour, 0.75),
            "line": {"width": 1},
        },
        "hovertext": [card(one) for one in options],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _measured(fit: Fit, options: Sequence[Option], dark: bool) -> Figure:
    look = LOOKS[fit]
    intervals = [
        one.measurement.interval_s if one.measurement is not None else None for one in options
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": look.name,
        "x": [MS * one.latency_s for one in options],
        "y": [one.top1_percent for one in options],
        "marker": {
            "size": 12,
            "symbol": look.symbol,
            "color": colours(dark)[look.colour],
            "line": {"width": 1, "color": ink(dark).outline},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [
                MS * (bounds.high - one.latency_s) if bounds else 0
                for one, bounds in zip(options, intervals, strict=True)
            ],
            "arrayminus": [
                MS * (one.latency_s - bounds.low) if bounds else 0
                for one, bounds in zip(options, intervals, strict=True)
            ],
            "color": ink(dark).muted,
            "thickness": 1.3,
            "width": 0,
        },
        "hovertext": [card(one) for one in options],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def card(one: Option) -> str:
    """One network, for a pointer that rests on it."""
    how = "about " if one.measurement is None else ""
    said = ", predicted" if one.measurement is None else ", measured"
    top1 = units.percent(one.top1_percent, error_percent=one.top1_error)
    return (
        f"<b>{escape(one.candidate.name)}</b><br>{how}{units.milliseconds(one.latency_s)}{said}"
        f"<br>Top-1 {top1}<br>{units.megabytes(one.size_bytes)}"
    )


def _limit(budget: Budget, dark: bool) -> Figure:
    return {
        "type": "line",
        "x0": MS * budget.max_latency_s,
        "x1": MS * budget.max_latency_s,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": colours(dark)[BLUE], "width": 1.5, "dash": "dash"},
    }


def _limit_label(budget: Budget, dark: bool) -> Figure:
    return {
        "text": units.milliseconds(budget.max_latency_s),
        "x": math.log10(MS * budget.max_latency_s),
        "y": 0,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": 4,
        "showarrow": False,
        "font": {"color": colours(dark)[BLUE]},
    }
