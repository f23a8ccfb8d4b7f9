"""The networks of a run as points of a picture so small that nothing can be read off it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.results import Measurement, Run
from benchmarks.variants import describe

MAX_DOTS = 60  # more could not be told apart


@dataclass(frozen=True)
class Dot:
    """One network in the small picture: seconds, top-1 in per cent, and its family."""

    median_s: float
    top1_percent: float
    family: str
    is_estimate: bool


def dots(run: Run) -> tuple[Dot, ...]:
    """Networks with an accuracy; of one that was timed in several ways the fastest."""
    fastest: dict[str, Measurement] = {}
    for one in run.measurements:
        known = fastest.get(one.candidate.key)
        if known is None or one.median_s < known.median_s:
            fastest[one.candidate.key] = one
    found = []
    for one in fastest.values():
        variant = describe(one.candidate, {}, one.scenario)
        if variant.top1 is not None:
            is_estimate = variant.top1.error_percent is not None
            found.append(Dot(one.median_s, variant.top1.percent, variant.family, is_estimate))
    return tuple(found[:MAX_DOTS])
