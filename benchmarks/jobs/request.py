"""What is to be measured, checked before anything starts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.machine import read_machine, read_state
from benchmarks.results import Quality
from benchmarks.scenarios import PRECISIONS, Scenario, ScenarioError
from benchmarks.timing.protocol import Effort, Preset
from benchmarks.usage import can_measure_peak

MAX_CANDIDATES = 500
OF_THIS_PYTHON = (
    "is a module of this Python, which another cannot read. Leave it out, or call "
    "benchmarks.measure in each of the two environments."
)
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
    memory: find out besides, after the timing, what memory each takes; only where `fresh`.
    layers: those of them, MobileNets, that are also timed layer by layer, after all else; only
        where `fresh`.
    lead: those of them that are timed first and by themselves, to have something to show soon.
    effort: instead of what the preset stands for.
    against: the interpreter of another environment, in which all of it is timed as well, in turns.
    payloads: somebody's own networks, pickled, by the keys of their candidates.
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
    memory: bool = False
    layers: tuple[Candidate, ...] = ()
    lead: tuple[Candidate, ...] = ()
    effort: Effort | None = None
    against: str | None = None
    payloads: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        """Raises ScenarioError for what this machine cannot run."""
        if not 1 <= len(self.candidates) <= MAX_CANDIDATES:
            raise ScenarioError(
                f"{len(self.candidates)} networks were asked for. Choose 1 to {MAX_CANDIDATES}."
            )
        if not self.scenarios:
            raise ScenarioError(f"No engine was chosen. Choose from: {', '.join(ENGINES)}.")
        if self.memory and not can_measure_peak():
            raise ScenarioError(
                "Peak memory can be measured on Linux only, where /proc/self/clear_refs may be "
                "written. Leave memory out."
            )
        self._check_layers()
        for one in self.candidates:
            self._check_own(one)
        for scenario in self.scenarios:
            check_scenario(scenario)
            _check_exportable(self.candidates, scenario)
            _check_memory_of(self.candidates, scenario)

    def _check_layers(self) -> None:
        for one in self.layers:
            if one not in self.candidates or one.config is None:
                raise ScenarioError(
                    f"{one.name} cannot be timed layer by layer. Choose MobileNets of the request."
                )
        if self.layers and self.against is not None:
            raise ScenarioError(
                "Layers are timed in one environment only. Leave layers out, or call "
                "benchmarks.measure in each of the two."
            )

    def _check_own(self, one: Candidate) -> None:
        if one.own is None:
            return
        if self.against is not None:
            raise ScenarioError(f"{one.name} {OF_THIS_PYTHON}")
        if one.key not in self.payloads:
            raise ScenarioError(
                f"{one.name} is somebody's own network, and only who has its module can time it: "
                "give that to benchmarks.measure."
            )

    def parts(self) -> tuple[Request, ...]:
        """What is timed one after the other; networks can be paired within a part."""
        whole = replace(self, lead=())
        if not self.lead:
            return (whole,)
        return replace(whole, candidates=self.lead, id=f"{self.id}-lead"), whole


def scenarios_for(
    engines: Iterable[str],
    precisions: Iterable[str],
    *,
    device: str,
    threads: int,
    batch: int,
) -> tuple[Scenario, ...]:
    """Each engine in each of the precisions that it offers.

    Raises ScenarioError for an engine that offers none of them, and for what is not known.
    """
    wanted = tuple(dict.fromkeys(precisions))
    if unknown := [name for name in wanted if name not in PRECISIONS]:
        raise ScenarioError(
            f"Precision {unknown[0]!r} is not known. Choose from: {', '.join(PRECISIONS)}."
        )
    found: list[Scenario] = []
    for engine in dict.fromkeys(engines):
        _check_engine(engine)
        own = [one for one in ENGINES[engine].precisions if one in wanted]
        if not own:
            raise ScenarioError(
                f"{ENGINES[engine].label} offers none of: {', '.join(wanted)}. "
                f"Choose from: {', '.join(ENGINES[engine].precisions)}."
            )
        found += [Scenario(engine, device, precision, threads, batch) for precision in own]
    return tuple(found)


def _check_engine(name: str) -> None:
    if name not in ENGINES:
        raise ScenarioError(f"Engine {name!r} is not known. Choose from: {', '.join(ENGINES)}.")


def check_scenario(scenario: Scenario) -> None:
    """Raises ScenarioError if the engine is unknown or this machine has too few CPUs."""
    _check_engine(scenario.engine)
    if scenario.precision not in ENGINES[scenario.engine].precisions:
        raise ScenarioError(
            f"{ENGINES[scenario.engine].label} is not timed in {scenario.precision}. "
            f"Choose from: {', '.join(ENGINES[scenario.engine].precisions)}."
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
    # Of somebody's own network it is not known: that it does not fit shows when it is tried.
    image_bytes = _ACTIVATION_COPIES * together(
        one.peak_activation_bytes or 0 for one in candidates
    )
    needed_bytes = weights_bytes + scenario.batch * image_bytes
    free_bytes = read_state().memory_available_bytes
    if needed_bytes > free_bytes:
        name = candidates[0].name if len(candidates) == 1 else f"{len(candidates)} networks"
        fits = (free_bytes - weights_bytes) // image_bytes if image_bytes else 0
        raise ScenarioError(
            f"Batch {scenario.batch} of {name} needs about {units.gigabytes(needed_bytes)}, and "
            f"{units.gigabytes(free_bytes)} are free. "
            + (f"Choose a batch of at most {fits}." if fits > 0 else "Choose smaller networks.")
        )


def can_run(candidate: Candidate, scenario: Scenario) -> bool:
    """Whether the engine can take this network at all: a detector whose boxes or regions are as
    many as it finds cannot be exported."""
    exported = ENGINES[scenario.engine].export is not None and scenario.device == "cpu"
    detector = candidate.detector
    return detector is None or detector.is_fixed or not exported


def _check_exportable(candidates: tuple[Candidate, ...], scenario: Scenario) -> None:
    for one in candidates:
        if not can_run(one, scenario):
            raise ScenarioError(
                f"{one.label} cannot be exported for {ENGINES[scenario.engine].label}: it makes as "
                "many boxes as it finds. Choose eager or channels_last, or SSD without boxes."
            )


def preview_scenario(scenario: Scenario) -> Scenario:
    """Previews run eagerly and in float32, in the worker that is already warm."""
    return replace(scenario, engine="eager", precision="float32")
