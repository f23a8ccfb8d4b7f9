"""Can this machine be measured? Identical networks are timed in turns: they should not differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from statistics import median

from benchmarks import units
from benchmarks.api import carry_out, request_for
from benchmarks.jobs.request import scenarios_for
from benchmarks.jobs.updates import Update
from benchmarks.results import Run
from benchmarks.timing.protocol import Preset
from benchmarks.timing.statistics import Ratio
from benchmarks.timing.verdicts import Verdict, verdict
from benchmarks.validity import State, state_of
from mobilenet.config import MobileNetConfig

NETWORK = MobileNetConfig(0.5, 160)
NOT_KNOWN = "not known"
PAIRS_A_RUN = 3  # disjoint, so that one stray copy spoils one pair only


@dataclass(frozen=True)
class Validation:
    """What runs of identical networks have shown.

    ratios: of disjoint pairs. states: of the runs, as far as they were not cancelled.
    """

    ratios: tuple[Ratio, ...]
    states: tuple[State, ...]
    others_cpus: float | None

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
        """The smallest difference that it can tell: the median half-width, relative."""
        widths = [ratio.half_width for ratio in self.ratios if ratio.half_width is not None]
        return median(widths) if widths else None


def validate(
    listen: Callable[[Update], None],
    *,
    engine: str = "onnxruntime",
    threads: int = 1,
    runs: int = 4,
    preset: Preset = "standard",
) -> Validation:
    """Time several copies of 0.5-160, `runs` times; about half a minute a run.

    Raises ScenarioError as `measure` does, and KeyboardInterrupt after Ctrl-C.
    """
    done = []
    for _ in range(runs):
        scenarios = scenarios_for([engine], ["float32"], device="cpu", threads=threads, batch=1)
        request = request_for([NETWORK], scenarios, preset)
        request = replace(
            request, title="Can this machine be measured?", copies=2 * PAIRS_A_RUN - 1
        )
        done.append(carry_out(request, listen))
        if done[-1].cancelled:
            raise KeyboardInterrupt
    others = [run.conditions.others_cpus for run in done]
    return Validation(
        ratios=tuple(ratio for run in done for ratio in pair_ratios(run)),
        states=tuple(state for run in done if (state := state_of(run)) is not None),
        others_cpus=max((cpus for cpus in others if cpus is not None), default=None),
    )


def pair_ratios(run: Run) -> tuple[Ratio, ...]:
    """Of disjoint pairs among the first network of `run` and its copies."""
    arms = (*run.measurements[:1], *run.controls)
    found = (a.ratio_to(b) for a, b in zip(arms[::2], arms[1::2], strict=False))
    return tuple(ratio for ratio in found if ratio is not None)


def to_rows(found: Validation) -> list[tuple[str, str]]:
    """What a validation has shown, as rows of name and finding."""
    pairs = len(found.ratios)
    words = [state.word for state in found.states]
    states = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    can = "valid" in words
    resolution = NOT_KNOWN if found.resolution is None else f"± {units.share(found.resolution)}"
    others = NOT_KNOWN if found.others_cpus is None else units.significant(found.others_cpus, 2)
    reasons = dict.fromkeys(
        f"{reason.text} {reason.advice}" for state in found.states for reason in state.reasons
    )
    return [
        ("Can it be measured?", "yes" if can else "not now"),
        ("Differences it can tell", resolution),
        ("Identical pairs", str(pairs)),
        ("  called different", f"{found.different}, and should be none"),
        ("  interval without 1", f"{found.excluded}, and should be about {round(pairs / 20)}"),
        ("  cannot tell", str(found.count("cannot tell"))),
        ("Runs", states or NOT_KNOWN),
        ("CPUs others used", f"{others} at most"),
        *(("", reason) for reason in reasons),
    ]


def to_json(found: Validation) -> dict[str, object]:
    return {
        "pairs": len(found.ratios),
        "called_different": found.different,
        "interval_excludes_1": found.excluded,
        "cannot_tell": found.count("cannot tell"),
        "resolution": found.resolution,
        "states": [state.word for state in found.states],
        "others_cpus": found.others_cpus,
        "ratios": [asdict(ratio) for ratio in found.ratios],
    }
