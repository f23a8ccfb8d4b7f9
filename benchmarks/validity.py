"""Whether a run can be relied on, with the reasons and what to do about them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks import units
from benchmarks.engines import ENGINES
from benchmarks.preflight import MAX_PRESSURE
from benchmarks.results import Measurement, Run
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.statistics import Ratio
from benchmarks.timing.verdicts import verdict

Word = Literal["valid", "degraded", "invalid"]
DEGRADED_SHARE = 0.3  # of turns that something disturbed
INVALID_SHARE = 0.6
MIN_OTHERS_CPUS = 0.1  # less than that is what any system does by itself


@dataclass(frozen=True)
class Reason:
    """Why a run is worth less, and the way out; both are sentences for people."""

    word: Word
    text: str
    advice: str


@dataclass(frozen=True)
class State:
    word: Word
    reasons: tuple[Reason, ...] = ()


def state_of(run: Run) -> State | None:
    """What `run` is worth; None where it holds no proper measurement."""
    proper = [row for row in run.measurements if row.quality == "measured"]
    if not proper:
        return None
    found = [*_busy(run, proper), *_throttled(proper), *_untrusted(run), *_on_battery(run)]
    order: tuple[Word, ...] = ("invalid", "degraded")
    reasons = tuple(sorted(found, key=lambda reason: order.index(reason.word)))
    return State(reasons[0].word if reasons else "valid", reasons)


def busy_start(run: Run) -> str | None:
    """A sentence where the machine did not calm down before the turns; its turns tell the rest."""
    share = run.conditions.pressure_before
    if share is None or share <= MAX_PRESSURE:
        return None
    return f"When it began, programs had to wait for a CPU in {units.share(share)} of the time."


def null_ratio(run: Run, row: Measurement) -> Ratio | None:
    """The anchor's copy over the anchor, in the process of `row`; None if there is no copy."""
    for control in run.controls:
        if _process_of(control) == _process_of(row):
            original = next(
                (
                    one
                    for one in run.measurements
                    if (one.candidate, one.scenario) == (control.candidate, control.scenario)
                ),
                None,
            )
            return control.ratio_to(original) if original else None
    return None


def _process_of(row: Measurement) -> tuple[str, int]:
    """Engines of one runtime share a process. A snapshot may name an engine that is unknown."""
    engine = ENGINES.get(row.scenario.engine)
    return (engine.runtime if engine else row.scenario.engine, row.scenario.threads)


def _busy(run: Run, proper: list[Measurement]) -> list[Reason]:
    share = sum(len(row.disturbed) for row in proper) / sum(len(row.blocks) for row in proper)
    if share < DEGRADED_SHARE:
        return []
    others = run.conditions.others_cpus
    advice = (
        f"Other programs use {units.significant(others, 2)} CPUs: close them, or wait."
        if others is not None and others >= MIN_OTHERS_CPUS
        else "Wait until the machine is idle."
    )
    if any(row.scenario.threads >= run.machine.usable_cpus for row in proper):
        advice += " Or use fewer threads than there are CPUs, so that one is left for the system."
    return [
        Reason(
            "invalid" if share >= INVALID_SHARE else "degraded",
            f"Threads of the engine had to wait for a CPU in {units.share(share)} of the turns.",
            advice,
        )
    ]


def _throttled(proper: list[Measurement]) -> list[Reason]:
    count = sum(
        "throttled" in disturbances(block.signals) for row in proper for block in row.disturbed
    )
    if not count:
        return []
    return [
        Reason(
            "degraded",
            f"The container's CPU quota was used up in {count} turns.",
            "Choose fewer threads, or give the container more CPU.",
        )
    ]


def _untrusted(run: Run) -> list[Reason]:
    reasons = []
    first_of_each = {control.scenario: control for control in reversed(run.controls)}
    for control in first_of_each.values():
        ratio = null_ratio(run, control)
        if ratio is None or verdict(ratio) not in ("faster", "slower"):
            continue
        off = units.share(abs(ratio.value - 1))
        reasons.append(
            Reason(
                "degraded",
                f"Two copies of {control.candidate.label} differ by {off}, and should not. "
                "Differences less than twice as large are not believed.",
                "Measure again; if it stays so, choose a higher effort.",
            )
        )
    return reasons


def _on_battery(run: Run) -> list[Reason]:
    if not run.conditions.on_battery:
        return []
    return [
        Reason(
            "degraded",
            "The machine runs on its battery, which slows it down.",
            "Plug it in and measure again.",
        )
    ]
