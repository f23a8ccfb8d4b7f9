"""Choosing from code: learn a latency model here, propose, measure the proposals, answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks import units
from benchmarks.api import carry_out
from benchmarks.calibration import calibration_networks, space
from benchmarks.candidates import Candidate
from benchmarks.choosing import Budget, BudgetError, Option, Outlook, is_invalid, outlook, reliable
from benchmarks.choosing_text import about_accuracy, about_model, answer, doubt
from benchmarks.insight import scenario_label, way_label
from benchmarks.jobs.request import Request, check_scenario
from benchmarks.jobs.updates import Listener
from benchmarks.latency_model import LatencyModel, LatencyModelError, fit
from benchmarks.machine import read_machine
from benchmarks.progress import listening
from benchmarks.results import Run
from benchmarks.scenarios import Precision, Scenario
from benchmarks.setups import machine_key
from benchmarks.tables import describe_failure
from benchmarks.timing.protocol import Preset
from mobilenet.accuracy import DEFAULT_SOURCE

MAX_ROUNDS = 4  # of measuring what the model then thinks best


@dataclass(frozen=True)
class Chosen:
    """An answer, and all that it rests on. Prints as sentences.

    model: None where the calibration was interrupted. verified: the runs that measured proposals.
    """

    budget: Budget
    scenario: Scenario
    calibration: Run
    model: LatencyModel | None = None
    verified: tuple[Run, ...] = ()
    source: str = DEFAULT_SOURCE
    cancelled: bool = False

    @property
    def outlook(self) -> Outlook | None:
        if self.model is None:
            return None
        return outlook(self.model, reliable(self.verified), self.budget, source=self.source)

    @property
    def best(self) -> Candidate | None:
        """The most accurate that meets the budget, measured; None where none is known."""
        found = self.outlook
        return found.best.candidate if found is not None and found.best is not None else None

    def __repr__(self) -> str:
        return "\n".join(self.sentences())

    def sentences(self) -> Iterator[str]:
        found = self.outlook
        if found is None or self.model is None:
            yield "The calibration was interrupted: nothing can be predicted yet."
            return
        yield answer(found)
        yield from (doubt(one) for one in found.doubtful[:2])
        if self.verified and (reasons := why_invalid(self.verified[-1])) is not None:
            yield f"The last run of proposals is invalid and does not count. {reasons}"
        if self.cancelled:
            yield "It was interrupted."
        if (note := about_accuracy(self.scenario)) is not None:
            yield note
        yield f"{scenario_label(self.scenario)}. {about_model(self.model)}"


def choose(
    max_latency_s: float,
    max_size_bytes: int | None = None,
    *,
    engine: str = "eager",
    precision: Precision = "float32",
    device: str = "cpu",
    threads: int = 1,
    batch: int = 1,
    preset: Preset = "quick",
    source: str = DEFAULT_SOURCE,
    calibration: Run | None = None,
    listen: Listener | None = None,
) -> Chosen:
    """The most accurate MobileNet that meets a budget on this machine, shown by measuring it.

    max_latency_s: of the median inference, for the whole batch. max_size_bytes: of the weights in
        float32. source: whose accuracies are believed, see `mobilenet.accuracy`.
    calibration: a run of `MIN_NETWORKS` MobileNets or more in the same way, to learn from; None:
        some are timed first, in some 40 s, or a few where they have been exported before.

    An interrupt (Ctrl-C) gives back what is known until then, with `cancelled` set.

    Raises BudgetError, ScenarioError, or LatencyModelError where too little could be timed, or
    elsewhere.
    """
    budget = Budget(max_latency_s, max_size_bytes)
    scenario = Scenario(engine, device, precision, threads, batch)
    check_scenario(scenario)
    _check_size(budget)
    if calibration is not None and machine_key(calibration.machine) != machine_key(read_machine()):
        raise LatencyModelError(
            f"The calibration is of another machine, {calibration.machine.cpu}. Leave it out, and "
            "this machine is calibrated."
        )
    with listening(listen) as hear:
        learned = calibration or carry_out(calibration_request(scenario), hear)
        chosen = Chosen(budget, scenario, learned, source=source)
        if learned.cancelled and calibration is None:
            return replace(chosen, cancelled=True)
        chosen = replace(chosen, model=_learned(learned, scenario))
        tried: tuple[Option, ...] = ()
        for _ in range(MAX_ROUNDS):
            found = chosen.outlook
            if found is None or not found.shortlist or found.shortlist == tried:
                break  # the last run proved nothing, so the same would be proposed again
            tried = found.shortlist
            run = carry_out(verification_request(tried, scenario, preset), hear)
            chosen = replace(chosen, verified=(*chosen.verified, run), cancelled=run.cancelled)
            if run.cancelled or run.failures:
                break
        return chosen


def _check_size(budget: Budget) -> None:
    """Before anything is measured for it."""
    smallest = min((Candidate(config=one) for one in space()), key=lambda one: one.size_bytes)
    if budget.max_size_bytes is not None and budget.max_size_bytes < smallest.size_bytes:
        raise BudgetError(
            f"No network has at most {units.file_size(budget.max_size_bytes)}: the smallest, "
            f"{smallest.name}, has {units.file_size(smallest.size_bytes)}."
        )


def why_invalid(run: Run) -> str | None:
    """In words; None where it is not."""
    if run.state is None or not is_invalid(run):
        return None
    return " ".join(reason.text for reason in run.state.reasons)


def _learned(run: Run, scenario: Scenario) -> LatencyModel:
    try:
        return fit(run.measurements, scenario)
    except LatencyModelError as error:
        if run.failures:
            raise LatencyModelError(f"{error} {describe_failure(run.failures[0])}.") from error
        raise


def calibration_request(scenario: Scenario) -> Request:
    """Time what a latency model learns from: in turns, in one process, quickly."""
    networks = tuple(Candidate(config=config) for config in calibration_networks())
    return Request(
        title=f"Calibrate with {len(networks)} networks in {way_label(scenario)}",
        candidates=networks,
        scenarios=(scenario,),
        preset="quick",
        quality="preliminary",
    )


def verification_request(
    proposals: tuple[Option, ...], scenario: Scenario, preset: Preset
) -> Request:
    """Measure what was proposed, in turns, in fresh processes."""
    return Request(
        title=f"Measure {units.counted(len(proposals), 'proposal')} in {way_label(scenario)}",
        candidates=tuple(one.candidate for one in proposals),
        scenarios=(scenario,),
        preset=preset,
        quality="measured",
        fresh=True,
    )
