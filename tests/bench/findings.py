"""What counts and log-ratios show, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks.timing.statistics import Interval, Ratio, mean_interval, trimmed_mean


@dataclass(frozen=True)
class Share:
    """How many of how many, with the exact binomial 95 % interval (Clopper and Pearson 1934)."""

    count: int
    total: int

    @property
    def interval(self) -> Interval | None:
        """None where nothing was tried."""
        from scipy.stats import binomtest

        if not self.total:
            return None
        found = binomtest(self.count, self.total).proportion_ci(0.95, method="exact")
        return Interval(float(found.low), float(found.high))

    def __str__(self) -> str:
        if self.interval is None:
            return "none tried"
        low, high = 100 * self.interval.low, 100 * self.interval.high
        share = 100 * self.count / self.total
        return f"{self.count} of {self.total} = {share:.0f} % (95 %: {low:.0f} to {high:.0f} %)"


def ratio_over_processes(logs: Sequence[Sequence[float]]) -> Ratio:
    """Of the log-ratios of each fresh process's rounds. The process is the unit: rounds of one
    agree with one another more than with those of the next."""
    typical = [trimmed_mean(own) for own in logs]
    bounds = mean_interval(typical)
    return Ratio(
        value=math.exp(fmean(typical)),
        interval=bounds and Interval(math.exp(bounds.low), math.exp(bounds.high)),
        rounds=sum(map(len, logs)),
        workers=len(logs),
    )


def more(ratio: Ratio, unit: str = "processes") -> str:
    """By how much the first takes longer: "+0.30 % (97.5 %: -0.20 to +0.80; 6 processes)"."""
    return f"{_percent(ratio.value)} % {_bounds(ratio, _percent, unit)}"


def times_as_long(ratio: Ratio) -> str:
    return f"{ratio.value:.3f} {_bounds(ratio, '{:.3f}'.format, 'processes')}"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.2f}"


def _bounds(ratio: Ratio, words: Callable[[float], str], unit: str) -> str:
    if ratio.interval is None:
        return f"({ratio.workers} {unit}: too few for an interval)"
    low, high = words(ratio.interval.low), words(ratio.interval.high)
    return f"(97.5 %: {low} to {high}; {ratio.workers} {unit})"
