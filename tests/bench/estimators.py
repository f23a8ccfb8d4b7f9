"""By how much a process's estimate varies from one fresh process to the next, by estimator.

Asked of the recorded turns of identical networks in one process. What varies less needs fewer
processes for the same half-width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean, median, stdev

from benchmarks.engines import ENGINES
from benchmarks.timing.statistics import trimmed_mean
from tests.bench.figure import Figure
from tests.honesty.capture import Group
from tests.honesty.test_replay import identical

Estimator = Callable[[Sequence[float]], float]


def hodges_lehmann(values: Sequence[float]) -> float:
    """The median of all pairwise means. Hodges and Lehmann (1963)."""
    return median((a + b) / 2 for place, a in enumerate(values) for b in values[: place + 1])


OTHERS: Mapping[str, Estimator] = {
    "their mean": fmean,
    "their median": median,
    "Hodges and Lehmann's": hodges_lehmann,
}


def figures() -> Iterator[Figure]:
    for group in identical():
        ours = spread(group, trimmed_mean)
        threads = f"{group.threads} thread{'s' if group.threads > 1 else ''}"
        yield Figure(
            f"{ENGINES[group.engine].label}, {threads}, {len(group.set_s)} processes",
            f"trimmed mean of the rounds ± {100 * ours:.2f} %; "
            + ", ".join(
                f"{name} {spread(group, how) / ours:.2f} times" for name, how in OTHERS.items()
            ),
        )


def spread(group: Group, estimator: Estimator) -> float:
    """Standard deviation between processes of the log-ratio of two copies, over all such pairs."""
    processes = sorted({arm.process for arm in group.arms})
    pairs = [pair for process in processes for pair in combinations(group.places(process), 2)]
    return fmean(
        stdev(estimator(_log_ratios(group, *pair, number)) for number in range(len(group.set_s)))
        for pair in pairs
    )


def _log_ratios(group: Group, a: int, b: int, number: int) -> list[float]:
    """By round, of two places in one set."""
    ours, theirs = (
        {block.round: median(block.times_ns) for block in group.by_arm[place, number]}
        for place in (a, b)
    )
    return [math.log(ours[at] / theirs[at]) for at in ours.keys() & theirs.keys()]
