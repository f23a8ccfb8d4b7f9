"""High quantiles: none without the inferences that carry it, and intervals that hold the truth."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import NormalDist, fmean

import numpy as np
import pytest

from benchmarks.results import Block
from benchmarks.timing.statistics import MIN_SAMPLES, Interval, quantile_interval
from tests.builders import measurement

TRIALS = 2000  # a share near 95 % then has a standard error of 0.5 %; 94 % lies two of them below
SPREAD = 0.1
SPIKES = 0.05  # of the inferences take half as long again
Clusters = list[list[float]]
IntervalOf = Callable[[Clusters, float], Interval | None]


def inference(rng: random.Random) -> float:
    return rng.lognormvariate(0, SPREAD) * (1.5 if rng.random() < SPIKES else 1)


def truth(fraction: float, layout_sd: float = 0.0) -> float:
    """The quantile of what `inference` draws, by bisection."""
    spread = NormalDist(0, math.hypot(SPREAD, layout_sd))
    low, high = 0.5, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        share = (1 - SPIKES) * spread.cdf(math.log(middle)) + SPIKES * spread.cdf(
            math.log(middle / 1.5)
        )
        low, high = (middle, high) if share < fraction else (low, middle)
    return low


def workers(count: int, size: int, layout_sd: float, rng: np.random.RandomState) -> Clusters:
    """Each has its own speed, which all its inferences share."""
    own = rng.lognormal(0, layout_sd, (count, 1))
    spikes = np.where(rng.random_sample((count, size)) < SPIKES, 1.5, 1)
    drawn: Clusters = (own * rng.lognormal(0, SPREAD, (count, size)) * spikes).tolist()
    return drawn


def coverage(
    fraction: float, count: int, size: int, layout_sd: float, of: IntervalOf = quantile_interval
) -> float:
    seed = zlib.crc32(f"{fraction} {count} {size} {layout_sd}".encode())
    rng = np.random.RandomState(seed)  # draws the same on every machine, in every release
    wanted = truth(fraction, layout_sd)
    held = []
    for _ in range(TRIALS):
        bounds = of(workers(count, size, layout_sd, rng), fraction)
        assert bounds is not None
        held.append(bounds.low <= wanted <= bounds.high)
    return fmean(held)


@pytest.mark.parametrize(("fraction", "first"), [(0.9, 29), (0.99, 299)])
@pytest.mark.parametrize("count", [20, 28, 29, 100, 298, 299, 1000, 2000])
def test_a_quantile_is_held_back_below_its_gate_and_says_what_it_needs(
    fraction: float, first: int, count: int
) -> None:
    rng = random.Random(count)
    blocks = tuple(Block(number, 1, (round(1e6 * inference(rng)),)) for number in range(count))
    tail = replace(measurement("0.5-160"), blocks=blocks).tail(fraction)

    assert tail.missing == max(0, first - count)
    assert (tail.value_s is None) == (tail.interval_s is None) == (count < first)
    if tail.value_s is not None and tail.interval_s is not None:
        assert tail.interval_s.low <= tail.value_s <= tail.interval_s.high


@pytest.mark.parametrize(
    ("fraction", "count"), [(0.9, 29), (0.9, 100), (0.9, 2000), (0.99, 299), (0.99, 2000)]
)
def test_an_interval_holds_the_quantile_of_a_single_process(fraction: float, count: int) -> None:
    assert coverage(fraction, 1, count, 0.0) >= 0.94


@pytest.mark.parametrize("fraction", [0.9, 0.99])
@pytest.mark.parametrize("layout_sd", [0.0, 0.05])
def test_an_interval_holds_the_quantile_over_processes(fraction: float, layout_sd: float) -> None:
    assert coverage(fraction, 5, 100, layout_sd) >= 0.94


def test_inferences_taken_for_independent_ones_are_caught() -> None:
    def pooled(clusters: Clusters, fraction: float) -> Interval | None:
        return quantile_interval([[value for own in clusters for value in own]], fraction)

    assert coverage(0.9, 5, 100, 0.05, of=pooled) < 0.94


def ranks(count: int, fraction: float) -> Sequence[float]:
    bounds = quantile_interval([[float(rank) for rank in range(1, count + 1)]], fraction)
    assert bounds is not None
    return bounds.low, bounds.high


@pytest.mark.parametrize(
    ("fraction", "count", "low", "high"),
    [(0.9, 100, 84, 96), (0.9, 300, 259, 281), (0.9, 1000, 881, 919), (0.99, 1000, 983, 997)],
)
def test_the_interval_has_the_ranks_of_the_binomial_distribution(
    fraction: float, count: int, low: int, high: int
) -> None:
    assert ranks(count, fraction) == (low, high)


@pytest.mark.parametrize("fraction", [0.9, 0.99])
def test_the_fewest_that_carry_a_quantile_bound_it_by_the_slowest(fraction: float) -> None:
    assert ranks(MIN_SAMPLES[fraction], fraction)[1] == MIN_SAMPLES[fraction]
