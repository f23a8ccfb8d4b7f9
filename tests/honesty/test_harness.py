"""The harness tells the truth on machines whose truth is known; each way to cheat is caught."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import NormalDist, fmean, median, stdev

import pytest

from benchmarks.messages import Loaded, Task
from benchmarks.results import Block, Measurement, Quality
from benchmarks.timing.protocol import take_turn
from benchmarks.timing.statistics import Interval, Ratio, trimmed_mean
from tests.honesty.checks import CHECKS, Harness, bias, cannot_tell, found
from tests.honesty.noise import MACHINES, Blocks

MS = 1_000_000


HONEST = Harness()
MANY = Harness(runs=2000)
counts = pytest.mark.parametrize(
    "honest",
    [
        pytest.param(HONEST, id="400 runs"),
        pytest.param(MANY, id="2000 runs", marks=pytest.mark.slow("2000 made-up runs of a kind")),
    ],
)


@counts
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_an_honest_harness(check: Callable[[Harness], bool], honest: Harness) -> None:
    assert check(honest)


@counts
@pytest.mark.parametrize("machine", MACHINES)
def test_a_real_difference_is_found_and_its_size_is_right(machine: str, honest: Harness) -> None:
    assert found(honest, machine, 1.03) >= 0.80
    assert found(honest, machine, 1.05) >= 0.95
    assert abs(bias(honest, machine, 1.03)) <= 0.5


@counts
@pytest.mark.parametrize("machine", ["ramp", "step"])
def test_a_machine_that_changes_its_speed_moves_no_ratio(machine: str, honest: Harness) -> None:
    assert abs(bias(honest, machine, 1.0)) <= 0.3
    assert abs(bias(honest, machine, 1.5)) <= 0.3


@counts
def test_silence_does_not_pass_for_honesty(honest: Harness) -> None:
    often = {machine: cannot_tell(honest, machine) for machine in MACHINES}

    # Where each process lays out each network anew, 1 % apart, the margin of 2 % is hard to show.
    assert often.pop("layout") <= 0.35
    assert max(often.values()) <= 0.20


def logs(a: Blocks, b: Blocks) -> dict[int, list[float]]:
    return {
        worker: [math.log(a[worker][number] / b[worker][number]) for number in a[worker]]
        for worker in a
    }


def normal(typical: list[float], quantile: float = NormalDist().inv_cdf(0.975)) -> Ratio:
    """A 95 % interval as if the spread were known and nobody had looked before."""
    half = quantile * stdev(typical) / math.sqrt(len(typical))
    middle = fmean(typical)
    return Ratio(
        math.exp(middle),
        Interval(math.exp(middle - half), math.exp(middle + half)),
        rounds=len(typical),
        workers=5,
    )


def pooled_rounds(a: Blocks, b: Blocks) -> Ratio:
    """Every round as if it were independent of its process."""
    return normal([log for own in logs(a, b).values() for log in own])


def separate_runs(a: Blocks, b: Blocks) -> Ratio:
    """One process for each, all its rounds against all rounds of the other: what most tools do."""
    ours = [math.log(value) for value in a[min(a)].values()]
    theirs = [math.log(value) for value in b[max(b)].values()]
    middle = fmean(ours) - fmean(theirs)
    half = 1.96 * math.hypot(stdev(ours), stdev(theirs)) / math.sqrt(len(ours))
    interval = Interval(math.exp(middle - half), math.exp(middle + half))
    return Ratio(math.exp(middle), interval, rounds=len(ours), workers=5)


def no_price_for_looking(a: Blocks, b: Blocks) -> Ratio | None:
    """A normal interval over workers, although there are few and it was looked at after each."""
    typical = [trimmed_mean(own) for own in logs(a, b).values()]
    return normal(typical) if len(typical) > 1 else None


def without_settle_call(
    call: Callable[[], int], number: int, count: int, check: Callable[[], None]
) -> Block:
    times = [call() for _ in range(count)]
    return Block(number, times[0], tuple(times))


def slow_samples_dropped(
    call: Callable[[], int], number: int, count: int, check: Callable[[], None]
) -> Block:
    block = take_turn(call, number, count, check)
    typical = median(block.times_ns)
    return replace(block, times_ns=tuple(ns for ns in block.times_ns if ns < 2 * typical))


def slow_turns_dropped(timed: Measurement) -> tuple[Block, ...]:
    fastest = min(block.median_s for block in timed.blocks)
    return tuple(block for block in timed.blocks if block.median_s < 1.2 * fastest)


def warm_up_counted_in(
    task: Task, loaded: Loaded, blocks: Sequence[Block], *, run_id: str, quality: Quality
) -> Measurement:
    first = Block(0, loaded.warmup_ns[0], loaded.warmup_ns[1:])
    return task.measured(loaded, [first, *blocks], run_id=run_id, quality=quality)


CHEATS = {
    "rounds pooled over processes": Harness(ratio_of=pooled_rounds),
    "two runs apart": Harness(ratio_of=separate_runs),
    "no price for looking": Harness(ratio_of=no_price_for_looking),
    "no settle call": Harness(take_turn=without_settle_call),
    "warm-up counted in": Harness(measured=warm_up_counted_in),
    "slow samples dropped": Harness(take_turn=slow_samples_dropped),
    "slow turns dropped": Harness(counted=slow_turns_dropped),
    "disturbed turns counted": Harness(counted=lambda timed: timed.blocks),
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_each_way_to_cheat_is_caught(cheat: Harness) -> None:
    assert not all(check(cheat) for check in CHECKS.values())
