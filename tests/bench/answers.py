"""The same question put to other tools: is one of these two faster? They are one network, twice.

And once more with one of them 5 % slower: its times are multiplied, which is what a wrapper does
that spins for so long after each call, so that both questions are put to the same measurements.
All in eager PyTorch with one thread, which is what torch's Timer measures.

A tool answers `PAIRS` questions in one go, each about two copies of their own. Answers of one go
share its processes, so intervals are narrower than they should be.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles

from benchmarks.api import carry_out, request_for
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Preset
from benchmarks.timing.statistics import Interval, Ratio
from benchmarks.timing.verdicts import verdict
from benchmarks.validation import NETWORK
from benchmarks.validity import null_ratio
from tests.bench.figure import Figure, judged
from tests.bench.findings import Share
from tests.serving import PROJECT

PAIRS = 4
SLOWER = 1.05
NOMINAL = 0.05
COMPARE_BEST = 1.01  # torch's Compare marks as best all that take at most so much longer
SELDOM = 4  # standard runs take long: one for so many of the others

Samples = Sequence[float]
Rule = Callable[[Samples, Samples], bool]


@dataclass(frozen=True)
class Answer:
    """differs: said of two copies. finds: said with the second 5 % slower, the right way round;
    errs: said of it that it is faster, or as fast."""

    differs: bool
    finds: bool
    errs: bool


@dataclass(frozen=True)
class Go:
    answers: list[Answer]
    seconds: float


def figures(times: int) -> Iterator[Figure]:
    """times: how often each tool is asked for `PAIRS` answers."""
    timed = [_of_processes("timer", 1) for _ in range(times)]
    looped = [_of_processes("loop", 2) for _ in range(times)]
    for what, rule, raw in (
        ("torch's Timer, quartiles apart", quartiles_apart, timed),
        ("torch's Timer, only one is Compare's best", one_is_best, timed),
        ("torch's Timer, Mann-Whitney at 5 %", mann_whitney, timed),
        ("two runs, their calls by Mann-Whitney at 5 %", mann_whitney, looped),
    ):
        yield from _figures(what, [_judged(rule, *one) for one in raw])
    presets: dict[Preset, int] = {"quick": times, "standard": math.ceil(times / SELDOM)}
    for preset, count in presets.items():
        own = [_own(preset) for _ in range(count)]
        yield from _figures(f"this project, {preset}", own, has_goal=True)


def quartiles_apart(a: Samples, b: Samples) -> bool:
    """Whether the middle halves do not overlap."""
    (low_a, _, high_a), (low_b, _, high_b) = (quantiles(own, method="inclusive") for own in (a, b))
    return high_a < low_b or high_b < low_a


def one_is_best(a: Samples, b: Samples) -> bool:
    """Whether torch's Compare, in colours, marks only one of them as best."""
    low, high = sorted([median(a), median(b)])
    return high > COMPARE_BEST * low


def mann_whitney(a: Samples, b: Samples) -> bool:
    from scipy.stats import mannwhitneyu

    return bool(mannwhitneyu(a, b).pvalue < NOMINAL)


def slowed(ratio: Ratio | None) -> Ratio | None:
    """Of a copy that takes 5 % longer to the same."""
    if ratio is None:
        return None
    bounds = ratio.interval
    return replace(
        ratio,
        value=SLOWER * ratio.value,
        interval=bounds and Interval(SLOWER * bounds.low, SLOWER * bounds.high),
    )


def _of_processes(way: str, count: int) -> tuple[list[tuple[Samples, Samples]], float]:
    """Samples of each pair of copies, and the seconds that fresh processes took to bring them.

    count: 1, both copies of a pair in one process; 2, each in its own.
    """
    start = time.monotonic()
    copies = 2 * PAIRS // count
    command = [sys.executable, "-m", "tests.bench.copies", way, str(copies)]
    samples: list[list[float]] = []
    for _ in range(count):
        answer = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
        samples += json.loads(answer.stdout.splitlines()[-1])
    pairs = zip(samples[:PAIRS], samples[PAIRS:], strict=True)
    return list(pairs), time.monotonic() - start


def _judged(differ: Rule, pairs: Sequence[tuple[Samples, Samples]], seconds: float) -> Go:
    answers = []
    for a, b in pairs:
        slow = [SLOWER * one for one in b]
        says = differ(a, slow)
        right = median(a) < median(slow)
        answers.append(Answer(differ(a, b), says and right, says and not right))
    return Go(answers, seconds)


def _own(preset: Preset) -> Go:
    """A run as for so many networks, all of them copies of the first; the first is the control."""
    start = time.monotonic()
    request = request_for([NETWORK], (Scenario("eager"),), preset)
    run = carry_out(replace(request, copies=1 + 2 * PAIRS), lambda update: None)
    null = null_ratio(run, run.measurements[0])
    _, *copies = run.controls
    answers = [_answer(a, b, null) for a, b in zip(copies[::2], copies[1::2], strict=True)]
    return Go(answers, time.monotonic() - start)


def _answer(a: Measurement, b: Measurement, null: Ratio | None) -> Answer:
    ratio = b.ratio_to(a)
    slow = verdict(slowed(ratio), null=null)
    return Answer(
        verdict(ratio, null=null) in ("faster", "slower"),
        slow == "slower",
        slow in ("faster", "same"),
    )


def _figures(what: str, goes: Sequence[Go], *, has_goal: bool = False) -> Iterator[Figure]:
    every = [answer for go in goes for answer in go.answers]
    differ = Share(sum(one.differs for one in every), len(every))
    finds = Share(sum(one.finds for one in every), len(every))
    errs = sum(one.errs for one in every)
    seconds = median(go.seconds for go in goes)
    yield Figure(
        f"{what}: identical called different",
        str(differ),
        f"at most {100 * NOMINAL:.0f} %" if has_goal else "",
        judged(differ.count <= NOMINAL * differ.total) if has_goal else "",
    )
    yield Figure(
        "  5 % slower: found",
        f"{finds}; the contrary said {errs} times; {seconds:.0f} s for {PAIRS} answers",
    )
