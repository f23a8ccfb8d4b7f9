"""Who is called when. Networks here are made up: they take exactly the time that they are told."""

import gc
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from benchmarks.results import Block
from benchmarks.timing.contamination import Counters, Signals
from benchmarks.timing.protocol import (
    EFFORTS,
    MAX_SLICE_S,
    MIN_ROUNDS,
    PLANS,
    Check,
    Plan,
    Preset,
    ReadCounters,
    Schedule,
    TimedCall,
    Turn,
    is_enough,
    schedule,
    watched_turn,
)
from benchmarks.timing.protocol import take_turns as take_scheduled_turns
from benchmarks.timing.statistics import Interval, Ratio

MS = 1_000_000


class Bench:
    """Pretended networks on a pretended clock: `calls` run them, `log` has who ran, in order."""

    def __init__(self, **call_ms: float) -> None:
        self.now_ns = 0
        self.log: list[str] = []
        self.call_s = {name: ms / 1e3 for name, ms in call_ms.items()}
        self.calls = {name: self._network(name, round(ms * MS)) for name, ms in call_ms.items()}

    def _network(self, name: str, duration_ns: int) -> Callable[[], int]:
        def call() -> int:
            self.log.append(name)
            self.now_ns += duration_ns
            return duration_ns

        return call


def never_stop() -> None: ...


def nothing_counted() -> Counters:
    return Counters(time_ns=0)


def take_turns(
    calls: Mapping[str, TimedCall], plan: Schedule, check: Check, read: ReadCounters
) -> Iterator[tuple[str, Block]]:
    """As a worker does it, without an accelerator."""

    def turn_of(call: TimedCall) -> Turn:
        return lambda number, count, check: watched_turn(call, number, count, check, read)

    return take_scheduled_turns({name: turn_of(calls[name]) for name in calls}, plan, check)


def planned(bench: Bench, plan: Plan, seed: str = "a run") -> Schedule:
    return schedule(bench.call_s, plan, random.Random(seed))


def test_the_first_call_of_a_turn_is_kept_apart_from_those_that_count() -> None:
    times = iter([900, 100, 101, 102])  # the first call after another network is slower

    ((_, block),) = take_turns(
        {"a": lambda: next(times)}, one_turn("a", calls=3), never_stop, nothing_counted
    )

    assert block.settle_ns == 900
    assert block.times_ns == (100, 101, 102)


def one_turn(name: str, calls: int) -> Schedule:
    return Schedule(turns=((0, name),), calls={name: calls}, call_s={name: 0.001})


def test_every_network_takes_its_turn_in_every_round() -> None:
    bench = Bench(a=1, b=2, c=3)

    plan = planned(bench, Plan(rounds=12))

    for number in range(12):
        assert sorted(name for turn, name in plan.turns if turn == number) == ["a", "b", "c"]


def test_networks_run_in_turns_and_not_one_after_the_other() -> None:
    bench = Bench(a=10, b=10)

    blocks = list(
        take_turns(bench.calls, planned(bench, Plan(rounds=12)), never_stop, nothing_counted)
    )

    assert [block.round for _, block in blocks] == [number for number in range(12) for _ in "ab"]
    assert bench.log.count("a") == bench.log.count("b") == 12 * 2  # a settle call and one


def test_the_order_is_drawn_anew_for_each_round() -> None:
    bench = Bench(a=1, b=1, c=1, d=1)

    plan = planned(bench, Plan(rounds=40))
    orders = {tuple(name for turn, name in plan.turns if turn == number) for number in range(40)}

    assert len(orders) > 10  # of 24


def test_no_network_is_preferred_as_the_first_of_a_round() -> None:
    bench = Bench(a=1, b=1)

    firsts = [
        planned(bench, Plan(rounds=10), seed=str(seed)).turns[2 * number][1]
        for seed in range(100)
        for number in range(10)
    ]

    assert firsts.count("a") == pytest.approx(500, abs=80)  # five standard deviations


def test_a_run_is_planned_alike_for_the_same_seed_and_otherwise_for_another() -> None:
    bench = Bench(a=1, b=1, c=1)

    assert planned(bench, Plan(rounds=12), "x") == planned(bench, Plan(rounds=12), "x")
    assert planned(bench, Plan(rounds=12), "x") != planned(bench, Plan(rounds=12), "y")


@pytest.mark.parametrize(
    ("call_s", "calls"),
    [(1e-6, 20), (0.001, 20), (0.002, 10), (0.005, 4), (0.011, 2), (0.05, 1), (30.0, 1)],
)
def test_a_turn_fills_its_time_with_one_to_twenty_calls(call_s: float, calls: int) -> None:
    assert Plan(rounds=12, block_s=0.02, max_calls=20).calls_per_block(call_s) == calls


def test_slow_networks_take_six_turns_spread_over_the_run_and_fast_ones_all() -> None:
    bench = Bench(fast=1, slow=400)

    plan = planned(bench, Plan(rounds=120))

    assert sum(name == "fast" for _, name in plan.turns) == 120
    assert [turn for turn, name in plan.turns if name == "slow"] == [0, 20, 40, 60, 80, 100]
    assert plan.calls == {"fast": 5, "slow": 1}


def test_rounds_go_on_until_the_time_of_a_process_is_full() -> None:
    plan = Plan(rounds=12, max_rounds=60, slice_s=2.0)

    assert plan.rounds_for([0.01] * 5) == 20  # of five settle calls and five calls, 0.1 s
    assert plan.rounds_for([0.001]) == 60
    assert plan.rounds_for([0.04] * 10) == 12


def test_the_time_of_slow_networks_is_taken_from_the_rounds_of_the_others() -> None:
    plan = Plan(rounds=6, max_rounds=60, slice_s=2.0)

    assert plan.rounds_for([0.01] * 5 + [0.09]) == 9  # 0.92 s are left


def test_processes_that_were_long_in_starting_are_put_to_use_for_longer() -> None:
    plan = Plan(rounds=12, slice_s=2.0, share_of_start=0.5)

    assert plan.after_start(1.0).slice_s == 2.0
    assert plan.after_start(8.0).slice_s == 4.0
    assert plan.after_start(300.0).slice_s == MAX_SLICE_S
    assert Plan(rounds=12, slice_s=2.0).after_start(8.0).slice_s == 2.0


@pytest.mark.parametrize("preset", ["quick", "standard", "certify"])
def test_every_preset_gives_even_the_slowest_network_enough_rounds_for_an_interval(
    preset: Preset,
) -> None:
    plan = PLANS[preset]
    assert len(plan.rounds_of(10.0, plan.rounds)) == MIN_ROUNDS
    assert len(plan.rounds_of(0.001, plan.rounds)) == plan.rounds >= MIN_ROUNDS


def test_presets_measure_ever_more() -> None:
    presets: tuple[Preset, ...] = ("preview", "quick", "standard", "certify")
    spent_s = [
        EFFORTS[name].min_workers * max(PLANS[name].slice_s, PLANS[name].block_s)
        for name in presets
    ]
    targets = [EFFORTS[name].half_width for name in presets]

    assert spent_s == sorted(set(spent_s))
    assert targets == sorted(set(targets), reverse=True)


def test_a_preview_of_a_very_slow_network_is_its_warm_up() -> None:
    assert PLANS["preview"].rounds_of(3.0, 6) == frozenset()
    assert len(PLANS["preview"].rounds_of(0.5, 6)) == MIN_ROUNDS


def test_a_block_carries_what_was_counted_from_before_its_settle_call_to_its_end() -> None:
    bench = Bench(a=10)

    def count() -> Counters:
        return Counters(time_ns=bench.now_ns, delay_ns=bench.now_ns // 5)

    ((_, block),) = take_turns(bench.calls, one_turn("a", calls=3), never_stop, count)

    assert block.signals == Signals(wall_ns=40 * MS, delay_ns=8 * MS)


def known_to(half_width: float, *, value: float = 1.0) -> Ratio:
    interval = Interval(value / (1 + half_width), value * (1 + half_width))
    return Ratio(value, interval, rounds=60, workers=5)


def test_a_run_ends_when_like_sized_networks_are_known_well_enough() -> None:
    effort = EFFORTS["standard"]

    assert is_enough([known_to(0.012), known_to(0.3, value=4.0)], effort, 5, spent_s=1.0)
    assert not is_enough([known_to(0.013)], effort, 5, spent_s=1.0)
    assert not is_enough([None], replace(effort, min_workers=6), 5, spent_s=1.0)


def test_a_run_ends_when_one_more_worker_would_not_fit_into_its_time() -> None:
    effort = EFFORTS["standard"]

    assert not is_enough([known_to(0.5)], effort, 5, spent_s=49.0)
    assert is_enough([known_to(0.5)], effort, 5, spent_s=51.0)
    assert is_enough([known_to(0.5)], effort, effort.max_workers, spent_s=1.0)
    assert not is_enough([known_to(0.001)], effort, 4, spent_s=1000.0)


def test_the_time_left_falls_to_nothing_and_is_right_when_calls_take_what_they_took() -> None:
    bench = Bench(a=2, b=7)
    plan = planned(bench, Plan(rounds=12))
    whole_s = plan.remaining_s(0)
    left_s = [whole_s]

    for done, _ in enumerate(take_turns(bench.calls, plan, never_stop, nothing_counted), start=1):
        left_s.append(plan.remaining_s(done))

        assert whole_s - left_s[-1] == pytest.approx(bench.now_ns / 1e9)

    assert left_s == sorted(left_s, reverse=True)
    assert left_s[-1] == 0


class Stop(Exception):
    """As the worker's check raises it."""


def stop_after(bench: Bench, calls: int) -> Check:
    def check() -> None:
        if len(bench.log) == calls:
            raise Stop

    return check


@pytest.mark.parametrize("calls", range(0, 42, 5))
def test_a_stop_is_obeyed_between_any_two_inferences(calls: int) -> None:
    bench = Bench(a=1, b=1)
    plan = planned(bench, Plan(rounds=6))

    with pytest.raises(Stop):
        list(take_turns(bench.calls, plan, stop_after(bench, calls), nothing_counted))

    assert len(bench.log) == calls


def test_turns_that_were_finished_before_a_stop_are_kept() -> None:
    bench = Bench(a=10)  # a settle call and one other in each turn
    kept: list[tuple[str, Block]] = []

    with pytest.raises(Stop):
        kept.extend(
            take_turns(
                bench.calls, planned(bench, Plan(rounds=6)), stop_after(bench, 5), nothing_counted
            )
        )

    assert [block.round for _, block in kept] == [0, 1]


def test_garbage_is_collected_between_turns_and_never_inside() -> None:
    seen: list[bool] = []
    plan = Schedule(turns=((0, "a"), (1, "a")), calls={"a": 3}, call_s={"a": 0.001})

    def call() -> int:
        seen.append(gc.isenabled())
        return 1

    between = [gc.isenabled() for _ in take_turns({"a": call}, plan, never_stop, nothing_counted)]

    assert seen == [False] * 8
    assert between == [True, True]
    assert gc.isenabled()


def test_garbage_collection_comes_back_after_a_stop() -> None:
    bench = Bench(a=1)

    with pytest.raises(Stop):
        list(
            take_turns(
                bench.calls, planned(bench, Plan(rounds=6)), stop_after(bench, 3), nothing_counted
            )
        )

    assert gc.isenabled()


def test_garbage_collection_stays_off_where_somebody_had_turned_it_off() -> None:
    bench = Bench(a=1)
    gc.disable()
    try:
        list(take_turns(bench.calls, planned(bench, Plan(rounds=6)), never_stop, nothing_counted))

        assert not gc.isenabled()
    finally:
        gc.enable()
