"""Who is called when: rounds in random order with a settle call. Knows no runtime.

A network's turn in a round is a block: one settle call, kept but not counted because the first
call after another network is slower, then a few calls timed one by one. Interleaving lets two
networks be compared by round, which takes out whatever changes from one moment to the next.
"""

from __future__ import annotations

import gc
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.results import Block
from benchmarks.timing.contamination import Counters
from benchmarks.timing.statistics import Ratio

TimedCall = Callable[[], int]  # runs one inference to its end; returns nanoseconds
DeviceClock = Callable[[], int]  # of the inference before, nanoseconds by the accelerator's clock
ReadCounters = Callable[[], Counters]
Check = Callable[[], None]  # called between inferences; raises to stop
Turn = Callable[[int, int, Check], Block]  # of one network: the round, and how many inferences

# Of the rules by which figures are made of raw times, here and in `statistics`, `contamination`,
# `verdicts` and `validity`: raise it with every change after which the same times say otherwise.
#   1  trimmed means of rounds, Student's t over processes, 97.5 %.
PROTOCOL_VERSION = 1

Preset = Literal["preview", "quick", "standard", "certify"]
MAX_SLICE_S = 10.0  # that a slow start asks for
MIN_ROUNDS = 6  # the fewest for which an interval of the median exists


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    rounds: turns each network takes at least, in one process. More follow until `slice_s` are
        full, up to `max_rounds`. Networks whose block is longer than `sparse_above_s` take only
        six, spread over the run.
    share_of_start: the time to fill is at least this share of what starting the processes took,
        within `MAX_SLICE_S`. Estimates scatter as the rounds of a process are few, so one that was
        long in starting is best put to use.
    block_s: time the counted calls of a block should fill, within 1 to `max_calls` calls. Short:
        the speed of a shared machine changes within some 50 ms, and networks are best compared
        within that time.
    skip_above_s: a network whose call takes longer has no turns: its warm-up has to do.
    max_warmup_s: warming up ends here even if a network is not steady yet, though never before
        `min_warmup_calls`. Below 0.075 it only ends here: a preview does not wait to see.
    """

    rounds: int
    max_rounds: int = 0
    slice_s: float = 0.0
    share_of_start: float = 0.0
    block_s: float = 0.005
    max_calls: int = 20
    max_warmup_s: float = 1.0
    min_warmup_calls: int = 3
    sparse_above_s: float = 0.1
    skip_above_s: float | None = None

    def after_start(self, started_s: float) -> Plan:
        """The plan for processes that took so many seconds to start and to load their networks."""
        worth_s = min(MAX_SLICE_S, self.share_of_start * started_s)
        return replace(self, slice_s=max(self.slice_s, worth_s))

    def calls_per_block(self, call_s: float) -> int:
        return max(1, min(self.max_calls, round(self.block_s / call_s)))

    def block_takes_s(self, call_s: float) -> float:
        """With its settle call."""
        return call_s * (1 + self.calls_per_block(call_s))

    def rounds_for(self, calls_s: Iterable[float]) -> int:
        """How many rounds networks of so many seconds a call take together."""
        blocks = [self.block_takes_s(seconds) for seconds in calls_s if not self._skips(seconds)]
        often_s = sum(block for block in blocks if block <= self.sparse_above_s)
        seldom_s = MIN_ROUNDS * sum(block for block in blocks if block > self.sparse_above_s)
        fitting = int((self.slice_s - seldom_s) / often_s) if often_s else 0
        return max(self.rounds, min(self.max_rounds, fitting))

    def rounds_of(self, call_s: float, rounds: int) -> frozenset[int]:
        """Of `rounds`, those in which a network of `call_s` seconds a call takes its turn."""
        if self._skips(call_s):
            return frozenset()
        if self.block_takes_s(call_s) <= self.sparse_above_s or rounds <= MIN_ROUNDS:
            return frozenset(range(rounds))
        return frozenset(turn * rounds // MIN_ROUNDS for turn in range(MIN_ROUNDS))

    def _skips(self, call_s: float) -> bool:
        return self.skip_above_s is not None and call_s > self.skip_above_s


PLANS: Mapping[Preset, Plan] = {
    "preview": Plan(rounds=MIN_ROUNDS, block_s=0.008, max_warmup_s=0.02, skip_above_s=0.6),
    "quick": Plan(rounds=12, max_rounds=120, slice_s=2.0, share_of_start=0.5),
    "standard": Plan(rounds=12, max_rounds=120, slice_s=2.0, share_of_start=1.0),
    "certify": Plan(rounds=12, max_rounds=80, slice_s=3.0, share_of_start=1.0, max_warmup_s=3.0),
}


@dataclass(frozen=True)
class Effort:
    """How many worker processes a proper measurement takes, one set after the other.

    half_width: stop once every ratio between like-sized networks is known so well, relative.
    budget_s: start no further workers after that, exporting not counted; the least are always run.
    """

    min_workers: int
    max_workers: int
    half_width: float
    budget_s: float

    @property
    def has_control(self) -> bool:
        """Whether a second copy of the anchor is timed too: what chance makes of no difference."""
        return self.min_workers > 1


EFFORTS: Mapping[Preset, Effort] = {
    "preview": Effort(1, 1, half_width=math.inf, budget_s=0.0),
    "quick": Effort(3, 3, half_width=0.03, budget_s=20.0),
    "standard": Effort(5, 24, half_width=0.0125, budget_s=60.0),
    "certify": Effort(5, 60, half_width=0.0075, budget_s=180.0),
}
LIKE_SIZED = (0.67, 1.5)  # ratios for which a target of precision can be met


def is_enough(ratios: Iterable[Ratio | None], effort: Effort, workers: int, spent_s: float) -> bool:
    """Whether to stop after `workers` of them: precise enough, at the limit, or no time."""
    if workers < effort.min_workers:
        return False
    one_more_s = spent_s / workers
    if workers >= effort.max_workers or spent_s + one_more_s > effort.budget_s:
        return True
    wanted = [
        ratio
        for ratio in ratios
        if ratio is not None and LIKE_SIZED[0] <= ratio.value <= LIKE_SIZED[1]
    ]
    return all(
        ratio.half_width is not None and ratio.half_width <= effort.half_width for ratio in wanted
    )


@dataclass(frozen=True)
class Schedule:
    """The turns of one run, fixed before it starts so that time left can be told."""

    turns: tuple[tuple[int, str], ...]  # round and network, in the order they run
    calls: Mapping[str, int]
    call_s: Mapping[str, float]

    @property
    def rounds(self) -> int:
        return 1 + max((number for number, _ in self.turns), default=-1)

    def remaining_s(self, turns_done: int) -> float:
        return sum(self.turn_s(name) for _, name in self.turns[turns_done:])

    def turn_s(self, name: str) -> float:
        """With its settle call."""
        return (1 + self.calls[name]) * self.call_s[name]


def schedule(call_s: Mapping[str, float], plan: Plan, rng: random.Random) -> Schedule:
    """Turns of each network (name to seconds a call) in random order within each round."""
    count = plan.rounds_for(call_s.values())
    rounds = {name: plan.rounds_of(seconds, count) for name, seconds in call_s.items()}
    turns: list[tuple[int, str]] = []
    for number in range(count):
        present = [name for name in call_s if number in rounds[name]]
        rng.shuffle(present)
        turns += [(number, name) for name in present]
    calls = {name: plan.calls_per_block(seconds) for name, seconds in call_s.items()}
    return Schedule(tuple(turns), calls, dict(call_s))


def take_turns(
    turns: Mapping[str, Turn], plan: Schedule, check: Check
) -> Iterator[tuple[str, Block]]:
    """Run the schedule; yield each block as it is done. No sample is ever dropped."""
    for number, name in plan.turns:
        yield name, turns[name](number, plan.calls[name], check)


def watched_turn(
    call: TimedCall,
    number: int,
    count: int,
    check: Check,
    read: ReadCounters,
    clock: DeviceClock | None = None,
) -> Block:
    """A block with what the system counted meanwhile."""
    before = read()
    block = take_turn(call, number, count, check, clock)
    return replace(block, signals=read().since(before))


def take_turn(
    call: TimedCall, number: int, count: int, check: Check, clock: DeviceClock | None = None
) -> Block:
    """One network's block in round `number`: the settle call, then `count` timed inferences.

    clock: of the accelerator, where it has one; asked between inferences, never during one.
    """
    times: list[int] = []
    on_device: list[int] = []
    with _no_garbage_collection():
        check()
        settle = call()
        for _ in range(count):
            check()
            times.append(call())
            if clock is not None:
                on_device.append(clock())
    return Block(number, settle, tuple(times), device_ns=tuple(on_device) or None)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
