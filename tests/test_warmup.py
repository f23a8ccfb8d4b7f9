"""When a network is steady, on made-up calls whose truth is known, noisy ones above all."""

import math
import random
from collections.abc import Callable, Iterator
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.timing.protocol import PLANS, Plan
from benchmarks.timing.warmup import MAX_CALLS, can_tell, steady_after, typical_s, warm_up
from tests.builders import measurement

MS = 1_000_000
PLAN = Plan(rounds=6, max_warmup_s=3.0)
SERIES = 100  # of each kind
WINDOW_MS = 37.5  # half of the least time that is judged by
Calls = Iterator[float]  # ms each


def warmed(calls: Calls, plan: Plan = PLAN) -> tuple[int, ...]:
    return warm_up(lambda: round(next(calls) * MS), plan, lambda: None)


def many(calls: Callable[[random.Random], Calls]) -> list[tuple[int, ...]]:
    return [warmed(calls(random.Random(f"series {number}"))) for number in range(SERIES)]


def even(rng: random.Random, ms: float = 2.5, scatter: float = 0.03) -> Calls:
    """Calls that scatter, each by itself."""
    while True:
        yield ms * rng.lognormvariate(0, scatter)


def flickering(rng: random.Random, ms: float = 2.1) -> Calls:
    """A shared machine: two speeds, half as far apart again, and 10 % besides that last 60 ms."""
    slow, until_ms, drift, now_ms = rng.random() < 0.5, rng.expovariate(1 / 120), 0.0, 0.0
    while True:
        taken_ms = ms * (1.52 if slow else 1) * math.exp(drift + rng.gauss(0, 0.03))
        yield taken_ms
        now_ms += taken_ms
        kept = math.exp(-taken_ms / 60)
        drift = kept * drift + rng.gauss(0, 0.1 * math.sqrt(1 - kept**2))
        if now_ms > until_ms:
            slow, until_ms = not slow, now_ms + rng.expovariate(1 / 120)


def scaled(calls: Calls, factor: Callable[[int, float], float]) -> Calls:
    """factor: of a call by its number and by when it begins, in ms."""
    now_ms = 0.0
    for number, ms in enumerate(calls):
        taken_ms = ms * factor(number, now_ms)
        yield taken_ms
        now_ms += taken_ms


@pytest.mark.parametrize("slow_calls", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("times_slower", [1.5, 2.5])
def test_a_start_of_slow_calls_is_found_to_within_a_window(
    slow_calls: int, times_slower: float
) -> None:
    def starting(rng: random.Random) -> Calls:
        def slow(number: int, _: float) -> float:
            return times_slower if number < slow_calls else 1

        return scaled(even(rng, 2.0), slow)

    found = [steady_after(times) for times in many(starting)]

    off_ms = [math.inf if calls is None else 2.0 * abs(calls - slow_calls) for calls in found]
    assert fmean(off <= WINDOW_MS for off in off_ms) >= 0.99
    assert fmean(off <= 2.0 for off in off_ms) >= 0.9  # by a call at most, mostly


def test_a_start_that_fades_is_over_once_it_is_lost_in_the_scatter() -> None:
    def fading(rng: random.Random) -> Calls:
        return scaled(even(rng), lambda number, _: 1 + 1.5 * math.exp(-number / 4))

    found = [steady_after(times) for times in many(fading)]

    lost = 4 * math.log(1.5 / 0.04)  # where it is as large as the slowest tenth is slow
    assert all(calls is not None and abs(calls - lost) <= WINDOW_MS / 2.5 for calls in found)


def test_a_slow_first_call_is_seen_through_a_machines_flicker() -> None:
    def starting(rng: random.Random) -> Calls:
        return scaled(flickering(rng), lambda number, _: 1 if number else 4)

    found = [steady_after(times) for times in many(starting)]

    assert all(calls is not None and calls >= 1 for calls in found)
    assert fmean(calls == 1 for calls in found) >= 0.5


@pytest.mark.parametrize(
    ("calls", "usual_ms"), [(even, 85), (flickering, 125)], ids=["quiet", "shared"]
)
def test_calls_without_a_start_are_steady_soon_however_the_machine_flickers(
    calls: Callable[[random.Random], Calls], usual_ms: float
) -> None:
    found = many(calls)

    taken_ms = [sum(times) / MS for times in found]
    assert fmean(steady_after(times) is not None for times in found) >= 0.99
    assert fmean(ms < 400 for ms in taken_ms) >= 0.95
    assert fmean(taken_ms) <= usual_ms


@pytest.mark.parametrize("ms", [0.3, 8.0, 30.0])
def test_fast_and_slow_networks_are_steady_on_a_shared_machine_too(ms: float) -> None:
    found = many(lambda rng: flickering(rng, ms))

    assert fmean(steady_after(times) is not None for times in found) >= 0.95
    assert fmean(sum(times) / MS for times in found) <= max(150, 14 * ms)


@pytest.mark.parametrize("scatter", [0.0, 0.01, 0.02])
def test_calls_that_still_become_faster_at_the_limit_are_not_steady(scatter: float) -> None:
    def falling(rng: random.Random) -> Calls:  # to a fortieth in the three seconds
        return scaled(even(rng, 40, scatter), lambda _, now_ms: math.exp(-now_ms / 800))

    found = many(falling)

    assert fmean(steady_after(times) is None for times in found) >= 0.95
    assert all(can_tell(times) for times in found)


@pytest.mark.parametrize("regime_ms", [15, 30, 45])
def test_calls_that_keep_changing_between_two_speeds_are_not_steady(regime_ms: float) -> None:
    def changing(rng: random.Random) -> Calls:
        return scaled(even(rng), lambda _, now_ms: 2.5 if now_ms // regime_ms % 2 else 1)

    found = many(changing)

    assert all(steady_after(times) is None and can_tell(times) for times in found)
    assert all(sum(times) == pytest.approx(3000 * MS, rel=0.01) for times in found)


def test_a_standard_measurement_soon_gives_up_on_a_network_that_is_never_steady() -> None:
    def changing() -> Calls:
        return scaled(even(random.Random()), lambda _, now_ms: 2.5 if now_ms // 30 % 2 else 1)

    times = warmed(changing(), PLANS["standard"])

    assert sum(times) == pytest.approx(1000 * MS, rel=0.01)
    assert steady_after(times) is None


def test_a_network_that_is_never_steady_keeps_no_endless_curve() -> None:
    times = warmed(scaled(even(random.Random(), 0.05), lambda number, _: 1 + number % 3))

    assert len(times) == MAX_CALLS


def test_a_call_longer_than_the_limit_is_made_the_least_number_of_times() -> None:
    times = warmed(even(random.Random(), 5000, 0))

    assert times == (5000 * MS,) * 3
    assert steady_after(times) is None
    assert not can_tell(times)


def test_a_preview_does_not_wait_to_see_whether_a_network_is_steady() -> None:
    times = warmed(even(random.Random(), 2.5, 0), PLANS["preview"])

    assert len(times) == 8
    assert not can_tell(times)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(1, 10**10), min_size=1, max_size=60),
    st.floats(0.001, 10, allow_subnormal=False),
)
def test_whatever_the_times_the_steady_ones_begin_among_them(
    times: list[int], max_warmup_s: float
) -> None:
    calls = iter(times * 5000)
    found = warm_up(lambda: next(calls), Plan(rounds=6, max_warmup_s=max_warmup_s), lambda: None)

    after = steady_after(found)

    assert len(found) >= 3
    assert after is None or (can_tell(found) and 0 <= after < len(found))
    assert sum(found[:-1]) < max_warmup_s * 1e9 or len(found) == 3


def test_a_measurement_says_how_long_its_network_took_to_be_steady() -> None:
    timed = measurement("0.5-160", warmup_ms=[12.3, 5, 3.7, *[2] * 60])

    assert timed.first_call_s == pytest.approx(0.0123)
    assert timed.steady_after == 3
    assert timed.time_to_steady_s == pytest.approx(0.021)
    assert not timed.never_steady


def test_a_measurement_that_was_watched_too_briefly_is_not_called_restless() -> None:
    timed = measurement("0.5-160", warmup_ms=[12.3, 5, 2, 2])

    assert timed.steady_after is None
    assert timed.time_to_steady_s is None
    assert not timed.never_steady


def test_a_measurement_whose_warm_up_only_fell_never_was_steady() -> None:
    timed = measurement("0.5-160", warmup_ms=[50 * 0.9**number for number in range(20)])

    assert timed.steady_after is None
    assert timed.never_steady


def test_planning_goes_by_the_faster_half_of_the_warm_up() -> None:
    first_calls_are_slow = [90 * MS, 40 * MS, 2 * MS, 2 * MS]

    assert typical_s(first_calls_are_slow) == pytest.approx(0.002)
    assert typical_s([7 * MS]) == pytest.approx(0.007)


class Stop(Exception):
    """As the worker's check raises it."""


def test_a_stop_is_obeyed_while_warming_up() -> None:
    made: list[int] = []

    def call() -> int:
        made.append(MS)
        return MS

    def check() -> None:
        if len(made) == 2:
            raise Stop

    with pytest.raises(Stop):
        warm_up(call, PLAN, check)

    assert len(made) == 2
