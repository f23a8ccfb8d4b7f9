"""Which blocks were disturbed: judged by counters, never by how long the block took."""

from dataclasses import fields, replace

import pytest

from benchmarks.results import Block
from benchmarks.timing.contamination import Counters, Signals, disturbances
from tests.samples import measurement

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
