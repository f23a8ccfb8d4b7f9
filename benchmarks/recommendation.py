"""Which engine is fastest for a network here, by how much, and how surely. Pure.

Engines are recommended among themselves in float32. What a reduced precision costs in accuracy
cannot be seen here, so it is told beside that and never recommended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from benchmarks import units
from benchmarks.insight import engine_label, told
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import PRECISIONS, Scenario
from benchmarks.timing.statistics import MIN_WORKERS, Ratio
from benchmarks.timing.verdicts import MARGIN, Verdict
from benchmarks.validity import State, state_of

DIGITS = 3  # engines differ by a few per cent: "1.02 ×" says more than "1.0 ×"


@dataclass(frozen=True)
class Standing:
    """One way to run the network, beside the fastest in float32.

    ratio: how many times as long it takes; verdict: on it. Both None for the fastest itself.
    """

    row: Measurement
    ratio: Ratio | None = None
    verdict: Verdict | None = None

    @property
    def scenario(self) -> Scenario:
        return self.row.scenario

    @property
    def is_slower(self) -> bool:
        return self.verdict == "slower"


@dataclass(frozen=True)
class Recommendation:
    """What one run says of the ways to run one network. Prints as its sentences, with the reasons
    for which the run is worth less than it could be.

    full: those in float32, the one with the shortest time first; reduced: the others.
    current: how the network is run now.
    """

    full: tuple[Standing, ...]
    reduced: tuple[Standing, ...]
    current: Scenario
    state: State

    @property
    def fastest(self) -> tuple[Standing, ...]:
        """The one with the shortest time, and those that cannot be told from it."""
        return tuple(one for one in self.full if not one.is_slower)

    @property
    def is_told(self) -> bool:
        """Whether some engine is known to be slower than the fastest."""
        return self.state.word != "invalid" and any(one.is_slower for one in self.full)

    @property
    def better(self) -> Scenario | None:
        """What to change to; None where nothing is known to be faster than the current one."""
        if not self.is_told:
            return None
        now = self._standing_of(self.current)
        return self.full[0].scenario if now is None or now.is_slower else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """First which engine is fastest, then a sentence for each reduced precision."""
        if self.state.word == "invalid":
            return (f"{self._cannot_be_told}: the run is invalid.",)
        about_engines = [self._about_engines()] if len(self.full) > 1 else []
        return (*about_engines, *self._about_precisions())

    def __str__(self) -> str:
        reasons = (f"{reason.text} {reason.advice}" for reason in self.state.reasons)
        return "\n".join((*self.sentences, *reasons))

    def _about_engines(self) -> str:
        best, names = self.full[0], _listed(_engine(one) for one in self.fastest)
        if all(one.verdict == "same" for one in self.full[1:]):
            return f"{names} are equally fast{self._where}, within {units.share(MARGIN)}."
        if not self.is_told:
            return f"{self._cannot_be_told}: no difference between {names} is sure."
        if len(self.fastest) == 1:
            return f"{names} is fastest{self._where}: {self._gain()}."
        return (
            f"{names} are fastest{self._where}, and cannot be told apart: "
            f"{_engine(best)} is {self._gain()}."
        )

    def _gain(self) -> str:
        """Over the current one, or where that is none over the next."""
        now = self._standing_of(self.current)
        if now is not None and now.is_slower:
            return f"{times(now.ratio)} as fast as {_way(now)}{bounds(now.ratio)}"
        after = next(one for one in self.full if one.is_slower)
        return f"{times(after.ratio)} as fast as the next, {_engine(after)}{bounds(after.ratio)}"

    def _about_precisions(self) -> list[str]:
        found = (
            next((one for one in self.reduced if one.scenario.precision == name), None)
            for name in PRECISIONS
        )
        return [self._about_precision(one) for one in found if one is not None]

    def _about_precision(self, one: Standing) -> str:
        best = f"{_engine(self.full[0])} in float32"
        if one.verdict == "same":
            return f"{_way(one)} takes as long as {best}, within {units.share(MARGIN)}."
        if one.verdict == "cannot tell":
            return f"{_way(one)} cannot be told from {best}."
        cost = ", at a cost in accuracy that random weights cannot show"
        return (
            f"{_way(one)} takes {times(one.ratio)} as long as {best}"
            f"{bounds(one.ratio)}{cost if one.verdict == 'faster' else ''}."
        )

    def _standing_of(self, scenario: Scenario) -> Standing | None:
        every = (*self.full, *self.reduced)
        return next((one for one in every if one.scenario == scenario), None)

    @property
    def _cannot_be_told(self) -> str:
        return f"Which engine is fastest{self._where} cannot be told"

    @property
    def _where(self) -> str:
        row = self.full[0].row
        how = row.scenario
        parts = [
            " in float32" if self.reduced else "",
            f" for {row.candidate.label}",
            "" if how.device == "cpu" else f" on {how.device}",
            f" with {units.counted(how.threads, 'thread')}",
            "" if how.batch == 1 else f" and batch {how.batch}",
        ]
        return "".join(parts)


def recommend(run: Run, current: Scenario | None = None) -> Recommendation | None:
    """What `run` says of the ways to run its network; None unless it can say anything of that.

    It can where it is a proper measurement of one network in several engines or precisions, alike
    in all else. current: how the network is run now; by default as the run's first.
    """
    rows = [row for row in run.measurements if row.quality == "measured"]
    first, state = next(iter(rows), None), state_of(run)
    if first is None or state is None or len(rows) < 2 or first.workers < MIN_WORKERS:
        return None
    full = [row for row in rows if row.scenario.precision == "float32"]
    if not full or len({_network(row) for row in rows}) > 1:
        return None
    best = min(full, key=lambda row: _times_as_long(row, full[0]))

    def standings(some: Iterable[Measurement]) -> list[Standing]:
        found = [Standing(row, row.ratio_to(best), told(row, best, run)) for row in some]
        return sorted(found, key=lambda one: _times_as_long(one.row, best))

    return Recommendation(
        full=(Standing(best), *standings(row for row in full if row is not best)),
        reduced=tuple(standings(row for row in rows if row not in full)),
        current=current or first.scenario,
        state=state,
    )


def times(ratio: Ratio | None) -> str:
    return units.NOT_MEASURED if ratio is None else units.times(ratio.value, digits=DIGITS)


def bounds(ratio: Ratio | None) -> str:
    """ " (1.30 to 1.34 ×)", to stand behind the ratio; empty where there is no interval."""
    if ratio is None or ratio.interval is None:
        return ""
    return f" ({units.span(ratio.interval.low, ratio.interval.high, digits=DIGITS)})"


def _network(row: Measurement) -> tuple[str, Scenario]:
    """What must be alike in all rows: everything but engine and precision."""
    return row.candidate.key, replace(row.scenario, engine="", precision="float32")


def _times_as_long(row: Measurement, other: Measurement) -> float:
    ratio = row.ratio_to(other)  # None where disturbances have left no round in common
    return ratio.value if ratio else row.median_s / other.median_s


def _engine(one: Standing) -> str:
    return engine_label(one.scenario)


def _way(one: Standing) -> str:
    precision = one.scenario.precision
    return _engine(one) if precision == "float32" else f"{precision} in {_engine(one)}"


def _listed(names: Iterable[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
