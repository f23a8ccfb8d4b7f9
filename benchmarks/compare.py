"""Two or more runs side by side: what differs between them, and what may be concluded. Pure.

Networks that took turns in one run are compared by turn, and a run says itself what follows. Two
runs of one machine differ by some 10 % for no reason that anybody knows of, so between them only
larger differences mean something. Between machines nothing is concluded: they stand side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from statistics import stdev
from typing import Literal

from benchmarks import units
from benchmarks.insight import way_label
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.setups import machine_key
from benchmarks.timing.statistics import CONFIDENCE, Interval, Ratio
from benchmarks.timing.verdicts import MARGIN, Verdict, null_effect
from benchmarks.timing.verdicts import verdict as judge
from benchmarks.validity import null_ratio

Level = Literal["same run", "same machine", "different machines"]
SPREAD = 0.10  # standard deviation of log medians between runs of one machine, until it is known
MIN_SESSIONS = 5  # fewer runs of a machine do not tell how much its runs differ


@dataclass(frozen=True)
class Spread:
    """How much runs of one machine differ: standard deviation of log medians, of so many runs."""

    log_sd: float = SPREAD
    sessions: int | None = None  # None: assumed, not measured

    @property
    def half_width(self) -> float:
        """Of the interval of a ratio of two runs, in logarithms."""
        from scipy.special import ndtri, stdtrit

        quantile = (1 + CONFIDENCE) / 2
        reach = ndtri(quantile) if self.sessions is None else stdtrit(self.sessions - 1, quantile)
        return float(reach) * self.log_sd * math.sqrt(2)


@dataclass(frozen=True)
class Beside:
    """One network of a run, beside the same network of the first run.

    ratio: times over the first run's. interval, verdict: None where nothing may be concluded.
    spread: of that network's runs on the first run's machine.
    """

    network: str
    way: str
    first: Measurement
    other: Measurement
    ratio: float
    interval: Interval | None
    verdict: Verdict | None
    spread: Spread


@dataclass(frozen=True)
class Comparison:
    """A run beside the first of those that are compared. conclusion: what may be said, in words."""

    level: Level
    rows: tuple[Beside, ...]
    missing: tuple[str, ...]  # networks that only one of the two has
    conclusion: str


def spread_of(medians_s: Sequence[float]) -> Spread:
    """How much runs of one machine differ, from one network's medians; assumed below five."""
    if len(medians_s) < MIN_SESSIONS:
        return Spread()
    return Spread(stdev(math.log(median_s) for median_s in medians_s), len(medians_s))


def compare(
    first: Run,
    other: Run,
    spread_for: Callable[[Measurement], Spread] = lambda one: Spread(),
    *,
    called: str = "the other run",
) -> Comparison:
    """`other` beside `first`.

    spread_for: how much runs of that machine differ, for a measurement of the first.
    called: what `other` is called in the conclusion.
    """
    level = _level(first, other)
    pairs, missing = _matched(first, other)
    rows = tuple(_beside(level, a, b, first, other, spread_for(a)) for a, b in pairs)
    return Comparison(level, rows, missing, _conclusion(level, rows, first, other, called))


def _level(first: Run, other: Run) -> Level:
    if machine_key(first.machine) != machine_key(other.machine):
        return "different machines"
    return "same run" if first.id == other.id else "same machine"


def _matched(
    first: Run, other: Run
) -> tuple[list[tuple[Measurement, Measurement]], tuple[str, ...]]:
    """Measurements of both that are of the same network, run the same way but for what each run
    has for all its networks: 1 thread here and 2 there is what is compared."""
    aside = {
        field.name
        for field in fields(Scenario)
        if _is_constant(first, field.name) and _is_constant(other, field.name)
    }

    def key_of(one: Measurement) -> tuple[object, ...]:
        kept = {name: value for name, value in asdict(one.scenario).items() if name not in aside}
        return (one.candidate.key, *kept.values())

    ours = {key_of(one): one for one in first.measurements}
    theirs = {key_of(one): one for one in other.measurements}
    pairs = [(one, theirs[key]) for key, one in ours.items() if key in theirs]
    lonely = [one for key, one in ours.items() if key not in theirs]
    lonely += [one for key, one in theirs.items() if key not in ours]
    return pairs, tuple(dict.fromkeys(one.candidate.label for one in lonely))


def _is_constant(run: Run, name: str) -> bool:
    return len({getattr(one.scenario, name) for one in run.measurements}) == 1


def _beside(
    level: Level, a: Measurement, b: Measurement, first: Run, other: Run, spread: Spread
) -> Beside:
    ratio = b.median_s / a.median_s
    interval: Interval | None = None
    verdict: Verdict | None = None
    if level == "same run" and (paired := b.ratio_to(a)) is not None:
        ratio, interval = paired.value, paired.interval
        verdict = _paired_verdict(paired, a, b, first, other)
    if level == "same machine":
        half = math.hypot(spread.half_width, _log_half_width(a), _log_half_width(b))
        interval = Interval(ratio * math.exp(-half), ratio * math.exp(half))
        verdict = _verdict(interval, first, other)
    way = way_label(a.scenario)
    if a.scenario != b.scenario and way_label(b.scenario) != way:
        way = f"{way} / {way_label(b.scenario)}"
    return Beside(a.candidate.label, way, a, b, ratio, interval, verdict, spread)


def _paired_verdict(
    ratio: Ratio, a: Measurement, b: Measurement, first: Run, other: Run
) -> Verdict:
    """Of two that took turns; each one's copy tells how much is chance."""
    if any(run.state is not None and run.state.word == "invalid" for run in (first, other)):
        return "cannot tell"
    nulls = (null_ratio(first, a), null_ratio(other, b))
    return judge(ratio, null=max(nulls, key=lambda null: abs(null_effect(null))))


def _verdict(interval: Interval, first: Run, other: Run) -> Verdict:
    """Never "same": two runs resolve too little for that."""
    is_invalid = any(run.state is None or run.state.word == "invalid" for run in (first, other))
    if is_invalid or interval.low <= 1 <= interval.high:
        return "cannot tell"
    return "faster" if interval.high < 1 else "slower"


def _log_half_width(one: Measurement) -> float:
    bounds = one.interval_s
    return math.log(bounds.high / bounds.low) / 2 if bounds else 0.0


def _conclusion(
    level: Level,
    rows: Sequence[Beside],
    first: Run,
    other: Run,
    called: str,
) -> str:
    if not rows:
        return "They have no network in common, so nothing can be compared."
    if level == "same run" and first == other:
        return "Both are the same run. What its networks' turns say of each other stands in it."
    if level == "different machines":
        return (
            "They are of different machines. The figures may be looked at side by side; which "
            "software is faster cannot be concluded from them."
        )
    for run, name in ((first, "first"), (other, "other")):
        if run.state is None:
            return f"The {name} run is a preview: nothing can be concluded from it."
        if run.state.word == "invalid":
            return f"The {name} run is invalid: nothing can be concluded from it."
    if level == "same run":
        turns = "They took turns in one run, which tells far smaller differences than two runs do."
        return f"{_told(rows, called)} {turns}"
    return f"{_told(rows, called)} {_resolution(rows)}"


def _told(rows: Sequence[Beside], called: str) -> str:
    counts = {
        word: [row.network for row in rows if row.verdict == word] for word in ("slower", "faster")
    }
    parts = [
        f"{_named(names)} {'is' if len(names) == 1 else 'are'} {word}"
        for word, names in counts.items()
        if names
    ]
    unsure = sum(row.verdict == "cannot tell" for row in rows)
    same = sum(row.verdict == "same" for row in rows)
    if same == len(rows):
        return f"All are as fast in both, within {units.share(MARGIN)}."
    if not parts:
        return "No difference can be told between the two."
    rest = f"; {same} the same within {units.share(MARGIN)}" if same else ""
    rest += f"; of {unsure} nothing can be told" if unsure else ""
    return f"In {called} {' and '.join(parts)}{rest}."


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} networks"


def _resolution(rows: Sequence[Beside]) -> str:
    """By the network whose runs scatter most."""
    spread = max((row.spread for row in rows), key=lambda one: one.half_width)
    off = units.share(math.expm1(spread.half_width))
    known = (
        "Runs of one machine scatter by some 10 % for no reason"
        if spread.sessions is None
        else f"Its {spread.sessions} runs that are kept scatter"
    )
    return f"{known}, so between two of them differences up to {off} are put down to chance."
