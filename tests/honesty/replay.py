"""Recorded turns, judged again by the functions that judge a live run.

What is independent of what: a unit is one pair of copies in one set of fresh processes. Two units
share no copy and no turn; those of one set share a moment, which pairing takes out. A run is made
of the units of one pair over several sets, in random order, and takes sets until it would have
stopped; the next run goes on with those that are left. So the runs of one order share no unit.
`orders` deals the same units out several times, each time in other company.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean, median

from benchmarks.candidates import candidate
from benchmarks.insight import judged
from benchmarks.results import Block, Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.protocol import EFFORTS, Effort, is_enough
from benchmarks.timing.statistics import Ratio
from benchmarks.validity import Word, state_of
from tests.honesty.capture import Capture, Group

QUICK, STANDARD = EFFORTS["quick"], EFFORTS["standard"]
OTHER_NAME = candidate("0.5-160-n999")  # of an identical network: a run lists a network once


@dataclass(frozen=True)
class Three:
    """Places of the anchor, of what is compared with it, and of the anchor's second copy."""

    anchor: int
    other: int
    copy: int


@dataclass(frozen=True)
class Found:
    """What was said of a pair at the end of its run."""

    ratio: Ratio
    word: str  # as the program words it
    state: Word
    is_busy: bool  # whether the turns alone speak against the run, its control left aside

    @property
    def is_different(self) -> bool:
        return self.word.endswith(("faster", "slower"))

    @property
    def is_unsure(self) -> bool:
        return self.word.startswith("cannot tell")

    @property
    def excludes_1(self) -> bool:
        bounds = self.ratio.interval
        return bounds is not None and not bounds.low <= 1 <= bounds.high


Judge = Callable[[Measurement, Measurement, Run], str | None]


def within(group: Group) -> tuple[Three, ...]:
    """Disjoint pairs of copies in one process; the second copies are those of the next pair."""
    found = []
    for process in sorted({arm.process for arm in group.arms}):
        places = group.places(process)
        pairs = list(zip(places[::2], places[1::2], strict=True))
        copies = [pair[0] for pair in pairs[1:] + pairs[:1]]
        found += [Three(*pair, copy) for pair, copy in zip(pairs, copies, strict=True)]
    return tuple(found)


def across(group: Group) -> tuple[Three, ...]:
    """Disjoint pairs of copies in two processes that were alive at the same time."""
    here, there = group.places(0), group.places(1)
    copies = here[1:] + here[:1]
    return tuple(Three(*three) for three in zip(here, there, copies, strict=True))


def replayed(
    group: Group,
    threes: Iterable[Three],
    capture: Capture,
    *,
    factor: float = 1.0,
    effort: Effort = STANDARD,
    orders: int = 1,
    judge: Judge = judged,
) -> Iterator[Found]:
    """Every run that can be made, none of them twice.

    factor: how much slower the second network is made to be.
    """
    for three in threes:
        seen: set[frozenset[int]] = set()
        for order in range(orders):
            sets = list(range(len(group.set_s)))
            random.Random(f"{three} {order}").shuffle(sets)
            while len(sets) >= effort.min_workers:
                run = _one_run(group, three, sets, capture, effort, factor)
                count = run.measurements[0].workers
                own = frozenset(sets[:count])
                del sets[:count]
                if own in seen:
                    continue
                seen.add(own)
                anchor, other = run.measurements
                ratio, state = other.ratio_to(anchor), state_of(run)
                assert ratio is not None
                assert state is not None
                alone = state_of(replace(run, controls=()))
                yield Found(
                    ratio=ratio,
                    word=judge(other, anchor, run) or "cannot tell",
                    state=state.word,
                    is_busy=alone is not None and alone.word != "valid",
                )


def _one_run(
    group: Group,
    three: Three,
    sets: Sequence[int],
    capture: Capture,
    effort: Effort,
    factor: float,
) -> Run:
    """The first of `sets`, as many as it takes to be precise enough or to be out of time."""
    for count in range(effort.min_workers, len(sets) + 1):
        own = sets[:count]
        anchor, copy = (timed(group, place, own) for place in (three.anchor, three.copy))
        other = replace(timed(group, three.other, own, factor), candidate=OTHER_NAME)
        ratios = [other.ratio_to(anchor), copy.ratio_to(anchor)]
        if is_enough(ratios, effort, count, sum(group.set_s[number] for number in own)):
            break
    return Run(
        id=anchor.run_id,
        started_utc=capture.recorded_utc,
        machine=capture.machine,
        measurements=(anchor, other),
        controls=(copy,),
    )


def timed(group: Group, place: int, sets: Sequence[int], factor: float = 1.0) -> Measurement:
    """One arm in these sets."""
    blocks = tuple(
        block if factor == 1 else _slowed(block, factor)
        for number in sets
        for block in group.by_arm.get((place, number), ())
    )
    return Measurement(
        candidate=candidate(group.arms[place].network),
        scenario=Scenario(engine=group.engine, threads=group.threads),
        quality="measured",
        run_id="replayed",
        measured_utc="2026-01-01T00:00:00+00:00",
        warmup_ns=(1,),
        blocks=blocks,
        load_s=0.0,
    )


def _slowed(block: Block, factor: float) -> Block:
    return replace(block, times_ns=tuple(round(ns * factor) for ns in block.times_ns))


def after_another(group: Group, network: str, before: tuple[str, str]) -> tuple[list[float], float]:
    """What a predecessor leaves behind: log-ratio of the counted times of `network` after the first
    of `before` to those after the second, one a set; and the same of its settle calls, over all.
    """
    counted: list[float] = []
    settled: list[float] = []
    for number in range(len(group.set_s)):
        own = [(place, block) for place, block in group.blocks if block.worker == number]
        logs: dict[str, list[tuple[float, float]]] = {name: [] for name in before}
        for (earlier, _), (place, block) in pairwise(own):
            name = group.arms[earlier].network
            is_wanted = group.arms[place].network == network and name in logs
            if is_wanted and not disturbances(block.signals):
                logs[name].append((math.log(block.median_s), math.log(block.settle_ns)))
        first, second = (list(zip(*logs[name], strict=True)) for name in before)
        if first and second:
            counted.append(median(first[0]) - median(second[0]))
            settled.append(median(first[1]) - median(second[1]))
    return counted, fmean(settled)
