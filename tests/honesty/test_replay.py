"""Identical networks, really timed and judged again: hardly ever called different, never in doubt
without need; what is made slower is found. Also that faults planted in the judging show here.
"""

from __future__ import annotations

import math
import random
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import fmean, stdev

import pytest
from scipy.special import betaincinv

from benchmarks.engines import ENGINES
from benchmarks.insight import judged
from benchmarks.results import Block, Measurement, Run
from benchmarks.timing.contamination import Signals
from benchmarks.timing.protocol import MIN_ROUNDS, Effort
from benchmarks.timing.statistics import mean_interval
from tests.builders import MACHINE
from tests.honesty.capture import Arm, Capture, Group, load, save
from tests.honesty.record import held_machine, with_one_more
from tests.honesty.replay import (
    QUICK,
    STANDARD,
    Found,
    Judge,
    Three,
    across,
    replayed,
    timed,
    within,
)
from tests.honesty.replay import after_another as after
from tests.talk import TINY, exported

RECORDING = Path(__file__).with_name("recorded.npz.xz")  # by tests.honesty.record
COMPARISONS = 400
Pairs = Callable[[Group], tuple[Three, ...]]
WAYS = {"in one process": within, "across two processes": across}

pytestmark = pytest.mark.real
recorded = pytest.mark.skipif(not RECORDING.exists(), reason="nothing is recorded yet")


@cache
def capture() -> Capture:
    return load(RECORDING)


def identical(neighbours: bool = False) -> list[Group]:
    """Groups of one network many times."""
    return [
        group
        for group in capture().groups
        if len({arm.network for arm in group.arms}) == 1 and bool(group.neighbours) == neighbours
    ]


def replay(
    pairs: Pairs,
    *,
    neighbours: bool = False,
    effort: Effort = STANDARD,
    orders: int = 1,
    judge: Judge = judged,
) -> list[Found]:
    return [
        found
        for group in identical(neighbours)
        for found in replayed(
            group, pairs(group), capture(), effort=effort, orders=orders, judge=judge
        )
    ]


def sharp() -> list[Group]:
    """Where much is asked of what can be told: runtimes that load files, with one thread.

    Eager PyTorch takes seconds to start a process and scatters more between processes; with all
    threads every other program is felt. What can be told there, `validate` says.
    """
    return [one for one in identical() if one.threads == 1 and ENGINES[one.engine].export]


@cache
def slowed(pairs: Pairs, factor: float) -> list[Found]:
    """The valid ones of the sharp runs whose second network was made slower."""
    return [
        found
        for group in sharp()
        for found in replayed(group, pairs(group), capture(), factor=factor, orders=2)
        if found.state == "valid"
    ]


@cache
def many(pairs: Pairs) -> tuple[int, list[Found]]:
    """At least 400 comparisons, and how many of them share nothing with any other.

    Quick runs: they take three sets, so that a recording holds many that share nothing.
    """
    disjoint = len(replay(pairs, effort=QUICK))
    assert disjoint, "the recording is too short for one run"
    # Some orders deal out the same runs: a fifth more than are wanted.
    orders = math.ceil(1.2 * COMPARISONS / disjoint)
    return disjoint, replay(pairs, effort=QUICK, orders=orders)


def highest(count: float, among: int) -> float:
    """Upper 95 % bound of a share, by Clopper and Pearson."""
    return 1.0 if count >= among else float(betaincinv(count + 1, among - count, 0.95))


def share(found: Iterable[bool]) -> float:
    return fmean(found)


def is_honest(found: list[Found]) -> bool:
    """At most 5 % called different, and hardly more than that for certain.

    The bound is that of 400 comparisons even where more were made. It is somewhat bold where those
    are the same units in several companies; a longer recording needs fewer.
    """
    different = share(one.is_different for one in found)
    count = min(COMPARISONS, len(found))
    return different <= 0.05 and highest(different * count, count) <= 0.075


@recorded
@pytest.mark.parametrize("pairs", WAYS.values(), ids=WAYS)
def test_identical_networks_are_not_called_different(pairs: Pairs) -> None:
    _, found = many(pairs)

    assert len(found) >= COMPARISONS
    assert is_honest(found)


@recorded
@pytest.mark.parametrize("pairs", WAYS.values(), ids=WAYS)
def test_nothing_speaks_against_intervals_that_hold_the_truth_19_times_of_20(pairs: Pairs) -> None:
    disjoint, found = many(pairs)
    excluded = share(one.excludes_1 for one in found) * disjoint

    assert 1 - highest(disjoint - excluded, disjoint) <= 0.05


@recorded
def test_neither_of_two_identical_networks_is_preferred() -> None:
    """As many come out slower as faster, within what chance does to comparisons that share nothing:
    the first order of them."""
    found = replay(within, effort=QUICK)
    slower = sum(one.ratio.value > 1 for one in found)

    assert abs(slower - len(found) / 2) <= 1.96 * math.sqrt(len(found)) / 2 + 0.5


@recorded
def test_valid_runs_can_tell() -> None:
    found = [
        one for group in sharp() for one in replayed(group, within(group), capture(), orders=2)
    ]
    valid = [one for one in found if one.state == "valid"]

    assert len(valid) >= len(found) / 2
    assert share(one.is_unsure for one in valid) <= 0.20


@recorded
@pytest.mark.parametrize(("factor", "often"), [(1.03, 0.80), (1.05, 0.95)])
def test_a_slower_network_is_found(factor: float, often: float) -> None:
    found = slowed(within, factor)
    seen = [one.ratio.interval is not None and one.ratio.interval.low > 1 for one in found]

    assert share(seen) >= often


@recorded
@pytest.mark.parametrize("factor", [1.03, 1.05])
def test_and_its_size_is_right(factor: float) -> None:
    logs = [math.log(one.ratio.value / factor) for one in slowed(within, factor)]

    assert abs(100 * fmean(logs)) <= 0.5


@recorded
def test_runs_of_one_session_find_the_ratio_that_all_find_together() -> None:
    held = []
    for group in identical():
        for three in across(group):
            every = range(len(group.set_s))
            grand = timed(group, three.other, every).ratio_to(timed(group, three.anchor, every))
            assert grand is not None
            for found in replayed(group, [three], capture()):
                bounds = found.ratio.interval
                held.append(bounds is not None and bounds.low <= grand.value <= bounds.high)

    assert share(held) >= 0.90


@recorded
def test_idle_runs_are_not_held_to_be_busy_and_busy_ones_always_are() -> None:
    idle = replay(within)
    busy = replay(within, neighbours=True, effort=QUICK)

    assert share(one.is_busy for one in idle) <= 0.02
    assert share(one.is_busy for one in busy) >= 0.99
    assert share(one.is_different for one in busy) <= 0.05


@recorded
def test_who_had_the_turn_before_leaves_nothing_behind_that_counts() -> None:
    for group in capture().groups:
        if len({arm.network for arm in group.arms}) == 1:
            continue
        logs, _ = after(group, "0.5-160", ("1.0-224", "0.25-128"))
        bounds = mean_interval(logs)
        assert bounds is not None, "the recording is too short"
        assert bounds.low <= 0.005, group.engine
        assert bounds.high >= -0.005, group.engine


def two_runs_apart(other: Measurement, anchor: Measurement, run: Run) -> str:
    """One process for each and all its inferences: what most tools do."""
    ours = [math.log(ns) for block in other.blocks[:20] for ns in block.times_ns]
    theirs = [math.log(ns) for block in anchor.blocks[-20:] for ns in block.times_ns]
    off = abs(fmean(ours) - fmean(theirs))
    half = 1.96 * math.hypot(stdev(ours), stdev(theirs)) / math.sqrt(len(ours))
    return "slower" if off > half else "cannot tell"


@recorded
def test_two_runs_apart_are_caught() -> None:
    assert not is_honest(replay(within, effort=QUICK, judge=two_runs_apart))


@recorded
def test_a_recording_names_no_host_no_user_and_no_path() -> None:
    facts = repr(capture().machine)

    assert socket.gethostname() not in facts
    assert str(Path.home()) not in facts


def made_up(sets: int, spread: float = 0.01, bias: float = 0.0) -> Capture:
    """A group of four identical networks in two processes; the second of each is slower by `bias`.

    Every arm has its own speed in every set, which no number of rounds shows.
    """
    rng = random.Random(f"{sets} {spread} {bias}")
    blocks = []
    for number in range(sets):
        speed = {place: rng.gauss(bias * (place % 2), spread) for place in range(8)}
        for turn in range(12):
            for place in rng.sample(range(8), 8):
                ms = 2 * math.exp(speed[place] + rng.gauss(0, 0.01))
                times = (round(ms * 1e6),) * 3
                signals = Signals(sum(times), 20_000, None, 0, 0)
                blocks.append((place, Block(turn, times[0], times, number, signals)))
    arms = tuple(Arm("0.5-160", place // 4) for place in range(8))
    group = Group("onnxruntime", 1, 0, arms, (4.0,) * sets, tuple(blocks))
    return Capture("2026-01-01T00:00:00+00:00", MACHINE, (group,))


def judged_again(found: Capture) -> list[Found]:
    (group,) = found.groups
    return list(replayed(group, within(group), found))


def test_what_is_recorded_comes_back_to_half_a_microsecond(tmp_path: Path) -> None:
    recorded = made_up(sets=2)

    save(recorded, tmp_path / "some.npz.xz")
    back = load(tmp_path / "some.npz.xz")

    assert (back.machine, back.recorded_utc) == (recorded.machine, recorded.recorded_utc)
    for ours, theirs in zip(recorded.groups, back.groups, strict=True):
        assert replace(ours, blocks=()) == replace(theirs, blocks=())
        for (place, before), (same, now) in zip(ours.blocks, theirs.blocks, strict=True):
            assert (place, before.round, before.worker) == (same, now.round, now.worker)
            assert now.times_ns == pytest.approx(before.times_ns, abs=250)
            assert now.signals is not None
            assert (now.signals.involuntary, now.signals.delay_ns) == (None, 20_000)


@pytest.mark.slow("an export and two workers for some seconds")
def test_recording_takes_the_turns_of_a_live_run_in_both_processes() -> None:
    exported(TINY)
    group = Group("onnxruntime", 1, 0, (Arm(TINY, 0), Arm(TINY, 0), Arm(TINY, 1), Arm(TINY, 1)))

    with held_machine() as lock:
        found = with_one_more(group, lock)

    assert len(found.set_s) == 1
    assert set(found.by_arm) == {(place, 0) for place in range(4)}
    assert min(len(blocks) for blocks in found.by_arm.values()) >= MIN_ROUNDS
    assert all(block.signals is not None for _, block in found.blocks)


def test_a_run_stops_as_a_live_one_does() -> None:
    precise, rough = judged_again(made_up(10, 0.0005)), judged_again(made_up(10, 0.05))

    assert {one.ratio.workers for one in precise} == {5}
    assert {one.ratio.workers for one in rough} == {10}  # 15 would fit into its time
    assert all(one.word.startswith("same") for one in precise)


def test_runs_of_one_order_share_no_set() -> None:
    assert len(judged_again(made_up(24, 0.0005))) == 4 * (24 // 5)


def test_networks_that_do_differ_are_not_taken_for_identical_ones() -> None:
    """The test above can fail: here every second copy is 4 % slower."""
    found = judged_again(made_up(60, 0.005, bias=0.04))

    assert not is_honest(found)
