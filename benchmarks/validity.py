"""Whether a run can be relied on, with the reasons and what to do about them. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from benchmarks import units
from benchmarks.engines import ENGINES
from benchmarks.preflight import MAX_PRESSURE
from benchmarks.results import Measurement, Run
from benchmarks.timing.contamination import Disturbance, disturbances
from benchmarks.timing.statistics import Ratio
from benchmarks.timing.verdicts import verdict

Word = Literal["valid", "degraded", "invalid"]
# Of turns that were disturbed. Recorded: idle up to 0.37 (eager PyTorch with all CPUs; an earlier
# recording has one stray set of 0.84), beside busy programs 0.91 and more.
DEGRADED_SHARE = 0.5
INVALID_SHARE = 0.75
MIN_OTHERS_CPUS = 0.1  # less than that is what any system does by itself
OF_CPU: tuple[Disturbance, ...] = ("waited", "paged", "throttled")
HELD_BACK: dict[Disturbance, tuple[str, str]] = {
    "overheated": (
        "The GPU was slowed down by heat",
        "Let it cool down, and see that air gets to it.",
    ),
    "braked": (
        "The GPU's hardware held its clock down",
        "See that its power supply gives what it needs, then measure again.",
    ),
    "capped": (
        "The GPU was slowed down by its power limit",
        "Choose a smaller batch, or raise the limit (nvidia-smi -pl), to see it at full speed.",
    ),
}


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
    found = [
        *_busy(run, proper),
        *_throttled(proper),
        *_held_back(proper),
        *_untrusted(run),
        *_on_battery(run),
    ]
    order: tuple[Word, ...] = ("invalid", "degraded")
    reasons = tuple(sorted(found, key=lambda reason: order.index(reason.word)))
    return State(reasons[0].word if reasons else "valid", reasons)


def busy_start(run: Run) -> str | None:
    """A sentence where the machine did not calm down before the turns; its turns tell the rest."""
    share = run.conditions.pressure_before
    if share is None or share <= MAX_PRESSURE:
        return None
    return f"When it began, programs had to wait for a CPU in {units.share(share)} of the time."


def shared_gpu(run: Run) -> str | None:
    """A sentence where other programs had the GPU open: they may have used it, nobody can tell."""
    seen = [
        block.signals.gpu.others
        for row in run.measurements
        for block in row.blocks
        if block.signals and block.signals.gpu and block.signals.gpu.others is not None
    ]
    most = max(seen, default=0)
    if not most:
        return None
    return (
        f"{units.counted(most, 'other program')} had the GPU open. Whether it was used cannot be "
        "told; to be sure, close what uses it."
    )


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
    share = _share(proper, OF_CPU)
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


def _held_back(proper: list[Measurement]) -> list[Reason]:
    """A power limit never makes a run invalid: under this load it is how fast the GPU is."""
    reasons = []
    for kind, (text, advice) in HELD_BACK.items():
        share = _share(proper, [kind])
        if share >= DEGRADED_SHARE:
            is_invalid = share >= INVALID_SHARE and kind != "capped"
            word: Word = "invalid" if is_invalid else "degraded"
            reasons.append(Reason(word, f"{text} in {units.share(share)} of the turns.", advice))
    return reasons


def _share(proper: list[Measurement], kinds: Collection[Disturbance]) -> float:
    """Of the turns: those that one of `kinds` disturbed."""
    blocks = [block for row in proper for block in row.blocks]
    hit = sum(not set(kinds).isdisjoint(disturbances(block.signals)) for block in blocks)
    return hit / len(blocks)


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
