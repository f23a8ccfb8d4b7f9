"""What an honest harness does, as functions that say whether a given one does."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from statistics import fmean, median

from benchmarks.messages import Loaded, Task
from benchmarks.results import Block, Measurement
from benchmarks.timing.contamination import Signals
from benchmarks.timing.protocol import take_turn
from benchmarks.timing.statistics import Ratio, ratio_over_workers
from benchmarks.timing.verdicts import verdict
from tests.builders import measurement
from tests.honesty.noise import MACHINES, RatioOf, measured

RUNS = 400  # of each made-up machine
# Seeds are fixed, so every machine draws the same runs and nothing passes or fails by chance. 400
# tell apart what matters: a share near 95 % has a standard error of 1.1 %, ours hold the truth in
# 96 % of runs or more, those of each cheat in 93 % or fewer on one machine. Slow: 2000.
MS = 1_000_000


@dataclass(frozen=True)
class Harness:
    """The parts of the program that a cheat would change."""

    ratio_of: RatioOf = ratio_over_workers
    take_turn: Callable[..., Block] = take_turn
    counted: Callable[[Measurement], tuple[Block, ...]] = lambda timed: timed.counted
    measured: Callable[..., Measurement] = Task.measured
    runs: int = RUNS


def ratios(harness: Harness, machine: str, truth: float) -> tuple[Ratio, ...]:
    return _ratios(harness.ratio_of, machine, truth, harness.runs)


@cache  # several checks look at the same runs
def _ratios(ratio_of: RatioOf, machine: str, truth: float, runs: int) -> tuple[Ratio, ...]:
    rng = random.Random(f"{machine} {truth}")
    found = [measured(MACHINES[machine], truth, rng, ratio_of) for _ in range(runs)]
    return tuple(ratio for ratio in found if ratio is not None)


def coverage(harness: Harness, machine: str) -> float:
    """How often the interval holds the truth."""
    return fmean(
        ratio.interval is not None and ratio.interval.low <= 1 <= ratio.interval.high
        for ratio in ratios(harness, machine, 1.0)
    )


def called_different(harness: Harness, machine: str) -> float:
    return fmean(verdict(ratio) in ("faster", "slower") for ratio in ratios(harness, machine, 1.0))


def cannot_tell(harness: Harness, machine: str) -> float:
    return fmean(verdict(ratio) == "cannot tell" for ratio in ratios(harness, machine, 1.0))


def found(harness: Harness, machine: str, truth: float) -> float:
    """How often a real difference is seen: the interval excludes 1, on the right side."""
    return fmean(
        ratio.interval is not None and ratio.interval.low > 1
        for ratio in ratios(harness, machine, truth)
    )


def bias(harness: Harness, machine: str, truth: float) -> float:
    """Of the estimate, in points of percent."""
    logs = [math.log(ratio.value / truth) for ratio in ratios(harness, machine, truth)]
    return 100 * fmean(logs)


def intervals_hold_what_they_promise(harness: Harness) -> bool:
    return all(coverage(harness, machine) >= 0.95 for machine in MACHINES)


def identical_networks_are_not_called_different(harness: Harness) -> bool:
    return all(called_different(harness, machine) <= 0.05 for machine in MACHINES)


def the_first_call_of_a_turn_does_not_count(harness: Harness) -> bool:
    """It takes half as long again as the others."""
    calls = iter([15 * MS] + [10 * MS] * 20)
    block = harness.take_turn(lambda: next(calls), 0, 8, lambda: None)
    return fmean(block.times_ns) == 10 * MS


def every_inference_is_kept(harness: Harness) -> bool:
    """Also the slow ones."""
    times = [10 * MS, 10 * MS, 90 * MS, 10 * MS, 11 * MS]
    calls = iter([10 * MS, *times])
    block = harness.take_turn(lambda: next(calls), 0, len(times), lambda: None)
    return list(block.times_ns) == times


def a_slow_network_is_not_made_faster(harness: Harness) -> bool:
    """Its own slow turns, which nothing disturbed, count."""
    timed = measurement("0.5-160", rounds=12)
    quiet = Signals(20 * MS, delay_ns=0)
    blocks = tuple(
        replace(block, signals=quiet, times_ns=((9 if number % 3 else 4) * MS,))
        for number, block in enumerate(timed.blocks)
    )
    return (
        median(
            ns for block in harness.counted(replace(timed, blocks=blocks)) for ns in block.times_ns
        )
        == 9 * MS
    )


def a_disturbed_turn_does_not_count(harness: Harness) -> bool:
    """Whatever its time."""
    timed = measurement("0.5-160", rounds=12)
    waited = Signals(20 * MS, delay_ns=10 * MS)
    blocks = tuple(
        replace(block, signals=waited) if number % 3 == 0 else block
        for number, block in enumerate(timed.blocks)
    )
    counted = harness.counted(replace(timed, blocks=blocks))
    return {block.round % 3 for block in counted} == {1, 2}


def warming_up_does_not_count(harness: Harness) -> bool:
    """However many calls it takes."""
    timed = measurement("0.5-160", rounds=12)
    loaded = Loaded(0, (90 * MS,) * 100, load_s=0.1, output_error=None)
    task = Task(timed.candidate, timed.scenario)
    found = harness.measured(task, loaded, timed.blocks, run_id="a run", quality="measured")
    return found.times_s == timed.times_s and found.workers == timed.workers


CHECKS: Mapping[str, Callable[[Harness], bool]] = {
    check.__name__: check
    for check in (  # quick ones first: the first that fails is enough
        the_first_call_of_a_turn_does_not_count,
        every_inference_is_kept,
        a_slow_network_is_not_made_faster,
        a_disturbed_turn_does_not_count,
        warming_up_does_not_count,
        intervals_hold_what_they_promise,
        identical_networks_are_not_called_different,
    )
}
