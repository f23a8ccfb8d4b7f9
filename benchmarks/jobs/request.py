"""What is to be measured, checked before anything starts."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.machine import read_machine, read_state
from benchmarks.results import Quality, Scenario, ScenarioError
from benchmarks.timing.protocol import Preset

MAX_CANDIDATES = 500
_WEIGHT_COPIES = 3  # as loaded, as the runtime wants them, and one on the way between
_ACTIVATION_COPIES = 3  # eager PyTorch holds input, output and a temporary of the largest layer


@dataclass(frozen=True)
class Request:
    """Time these networks in each of these scenarios.

    fresh: in worker processes of their own, as a proper measurement wants; otherwise eager
        networks go to the worker that is kept warm.
    owner: whose preview this is; a newer preview of the same owner replaces it.
    delay_s: before it starts; whoever moves on in that time has not disturbed the page.
    background: nobody asked for it, so how it ended is no news.
    copies: of the first network, the anchor, where a proper measurement takes several workers.
    lead: those of them that are timed first and by themselves, to have something to show soon.
    """

    title: str
    candidates: tuple[Candidate, ...]
    scenarios: tuple[Scenario, ...]
    preset: Preset
    quality: Quality
    fresh: bool = False
    owner: str = ""
    delay_s: float = 0.0
    background: bool = False
    copies: int = 1
    lead: tuple[Candidate, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        """Raises ScenarioError for what this machine cannot run."""
        if not 1 <= len(self.candidates) <= MAX_CANDIDATES:
            raise ScenarioError(
                f"{len(self.candidates)} networks were asked for. Choose 1 to {MAX_CANDIDATES}."
            )
        if not self.scenarios:
            raise ScenarioError(f"No engine was chosen. Choose from: {', '.join(ENGINES)}.")
        for scenario in self.scenarios:
            check_scenario(scenario)
            _check_memory_of(self.candidates, scenario)

    def parts(self) -> tuple[Request, ...]:
        """What is timed one after the other; networks can be paired within a part."""
        whole = replace(self, lead=())
        if not self.lead:
            return (whole,)
        return replace(whole, candidates=self.lead, id=f"{self.id}-lead"), whole


def check_scenario(scenario: Scenario) -> None:
    """Raises ScenarioError if the engine is unknown or this machine has too few CPUs."""
    if scenario.engine not in ENGINES:
        raise ScenarioError(
            f"Engine {scenario.engine!r} is not known. Choose from: {', '.join(ENGINES)}."
        )
    usable = read_machine().usable_cpus
    if scenario.threads > usable:
        raise ScenarioError(
            f"{scenario.threads} threads were asked for, but {usable} CPUs are usable here. "
            f"Choose 1 to {usable}."
        )


def check_memory(candidate: Candidate, scenario: Scenario) -> None:
    """Raises ScenarioError if the batch cannot fit into the memory that is free now."""
    _check_memory_of((candidate,), scenario)


def _check_memory_of(candidates: tuple[Candidate, ...], scenario: Scenario) -> None:
    """Raises ScenarioError if these networks, all loaded, cannot fit into the memory free now."""
    if scenario.device != "cpu":
        return  # the device itself says so
    # Runtimes that load files keep what each network works with; eager PyTorch gives it back.
    together = sum if ENGINES[scenario.engine].export else max
    sizes = [candidate.size_bytes for candidate in candidates]
    weights_bytes = sum(sizes) + (_WEIGHT_COPIES - 1) * together(sizes)
    image_bytes = _ACTIVATION_COPIES * together(one.peak_activation_bytes for one in candidates)
    needed_bytes = weights_bytes + scenario.batch * image_bytes
    free_bytes = read_state().memory_available_bytes
    if needed_bytes > free_bytes:
        name = candidates[0].name if len(candidates) == 1 else f"{len(candidates)} networks"
        fits = (free_bytes - weights_bytes) // image_bytes
        raise ScenarioError(
            f"Batch {scenario.batch} of {name} needs about {units.gigabytes(needed_bytes)}, and "
            f"{units.gigabytes(free_bytes)} are free. "
            + (f"Choose a batch of at most {fits}." if fits > 0 else "Choose smaller networks.")
        )


def preview_scenario(scenario: Scenario) -> Scenario:
    """Previews run eagerly, in the worker that is already warm."""
    return replace(scenario, engine="eager")
