"""Carries out one request from the queue to the last result. Blocks; knows no front end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.engines.session import EngineError
from benchmarks.jobs.conversation import Cancelled, Conversation
from benchmarks.jobs.machine_queue import MachineLock, Place, Ticket, lock_folder
from benchmarks.jobs.replicate import Replicate, Start
from benchmarks.jobs.request import Request
from benchmarks.jobs.tally import Tally
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.machine import read_machine, read_state
from benchmarks.messages import (
    Event,
    Failed,
    Loaded,
    Measure,
    NotPrepared,
    Prepare,
    Prepared,
    Progress,
    Result,
    Task,
    Turned,
)
from benchmarks.prepared import folder_for, is_prepared
from benchmarks.results import Conditions, Failure, Measurement, Quality, Run, Scenario
from benchmarks.timing.protocol import EFFORTS, PLANS, Effort, is_enough
from benchmarks.timing.statistics import Ratio

POLL_QUEUE_S = 0.2


@dataclass(frozen=True)
class Waiting:
    """Somebody else measures; `place.ahead` of them."""

    place: Place


Update = Waiting | Progress | Measurement | Failure
Listener = Callable[[Update], None]


class Runner:
    """One supervisor: its workers, its hold on the machine. Use it from one thread.

    silence_limit_s: a worker that says nothing for so long is taken to hang, and is ended.
    """

    def __init__(self, *, silence_limit_s: float = 180.0) -> None:
        self._lock = MachineLock(lock_folder())
        self._warm: WorkerProcess | None = None
        self._talk = Conversation(threading.Event(), silence_limit_s)

    def run(self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event) -> Run:
        """Measure; report on the way. Failures of single networks are part of the result.

        stop: set it, from any thread, and the run ends at its next inference; `poke` makes that
        at once rather than within a second.
        """
        self._talk = Conversation(stop, self._talk.silence_limit_s)
        started_utc = datetime.now(UTC).isoformat(timespec="seconds")
        state = read_state()
        out = _Collected(listen)
        cancelled = False
        try:
            if stop.wait(request.delay_s):
                raise Cancelled
            self._wait_for_machine(ticket, listen)
            try:
                if request.fresh:
                    self._measure_afresh(request, out)
                else:
                    self._measure_warm(request, out)
            finally:
                self._lock.release()
        except Cancelled:
            cancelled = True
        finally:
            ticket.leave()
        return Run(
            id=request.id,
            started_utc=started_utc,
            machine=read_machine(),
            measurements=tuple(out.measurements.values()),
            failures=tuple(out.failures),
            cancelled=cancelled,
            controls=out.controls,
            conditions=Conditions(out.others_cpus, state.on_battery, state.governor),
        )

    @property
    def silence_limit_s(self) -> float:
        return self._talk.silence_limit_s

    @silence_limit_s.setter
    def silence_limit_s(self, seconds: float) -> None:
        self._talk.silence_limit_s = seconds

    def poke(self) -> None:
        """Let `run` look at its stop sign now; from any thread."""
        self._talk.poke()

    def close(self) -> None:
        """End the warm worker and let go of the machine."""
        if self._warm is not None:
            self._warm.kill()
            self._warm = None
        self._lock.close()

    def _wait_for_machine(self, ticket: Ticket, listen: Listener) -> None:
        told: Place | None = None
        while not self._talk.stop.is_set():
            place = ticket.place()
            if place.ahead == 0 and self._lock.try_acquire():
                return
            if place != told:
                listen(Waiting(place))
                told = place
            self._talk.stop.wait(POLL_QUEUE_S)
        raise Cancelled

    def _measure_warm(self, request: Request, out: _Collected) -> None:
        """In the worker that is kept where that can be: soon there, and marked for it."""
        parts = [(one, part) for one in request.scenarios for part in request.parts()]
        total = sum(len(part.candidates) for _, part in parts)
        for number, (scenario, part) in enumerate(parts):
            out.share = len(part.candidates) / total
            # Scenarios one after the other cannot be paired: each has a run of its own.
            run_id = part.id if len(request.scenarios) == 1 else f"{part.id}-{number}"
            out.knows_rest = number == len(parts) - 1
            self._measure_part(part, run_id, scenario, out)
            out.done += out.share

    def _measure_part(
        self, request: Request, run_id: str, scenario: Scenario, out: _Collected
    ) -> None:
        tasks = self._tasks(request, scenario, out)
        if not tasks:
            return
        measure = Measure(run_id, tasks, PLANS[request.preset], request.quality)
        try:
            if scenario.engine == "eager":
                self._talk.ask(self._warm_worker(out), measure, out.take)
                return
            worker = self._start(scenario, out)
            try:
                self._talk.await_ready(worker)
                self._talk.ask(worker, measure, out.take)
            finally:
                worker.kill()
        except WorkerDied as death:
            out.fail_missing(tasks, str(death))

    def _measure_afresh(self, request: Request, out: _Collected) -> None:
        """In sets of fresh workers, until it is known well enough or the time is up."""
        anchor = request.anchor or request.candidates[0]
        tasks = {
            scenario: found
            for scenario in request.scenarios
            if (found := self._tasks(request, scenario, out))
        }
        if EFFORTS[request.preset].has_control:
            tasks = {
                scenario: _with_controls(own, anchor, request.copies)
                for scenario, own in tasks.items()
            }
        replicates = _Replicates(request, tasks, anchor, self._talk, out)
        replicates.run(lambda scenario: self._start(scenario, out))

    def _tasks(self, request: Request, scenario: Scenario, out: _Collected) -> tuple[Task, ...]:
        return tuple(
            task
            for candidate in request.candidates
            if (task := self._task(candidate, scenario, request, out)) is not None
        )

    def _task(
        self, candidate: Candidate, scenario: Scenario, request: Request, out: _Collected
    ) -> Task | None:
        """What the worker is to do; None, with a failure noted, if it cannot be prepared."""
        if not ENGINES[scenario.engine].needs_export:
            return Task(candidate, scenario)
        try:
            folder = folder_for(candidate, scenario.batch)
        except EngineError as error:
            out.fail(Failure(candidate, scenario, f"could not be exported: {error}"))
            return None
        answer: Prepared | NotPrepared | None = None

        def hear(event: Event) -> None:
            nonlocal answer
            if isinstance(event, Prepared | NotPrepared):
                answer = event

        if not is_prepared(folder):
            out.report(Progress(f"Exporting {candidate.label}", 0.0))
            prepare = Prepare(request.id, candidate, scenario.batch, str(folder))
            try:
                self._talk.ask(self._warm_worker(out), prepare, hear)
            except WorkerDied as death:
                answer = NotPrepared(str(death))
        if isinstance(answer, NotPrepared):
            out.fail(Failure(candidate, scenario, f"could not be exported: {answer.reason}"))
            return None
        return Task(candidate, scenario, str(folder), answer.seconds if answer else None)

    def _warm_worker(self, out: _Collected) -> WorkerProcess:
        """The worker that is kept; where a cancel left it starting, it is waited for now."""
        if self._warm is None or not self._warm.is_alive():
            if self._warm is not None:
                self._warm.kill()
            self._warm = None
            self._warm = self._start(Scenario(), out)
        self._talk.await_ready(self._warm)
        return self._warm

    def _start(self, scenario: Scenario, out: _Collected) -> WorkerProcess:
        self._talk.check()
        out.report(Progress(f"Starting {ENGINES[scenario.engine].label}", 0.0))
        return WorkerProcess(
            scenario.engine, threads=scenario.threads, inherit=self._lock.descriptor
        )


def _with_controls(tasks: tuple[Task, ...], anchor: Candidate, copies: int) -> tuple[Task, ...]:
    """With further copies of the anchor, or of the first network where the anchor failed."""
    own = next((task for task in tasks if task.candidate == anchor), tasks[0])
    return (*tasks, *(replace(own, copy=number) for number in range(1, copies + 1)))


class _Replicates:
    """The sets of fresh workers of one request, and what they bring in."""

    def __init__(
        self,
        request: Request,
        tasks: dict[Scenario, tuple[Task, ...]],
        anchor: Candidate,
        talk: Conversation,
        out: _Collected,
    ) -> None:
        self._request = request
        self._tasks = tasks
        self._anchor = anchor
        self._talk = talk
        self._out = out
        self._tally = Tally(request.id)
        self._number = 0
        self._rest_s: float | None = None  # what the workers after this one will take
        self._name = ""

    def run(self, start: Start) -> None:
        effort = EFFORTS[self._request.preset]
        began = time.monotonic()
        for number in count():
            self._begin_worker(number, effort, time.monotonic() - began)
            replicate = Replicate(
                number,
                self._request.id,
                self._tasks,
                self._anchor.key,
                PLANS[self._request.preset],
                self._talk,
                self._hear,
                self._report,
            )
            try:
                replicate.run(start)
            finally:
                # Only now: a page that draws what has come in would disturb the turns.
                self._out.note_others(replicate.others_cpus)
                self._show("preview")
            self._leave_out_failed()
            spent_s = time.monotonic() - began
            if not self._tasks or is_enough(self._ratios(), effort, number + 1, spent_s):
                break
        self._show(self._request.quality)

    def _begin_worker(self, number: int, effort: Effort, spent_s: float) -> None:
        self._number = number
        share = 1 / max(effort.min_workers, number + 1)
        self._out.done, self._out.share = number * share, share
        more = effort.min_workers - number - 1  # after this one
        # How long one takes is known once one has run; those beyond the least cannot be told.
        self._rest_s = None if number == 0 and more else max(0, more) * spent_s / max(1, number)
        self._name = f"Process {number + 1} of {effort.min_workers}"
        if number >= effort.min_workers:
            self._name = f"Process {number + 1}, until ± {units.share(effort.half_width)}"

    def _report(self, progress: Progress) -> None:
        left_s = progress.remaining_s
        if left_s is not None:
            left_s = None if self._rest_s is None else left_s + self._rest_s
        self._out.report(
            replace(progress, phase=f"{self._name}: {progress.phase}", remaining_s=left_s)
        )

    def _hear(self, task: Task, what: Loaded | Turned | str) -> None:
        match what:
            case Loaded():
                self._tally.loaded(task, what)
                if self._number == 0:
                    self._show("preview")
            case Turned(_, block):
                self._tally.turned(task, block)
            case str() as reason:
                self._out.fail(Failure(task.candidate, task.scenario, reason))

    def _show(self, quality: Quality) -> None:
        every = [task for own in self._tasks.values() for task in own]
        for measurement in self._tally.measurements(
            (task for task in every if not task.copy), quality
        ):
            self._out.add(measurement)
        self._out.controls = self._tally.measurements(
            (task for task in every if task.copy), quality
        )

    def _leave_out_failed(self) -> None:
        """What failed once is not tried again: it would fail in each of the workers."""
        self._tasks = {
            scenario: left
            for scenario, own in self._tasks.items()
            if (left := tuple(task for task in own if not self._out.has_failed(task)))
        }

    def _ratios(self) -> list[Ratio | None]:
        """Of all to the first; a run is precise enough when these are."""
        every = [task for own in self._tasks.values() for task in own]
        first, *others = self._tally.measurements(every, self._request.quality)
        return [other.ratio_to(first) for other in others]


class _Collected:
    """What has come in so far; each measurement replaces its own earlier parts."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self.done, self.share = 0.0, 1.0  # of the whole request: before this part, and this part
        self.knows_rest = True  # whether nothing comes after what is under way
        self.measurements: dict[tuple[str, Scenario], Measurement] = {}
        self.failures: list[Failure] = []
        self.controls: tuple[Measurement, ...] = ()
        self.others_cpus: float | None = None  # the most of any replicate

    def take(self, event: Event) -> None:
        """What a worker says of itself."""
        match event:
            case Result(measurement):
                self.add(measurement)
            case Failed(failure):
                self.fail(failure)
            case Progress():
                left_s = event.remaining_s if self.knows_rest else None
                self.report(replace(event, remaining_s=left_s))

    def note_others(self, cpus: float | None) -> None:
        if cpus is not None:
            self.others_cpus = max(cpus, self.others_cpus or 0.0)

    def has_failed(self, task: Task) -> bool:
        return self._is_noted(task.candidate, task.scenario)

    def add(self, measurement: Measurement) -> None:
        self.measurements[(measurement.candidate.key, measurement.scenario)] = measurement
        self._listen(measurement)

    def fail(self, failure: Failure) -> None:
        """The first reason counts: what comes after it is its consequence."""
        if self._is_noted(failure.candidate, failure.scenario):
            return
        self.failures.append(failure)
        self._listen(failure)

    def _is_noted(self, candidate: Candidate, scenario: Scenario) -> bool:
        return any((one.candidate, one.scenario) == (candidate, scenario) for one in self.failures)

    def report(self, progress: Progress) -> None:
        """Pass progress on, as a fraction of the whole request."""
        self._listen(replace(progress, fraction=self.done + self.share * progress.fraction))

    def fail_missing(self, tasks: Iterable[Task], reason: str) -> None:
        """Note a failure for each task without a proper result; first looks are kept."""
        for task in tasks:
            self.fail(Failure(task.candidate, task.scenario, reason))
