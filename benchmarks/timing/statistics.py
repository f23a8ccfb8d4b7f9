"""What a set of times says, and how surely. Pure functions; see Hoefler and Belli (2015) for why.

The unit of inference is the worker process: two of them run identical code at speeds that differ by
more than any number of rounds within one would reveal. With at least three workers an interval is
Student's t over one estimate a worker; with fewer it is formed over rounds and covers that process
only. It is never formed over inferences: those of one block resemble each other.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

CONFIDENCE = 0.95
# A run that stops once its intervals are narrow has looked often: 97.5 % then covers 95 %.
NOMINAL_CONFIDENCE = 0.975
MIN_WORKERS = 3  # fewer give no interval over workers
TRIM = 0.4  # of the rounds of one worker, at either end
POWER = 0.8  # a difference counts as one that is found if four of five runs find it
# Smallest samples for which a two-sided 95 % distribution-free interval of the quantile exists.
MIN_SAMPLES = {0.5: 6, 0.9: 29, 0.99: 299}


@dataclass(frozen=True)
class Interval:
    """A 95 % interval; same unit as what it bounds."""

    low: float
    high: float


@dataclass(frozen=True)
class Ratio:
    """How many times as long `a` takes as `b`, paired by round.

    interval: over workers where there are three of them; else over rounds, None below six.
    """

    value: float
    interval: Interval | None
    rounds: int
    workers: int = 1

    @property
    def half_width(self) -> float | None:
        """Of the interval, relative: 0.02 is ± 2 %."""
        if self.interval is None:
            return None
        return math.sqrt(self.interval.high / self.interval.low) - 1

    @property
    def findable(self) -> float | None:
        """The difference, relative, that four of five such runs would find: whose interval then
        excludes 1. None where the interval is not over workers.

        One as large as the half-width is found by every second run only.
        """
        if self.interval is None or self.workers < MIN_WORKERS:
            return None
        half = math.log(self.interval.high / self.interval.low) / 2
        return math.expm1(half * half_widths_to_find(self.workers))


def quantile(values: Sequence[float], fraction: float) -> float | None:
    """The `fraction` quantile (nearest rank), or None where too few values carry it.

    p90 needs 29 values and p99 299; below that a number would be a guess.
    """
    if len(values) < MIN_SAMPLES[fraction]:
        return None
    ranked = sorted(values)
    return ranked[math.ceil(fraction * len(ranked)) - 1]


def missing(count: int, fraction: float) -> int:
    """How many more than `count` values it takes to carry the `fraction` quantile."""
    return max(0, MIN_SAMPLES[fraction] - count)


def quantile_interval(clusters: Iterable[Sequence[float]], fraction: float) -> Interval | None:
    """95 % interval of the `fraction` quantile of all values; None where `quantile` is.

    clusters: values that resemble each other, such as those of one worker. The wider of two: by
    order statistics, as if values were independent, and by how far the share of values below the
    quantile differs between clusters (Woodruff 1952).
    """
    groups = [sorted(cluster) for cluster in clusters if len(cluster)]
    ranked = sorted(value for group in groups for value in group)
    middle = quantile(ranked, fraction)
    if middle is None:
        return None
    low, high = _quantile_ranks(len(ranked), fraction)
    if len(groups) > 1:
        from scipy.special import stdtrit

        off = [bisect_right(group, middle) - fraction * len(group) for group in groups]
        variance = sum(one**2 for one in off) * len(off) / (len(off) - 1)
        half = float(stdtrit(len(off) - 1, (1 + CONFIDENCE) / 2)) * math.sqrt(variance)
        low = min(low, max(0, math.floor(fraction * len(ranked) - half) - 1))
        high = max(high, min(len(ranked), math.ceil(fraction * len(ranked) + half)) - 1)
    return Interval(ranked[low], ranked[high])


def median_interval(values: Sequence[float]) -> Interval | None:
    """95 % distribution-free interval of the median by order statistics; None below 6 values."""
    count = len(values)
    if count < MIN_SAMPLES[0.5]:
        return None
    ranked = sorted(values)
    rank = _order_rank(count)
    return Interval(ranked[rank], ranked[count - 1 - rank])


def trimmed_mean(values: Sequence[float]) -> float:
    """Mean without the lowest and the highest `TRIM`: as robust as a median, a little less noisy.

    Rounds in which the machine changed its speed lie far off to either side. On recorded turns
    estimates by Hodges and Lehmann's vary 1.06 to 1.19 times as much from one process to the next
    (`python -m tests.bench estimators`).
    """
    ranked = sorted(values)
    left_out = int(TRIM * len(ranked))
    return fmean(ranked[left_out : len(ranked) - left_out])


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Interval of the mean by Student's t, nominal 97.5 %; None below three values.

    values: one estimate a worker.
    """
    if len(values) < MIN_WORKERS:
        return None
    from scipy.special import stdtrit  # here: it takes a quarter of a second to import

    quantile_t = float(stdtrit(len(values) - 1, (1 + NOMINAL_CONFIDENCE) / 2))
    half = quantile_t * stdev(values) / math.sqrt(len(values))
    return Interval(fmean(values) - half, fmean(values) + half)


def half_widths_to_find(workers: int) -> float:
    """How many typical (median) half-widths of `mean_interval` a difference must be to be found
    with `POWER`: 1.55 with three workers, 1.43 with five, 1.38 with many.

    By the noncentral t distribution; a half-width is itself a matter of chance, and in the median
    less than its true size.
    """
    from scipy.special import chdtri, nctdtrinc, stdtrit

    freedom = workers - 1
    bound = stdtrit(freedom, (1 + NOMINAL_CONFIDENCE) / 2)
    errors = nctdtrinc(freedom, 1 - POWER, bound)  # of that many standard errors
    return float(errors / (bound * math.sqrt(chdtri(freedom, 0.5) / freedom)))


def ratio_over_workers(
    a: Mapping[int, Mapping[int, float]], b: Mapping[int, Mapping[int, float]]
) -> Ratio | None:
    """Ratio of `a` to `b`: worker to round to block median, paired by worker and round.

    With fewer than three workers its interval is formed over all their rounds.
    """
    logs = {
        worker: [math.log(a[worker][number] / b[worker][number]) for number in shared]
        for worker in sorted(a.keys() & b.keys())
        if (shared := sorted(a[worker].keys() & b[worker].keys()))
    }
    if not logs:
        return None
    if len(logs) < MIN_WORKERS:
        return _ratio_over_rounds([log for of_worker in logs.values() for log in of_worker])
    typical = [trimmed_mean(of_worker) for of_worker in logs.values()]
    bounds = mean_interval(typical)
    return Ratio(
        value=math.exp(fmean(typical)),
        interval=bounds and Interval(math.exp(bounds.low), math.exp(bounds.high)),
        rounds=sum(map(len, logs.values())),
        workers=len(logs),
    )


def _ratio_over_rounds(logs: Sequence[float]) -> Ratio:
    bounds = median_interval(logs)
    return Ratio(
        value=math.exp(median(logs)),
        interval=bounds and Interval(math.exp(bounds.low), math.exp(bounds.high)),
        rounds=len(logs),
    )


def _quantile_ranks(count: int, fraction: float) -> tuple[int, int]:
    """0-based ranks that enclose the quantile with at least 95 %, tails as even as can be."""
    from scipy.special import bdtr

    def below(rank: int) -> float:
        """Chance that at most `rank` of the values lie below the quantile."""
        return float(bdtr(rank, count, fraction)) if rank >= 0 else 0.0

    tail = (1 - CONFIDENCE) / 2
    high = math.ceil(fraction * count)
    while high < count - 1 and below(high) < 1 - tail:
        high += 1
    left = 1 - CONFIDENCE - max(0.0, 1 - below(high))
    low = math.floor(fraction * count)
    while low > 0 and below(low) > min(left, tail):
        low -= 1
    return low, min(high, count - 1)


def _order_rank(count: int) -> int:
    """0-based rank k so that [x_k, x_(n-1-k)] covers the median with at least 95 %."""
    tail = 0.0
    for rank in range(count):
        tail += math.comb(count, rank) * 0.5**count
        if 2 * tail > 1 - CONFIDENCE:
            return rank - 1
    raise ValueError(f"no interval for {count} values")
