"""Can this machine be measured? Identical networks are timed in turns: they should not differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from statistics import median

from benchmarks import units
from benchmarks.api import carry_out, request_for
from benchmarks.jobs.request import Request, scenarios_for
from benchmarks.jobs.updates import Update
from benchmarks.results import Run
from benchmarks.timing.protocol import Preset
from benchmarks.timing.statistics import Ratio
from benchmarks.timing.verdicts import MARGIN, Verdict, verdict
from benchmarks.validity import State, busy_start, state_of
from mobilenet.config import MobileNetConfig

TITLE = "Can this machine be measured?"
NETWORK = MobileNetConfig(0.5, 160)
NOT_KNOWN = "not known"
PAIRS_A_RUN = 3  # disjoint, so that one stray copy spoils one pair only
COARSE = 0.05  # a machine that tells no smaller differences deserves no plain yes


@dataclass(frozen=True)
class Shown:
    """What one run has shown. ratios: of its disjoint pairs; remark: how it began."""

    ratios: tuple[Ratio, ...]
    state: State | None
    remark: str | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether the run is invalid: it then compares nothing, so nothing of it is counted."""
        return self.state is not None and self.state.word == "invalid"


@dataclass(frozen=True)
class Validation:
    """What runs of identical networks have shown. others_cpus: the most that others used."""

    runs: tuple[Shown, ...]
    others_cpus: float | None

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """Of the runs that compare; what follows is said of these only."""
        return tuple(ratio for run in self.runs if not run.is_withheld for ratio in run.ratios)

    @property
    def withheld(self) -> int:
        """Runs that were invalid."""
        return sum(run.is_withheld for run in self.runs)

    @property
    def states(self) -> tuple[State, ...]:
        """Of the runs that measured something."""
        return tuple(run.state for run in self.runs if run.state is not None)

    @property
    def can_be_measured(self) -> bool:
        """Whether at least half of the runs were valid."""
        valid = sum(state.word == "valid" for state in self.states)
        return valid > 0 and 2 * valid >= len(self.states)

    @property
    def is_plain_yes(self) -> bool:
        """Whether every run could, finely, and no identical pair was called different."""
        is_coarse = self.resolution is not None and self.resolution > COARSE
        return self.can_be_measured and not (is_coarse or self.different or self.withheld)

    def count(self, wanted: Verdict) -> int:
        return sum(verdict(ratio) == wanted for ratio in self.ratios)

    @property
    def different(self) -> int:
        """Pairs that were called different and are not."""
        return self.count("faster") + self.count("slower")

    @property
    def excluded(self) -> int:
        """Pairs whose interval excludes 1, also within the margin: 1 in 20 is what it promises."""
        return sum(
            ratio.interval is not None and not ratio.interval.low <= 1 <= ratio.interval.high
            for ratio in self.ratios
        )

    @property
    def resolution(self) -> float | None:
        """The difference, relative, that four of five such runs would call one.

        At least the margin: what is smaller may well be known, and is called the same.
        """
        found = [ratio.findable for ratio in self.ratios if ratio.findable is not None]
        return max(MARGIN, median(found)) if found else None


def requests(engine: str, threads: int, runs: int, preset: Preset) -> tuple[Request, ...]:
    """What to measure, one after the other: several copies of one network in each run.

    Raises ScenarioError as `measure` does.
    """
    scenarios = scenarios_for([engine], ["float32"], device="cpu", threads=threads, batch=1)
    title = f"Identical networks, {units.counted(threads, 'thread')}"
    request = replace(request_for([NETWORK], scenarios, preset), copies=2 * PAIRS_A_RUN - 1)
    return tuple(
        replace(
            request,
            id=f"{request.id}-{number}",
            title=title if runs == 1 else f"{title}, run {number} of {runs}",
        )
        for number in range(1, runs + 1)
    )


def shown_by(runs: Iterable[Run]) -> Validation:
    """What these have shown; those that were cancelled have shown nothing."""
    done = [run for run in runs if not run.cancelled]
    others = [run.conditions.others_cpus for run in done]
    return Validation(
        tuple(Shown(pair_ratios(run), state_of(run), busy_start(run)) for run in done),
        max((cpus for cpus in others if cpus is not None), default=None),
    )


def validate(
    listen: Callable[[Update], None],
    *,
    engine: str = "onnxruntime",
    threads: int = 1,
    runs: int = 4,
    preset: Preset = "standard",
) -> Validation:
    """Carry it out here and now; with "standard" a minute a run, or less.

    Raises ScenarioError as `measure` does, and KeyboardInterrupt after Ctrl-C.
    """
    done = []
    for request in requests(engine, threads, runs, preset):
        done.append(carry_out(request, listen))
        if done[-1].cancelled:
            raise KeyboardInterrupt
    return shown_by(done)


def pair_ratios(run: Run) -> tuple[Ratio, ...]:
    """Of disjoint pairs among the first network of `run` and its copies."""
    arms = (*run.measurements[:1], *run.controls)
    found = (a.ratio_to(b) for a, b in zip(arms[::2], arms[1::2], strict=False))
    return tuple(ratio for ratio in found if ratio is not None)


def answer(found: Validation) -> str:
    """One sentence, or two: whether it can be measured and how finely, or why not now."""
    if not found.states:
        return "Not known: no run came to its end."
    if not found.can_be_measured:
        reason = next(state for state in found.states if state.reasons).reasons[0].text
        return f"Not now: {reason[0].lower()}{reason[1:]}"
    if found.resolution is None:
        sentence = "Yes, but such short runs do not show how finely."
    elif found.resolution > COARSE:
        sentence = (
            f"Only roughly: it takes a difference of {units.share(found.resolution)} "
            "to be found in four of five runs."
        )
    else:
        sentence = (
            f"Yes: a difference of {units.share(found.resolution)} "
            "would be found in four of five runs."
        )
    if found.different:
        was = "was" if found.different == 1 else "were"
        sentence += (
            f" But {found.different} of {len(found.ratios)} identical pairs {was} called different."
        )
    return " ".join(filter(None, (sentence, _withheld(found))))


def _withheld(found: Validation) -> str:
    """What became of invalid runs; empty where there are none."""
    if not found.withheld:
        return ""
    was, its = ("was", "its") if found.withheld == 1 else ("were", "their")
    return (
        f"{found.withheld} of {len(found.states)} runs {was} invalid, "
        f"{its} comparisons are withheld."
    )


def counts(found: Validation) -> list[tuple[str, str]]:
    """What was found and how often, as rows of name and finding."""
    pairs = len(found.ratios)
    words = [state.word for state in found.states]
    states = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    resolution = NOT_KNOWN
    if found.resolution is not None:
        resolution = f"differences of {units.share(found.resolution)} or more"
    others = NOT_KNOWN if found.others_cpus is None else units.significant(found.others_cpus, 2)
    return [
        ("Found in four of five runs", resolution),
        ("Identical pairs", str(pairs)),
        ("… called different", f"{found.different}, and should be none"),
        ("… interval without 1", f"{found.excluded}, and should be about {round(pairs / 20)}"),
        ("… cannot tell", str(found.count("cannot tell"))),
        ("Runs", states or NOT_KNOWN),
        ("CPUs others used", f"{others} at most"),
    ]


def advice(found: Validation) -> list[str]:
    """For each run that was worth less than it could be, why, and what to do."""
    sentences = []
    for number, run in enumerate(found.runs, 1):
        reasons = run.state.reasons if run.state else ()
        own = " ".join(f"{reason.text} {reason.advice}" for reason in reasons) or run.remark
        which = f"Run {number}: " if len(found.runs) > 1 else ""
        sentences += [f"{which}{own}"] if own else []
    return sentences


def to_rows(found: Validation) -> list[tuple[str, str]]:
    """Everything, for a terminal."""
    return [
        ("Can it be measured?", answer(found)),
        *counts(found),
        *(("", sentence) for sentence in advice(found)),
    ]


def to_json(found: Validation) -> dict[str, object]:
    """pairs, what was found of them and ratios: without those of the runs that were withheld."""
    return {
        "can_be_measured": found.can_be_measured,
        "withheld_runs": found.withheld,
        "pairs": len(found.ratios),
        "called_different": found.different,
        "interval_excludes_1": found.excluded,
        "cannot_tell": found.count("cannot tell"),
        "resolution": found.resolution,
        "states": [state.word for state in found.states],
        "others_cpus": found.others_cpus,
        "ratios": [asdict(ratio) for ratio in found.ratios],
    }
