"""What a set of times says, and how surely. Pure functions; see Hoefler and Belli (2015) for why.

Inferences of one block resemble each other more than those of different blocks, so intervals are
formed over block medians, never over inferences. They cover this run only: another process on
another day differs by more (some 10 % on a shared machine).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

CONFIDENCE = 0.95
# Smallest samples for which a two-sided 95 % distribution-free interval of the quantile exists.
MIN_SAMPLES = {0.5: 6, 0.9: 29, 0.99: 299}


@dataclass(frozen=True)
class Interval:
    """A 95 % interval; same unit as what it bounds."""

    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """How many times as long `a` takes as `b`, paired by round; interval None below 6 rounds."""

    value: float
    interval: Interval | None
    rounds: int


def quantile(values: Sequence[float], fraction: float) -> float | None:
    """The `fraction` quantile (nearest rank), or None where too few values carry it.

    p90 needs 29 values and p99 299; below that a number would be a guess.
    """
    if len(values) < MIN_SAMPLES[fraction]:
        return None
    ranked = sorted(values)
    return ranked[math.ceil(fraction * len(ranked)) - 1]


def median_interval(values: Sequence[float]) -> Interval | None:
    """95 % distribution-free interval of the median by order statistics; None below 6 values."""
    count = len(values)
    if count < MIN_SAMPLES[0.5]:
        return None
    ranked = sorted(values)
    rank = _order_rank(count)
    return Interval(ranked[rank], ranked[count - 1 - rank])


def paired_ratio(a: dict[int, float], b: dict[int, float]) -> Ratio | None:
    """Ratio of `a` to `b` over the rounds both have; None where they share no round.

    a, b: block median by round. Pairing takes out what changes from round to round.
    """
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return None
    logs = [math.log(a[number] / b[number]) for number in shared]
    bounds = median_interval(logs)
    return Ratio(
        value=math.exp(median(logs)),
        interval=bounds and Interval(math.exp(bounds.low), math.exp(bounds.high)),
        rounds=len(shared),
    )


def _order_rank(count: int) -> int:
    """0-based rank k so that [x_k, x_(n-1-k)] covers the median with at least 95 %."""
    tail = 0.0
    for rank in range(count):
        tail += math.comb(count, rank) * 0.5**count
        if 2 * tail > 1 - CONFIDENCE:
            return rank - 1
    raise ValueError(f"no interval for {count} values")
