"""Ticks that people read easily, and what each quantity is called on an axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from benchmarks.units import megabytes, millions, milliseconds, significant
from benchmarks.variants import Metric

MOST_TICKS = 7  # as many as stand beside each other on a telephone


class Quantity(NamedTuple):
    """A metric for people: axis title, its name in a sentence, one unit of the axis, and text."""

    title: str
    name: str
    unit: float
    text: Callable[[float], str]


QUANTITIES: Mapping[Metric, Quantity] = {
    "latency": Quantity("Median latency, ms", "latency", 1e-3, milliseconds),
    "mult_adds": Quantity(
        "Mult-adds, million", "mult-adds", 1e6, lambda count: millions(int(count))
    ),
    "parameters": Quantity(
        "Parameters, million", "parameters", 1e6, lambda count: millions(int(count))
    ),
    "size": Quantity("Weights, MB", "size of the weights", 1e6, lambda size: megabytes(int(size))),
}


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers within [low, high]: 1, 2, 5 of each decade, or 1 and 3, or 1, if many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [
            tick
            for decade in decades
            for step in steps
            if low <= (tick := float(f"{step}e{decade}")) <= high
        ]
        if len(ticks) <= MOST_TICKS:
            break
    return ticks


def log_axis(low: float, high: float, unit: float, *, pad: float) -> dict[str, Any]:
    """A logarithmic axis over [low, high] and `pad` of its length on either side.

    Always wide enough for two ticks, so that one network alone can be read off, too.
    """
    start, end = math.log10(low), math.log10(high)
    spare = max((end - start) * pad, (0.8 - (end - start)) / 2)
    start, end = start - spare, end + spare
    ticks = log_ticks(10**start / unit, 10**end / unit)
    return {
        "type": "log",
        "range": [start, end],
        "tickvals": [tick * unit for tick in ticks],
        "ticktext": [significant(tick, 1) for tick in ticks],
    }


def linear_ticks(high: float, *, most: int = 5) -> list[float]:
    """Round numbers from 0 up to `high`."""
    exponent = math.floor(math.log10(high / most))
    step = next(
        size for factor in (1, 2, 5, 10) if high / (size := factor * 10.0**exponent) <= most
    )
    return [number * step for number in range(int(high / step) + 1)]
