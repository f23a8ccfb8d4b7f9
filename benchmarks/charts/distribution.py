"""How the times of single inferences are spread: one curve a measurement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from benchmarks.charts.axes import QUANTITIES, log_axis
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    TEAL,
    VERMILION,
    colours,
    faded,
    ink,
)
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import Interval
from benchmarks.units import milliseconds, milliseconds_interval

MOST_STEPS = 200  # with more of them a curve looks the same
LOOKS = (
    (BLUE, "solid"),
    (VERMILION, "dash"),
    (GREEN, "dot"),
    (ORANGE, "dashdot"),
    (PINK, "longdash"),
    (TEAL, "longdashdot"),
)
MOST_CURVES = len(LOOKS)
TAILS = (90, 99)  # percent
HEIGHT = 400
MARGIN = {"l": 58, "r": 14, "t": 64, "b": 52}


class _Guide(NamedTuple):
    name: str
    share_percent: int
    time_s: float
    interval_s: Interval | None


def distribution(measurements: Iterable[Measurement], *, dark: bool) -> Figure:
    """Share of inferences done within a time, for up to six measurements (the first ones)."""
    drawn = tuple(measurements)[:MOST_CURVES]
    if not drawn:
        return empty("Nothing measured yet.", dark=dark)
    names = _names(drawn)
    curves = [
        _curve(measurement, name, colour, dash, dark)
        for measurement, name, (colour, dash) in zip(drawn, names, LOOKS, strict=False)
    ]
    carried = {50: "p50"} | {
        guide.share_percent: guide.name for one in drawn for guide in _guides(one)[1:]
    }
    ticks = {0: "0 %", 25: "25 %", 75: "75 %", **({} if 99 in carried else {100: "100 %"})}
    ticks = dict(sorted({**ticks, **carried}.items()))
    xaxis = log_axis(
        min(curve["x"][0] for curve in curves), max(curve["x"][-1] for curve in curves), 1, pad=0.04
    )
    title = QUANTITIES["latency"].title.replace("Median latency", "Time of one inference")
    return {
        "data": [*curves, _guide_markers(drawn, names, dark)],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(f"{title} (log scale)", dark=dark, **xaxis),
            yaxis=axis(
                "Share of inferences",
                dark=dark,
                range=[-2, 102],
                tickvals=list(ticks),
                ticktext=list(ticks.values()),
                fixedrange=True,
            ),
        ),
    }


def distribution_alt(measurements: Iterable[Measurement]) -> str:
    """Median and tail of each measurement, in numbers."""
    drawn = tuple(measurements)[:MOST_CURVES]
    if not drawn:
        return "Distribution of inference times: nothing measured yet."
    sentences = []
    for measurement, name in zip(drawn, _names(drawn), strict=True):
        values = ", ".join(
            f"{'median' if guide.name == 'p50' else guide.name} {milliseconds(guide.time_s)}"
            for guide in _guides(measurement)
        )
        count = f"{len(measurement.times_s):,} inferences"
        sentences.append(f"{name}: {', '.join([values, *_missing(measurement), count])}")
    return f"Distribution of inference times. {'; '.join(sentences)}."


def _guides(measurement: Measurement) -> list[_Guide]:
    """The quantiles that the measurement has enough inferences for.

    The latency is a mean of its processes' medians, so about half of all inferences took as long
    at most: its mark lies on the curve where it does, and not at exactly 50 %.
    """
    within = sum(time_s <= measurement.median_s for time_s in measurement.times_s)
    share = round(100 * within / len(measurement.times_s))
    found = [_Guide("p50", share, measurement.median_s, measurement.interval_s)]
    for share in TAILS:
        tail = measurement.tail(share / 100)
        if tail.value_s is not None:
            found.append(_Guide(f"p{share}", share, tail.value_s, tail.interval_s))
    return found


def _missing(measurement: Measurement) -> list[str]:
    """What it takes for the quantiles that it has not enough inferences for."""
    lacking = ((share, measurement.tail(share / 100).missing) for share in TAILS)
    return [f"p{share} needs {count:,} more inferences" for share, count in lacking if count]


def _curve(measurement: Measurement, name: str, colour: int, dash: str, dark: bool) -> Figure:
    """Steps at evenly spaced shares, so that plotly can count them itself."""
    ranked = sorted(ns for block in measurement.counted for ns in block.times_ns)
    steps = min(len(ranked), MOST_STEPS)
    quantiles = [ranked[-(-step * len(ranked) // steps) - 1] / 1e6 for step in range(1, steps + 1)]
    preview = measurement.quality == "preview"
    shade = colours(dark)[colour]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": escape(name, quote=False),
        "x": [quantiles[0], *quantiles],
        "y0": 0,
        "dy": 100 / steps,
        "line": {
            "shape": "hv",
            "dash": dash,
            "width": 1.5 if preview else 2.5,
            "color": faded(shade, 0.7) if preview else shade,
        },
        "hovertemplate": (
            # A name may hold what a template would fill in.
            f"<b>{escape(name, quote=False).replace('%', '&#37;')}</b><br>"
            "%{y:.0f} % within %{x:.3~r} ms<extra></extra>"
        ),
    }


def _bounds(guide: _Guide) -> str:
    return f" ({milliseconds_interval(guide.interval_s)})" if guide.interval_s else ""


def _guide_markers(drawn: Sequence[Measurement], names: Sequence[str], dark: bool) -> Figure:
    rows = [
        (guide, name, _missing(measurement), colours(dark)[colour])
        for measurement, name, (colour, _) in zip(drawn, names, LOOKS, strict=False)
        for guide in _guides(measurement)
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [guide.time_s * 1e3 for guide, *_ in rows],
        "y": [guide.share_percent for guide, *_ in rows],
        "hovertext": [
            "<br>".join(
                [
                    f"<b>{escape(name, quote=False)}</b>",
                    f"{guide.name} {milliseconds(guide.time_s)}{_bounds(guide)}",
                    *lacking,
                ]
            )
            for guide, name, lacking, _ in rows
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "size": 9,
            "color": [shade for *_, shade in rows],
            "line": {"width": 1, "color": ink(dark).outline},
        },
    }


def _names(measurements: Sequence[Measurement]) -> list[str]:
    """Label, and of the scenario what is not the same for all; "preview" where it is one."""
    scenarios = [measurement.scenario for measurement in measurements]
    return [
        ", ".join(
            [
                measurement.candidate.label,
                *_differences(measurement.scenario, scenarios),
                *(["preview"] if measurement.quality == "preview" else []),
            ]
        )
        for measurement in measurements
    ]


def _differences(own: Scenario, scenarios: Sequence[Scenario]) -> list[str]:
    parts = {
        "engine": own.engine,
        "device": own.device,
        "precision": own.precision,
        "threads": f"{own.threads} thread{'s' if own.threads > 1 else ''}",
        "batch": f"batch {own.batch}",
    }
    return [text for name, text in parts.items() if len({getattr(s, name) for s in scenarios}) > 1]
