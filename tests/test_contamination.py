"""Which blocks were disturbed: judged by counters, never by how long the block took."""

from dataclasses import fields, replace

import pytest

from benchmarks.results import Block
from benchmarks.timing.contamination import (
    Counters,
    GpuSignals,
    GpuState,
    Signals,
    disturbances,
)
from tests.builders import measurement

MS = 1_000_000
QUIET = Signals(wall_ns=20 * MS, delay_ns=50_000, involuntary=1, major_faults=0, throttled=0)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ()),
        ({"delay_ns": 300_000}, ("waited",)),
        ({"major_faults": 1}, ("paged",)),
        ({"throttled": 1}, ("throttled",)),
        ({"delay_ns": 20 * MS, "throttled": 2}, ("waited", "throttled")),
        ({"delay_ns": None, "major_faults": None, "throttled": None}, ()),
    ],
)
def test_each_signal_has_its_limit(change: dict[str, int], found: tuple[str, ...]) -> None:
    assert disturbances(replace(QUIET, **change)) == found


@pytest.mark.parametrize(
    ("reasons", "found"),
    [
        (0, ()),
        (0x01, ()),  # idle, as between two turns
        (0x02 | 0x10 | 0x100, ()),  # how it is set up: application clocks, sync boost, display
        (0x04, ("capped",)),
        (0x08, ("braked",)),
        (0x80, ("braked",)),
        (0x20, ("overheated",)),
        (0x08 | 0x40, ("overheated",)),  # the hardware slows it down because of the heat
        (0x04 | 0x20, ("overheated", "capped")),
        (None, ()),
    ],
)
def test_a_gpu_disturbs_where_its_clock_is_held_down_by_what_comes_and_goes(
    reasons: int | None, found: tuple[str, ...]
) -> None:
    assert disturbances(replace(QUIET, gpu=GpuSignals(reasons=reasons))) == found


def test_neither_a_low_clock_nor_who_has_the_gpu_open_is_held_against_a_block() -> None:
    assert disturbances(replace(QUIET, gpu=GpuSignals(300, 1980, 0x1, others=3))) == ()


def test_what_held_a_gpu_back_before_a_block_or_after_it_is_kept() -> None:
    before = Counters(1, gpu=GpuState(300, 0x21, others=None))
    after = Counters(2, gpu=GpuState(1980, 0x04, others=1))

    assert after.since(before).gpu == GpuSignals(300, 1980, 0x25, others=1)


def test_what_a_gpu_does_not_tell_stays_unknown() -> None:
    unknown = GpuState()

    assert Counters(2, gpu=unknown).since(Counters(1, gpu=unknown)).gpu == GpuSignals()
    assert Counters(2).since(Counters(1)).gpu is None
    assert Counters(2, gpu=GpuState(1, 0x4)).since(Counters(1)).gpu is None


def test_where_nothing_can_be_read_nothing_is_held_against_a_block() -> None:
    assert disturbances(None) == ()
    assert disturbances(Signals(wall_ns=1)) == ()


def test_signals_are_what_was_counted_between_two_readings() -> None:
    before = Counters(100, delay_ns=7, involuntary=1, major_faults=3, throttled=None)
    after = Counters(600, delay_ns=9, involuntary=4, major_faults=3, throttled=None)

    assert after.since(before) == Signals(500, 2, 3, 0, None)


def test_a_thread_that_ended_takes_its_counts_along_without_making_them_negative() -> None:
    assert Counters(2, delay_ns=5).since(Counters(1, delay_ns=9)) == Signals(1, 0)


def test_the_signals_know_nothing_of_the_times() -> None:
    assert {field.name for field in fields(Signals)} & {"times_ns", "settle_ns"} == set()


def disturbed(block: Block) -> Block:
    return replace(block, signals=replace(QUIET, delay_ns=10 * MS))


def test_disturbed_blocks_are_kept_but_do_not_count() -> None:
    timed = measurement("0.5-160", rounds=12)
    slow = tuple(replace(disturbed(block), times_ns=(90 * MS,)) for block in timed.blocks[:3])
    timed = replace(timed, blocks=slow + timed.blocks[3:])

    assert len(timed.blocks) == 12
    assert len(timed.counted) == 9
    assert max(timed.times_s) < 0.01
    assert timed.disturbed_share == 0.25


def test_a_slow_block_that_nothing_disturbed_counts() -> None:
    timed = measurement("0.5-160", rounds=12)
    slow = replace(timed.blocks[0], times_ns=(90 * MS,), signals=QUIET)
    timed = replace(timed, blocks=(slow, *timed.blocks[1:]))

    assert max(timed.times_s) == pytest.approx(0.09)


def test_where_hardly_a_block_is_clean_all_count_so_that_none_is_picked() -> None:
    timed = measurement("0.5-160", rounds=12)
    blocks = tuple(disturbed(block) for block in timed.blocks[:10]) + timed.blocks[10:]
    timed = replace(timed, blocks=blocks)

    assert timed.counted == timed.blocks
