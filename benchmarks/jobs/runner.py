"""Carries out one request from the queue to the last result. Blocks; knows no front end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.engines.session import EngineError
from benchmarks.jobs.machine_queue import MachineLock, Place, Ticket, lock_folder
from benchmarks.jobs.request import Request
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.machine import read_machine
from benchmarks.messages import (
    Cancel,
    Done,
    Event,
    Failed,
    Measure,
    NotPrepared,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Result,
    Task,
)
from benchmarks.prepared import folder_for, is_prepared
from benchmarks.results import Failure, Measurement, Run, Scenario
from benchmarks.timing.protocol import PLANS

POLL_QUEUE_S = 0.2
POLL_WORKER_S = 1.0
CANCEL_GRACE_S = 5.0


@dataclass(frozen=True)
class Waiting:
    """Somebody else measures; `place.ahead` of them."""

    place: Place


Update = Waiting | Progress | Measurement | Failure
Listener = Callable[[Update], None]


class Cancelled(Exception):
    """The person asked to stop; what was measured is kept."""


class Runner:
    """One supervisor: its workers, its hold on the machine. Use it from one thread.

    silence_limit_s: a worker that says nothing for so long is taken to hang, and is ended.
    """

    def __init__(self, *, silence_limit_s: float = 180.0) -> None:
        self._lock = MachineLock(lock_folder())
        self._warm: WorkerProcess | None = None
        self.silence_limit_s = silence_limit_s
        self._stop = threading.Event()
        self._asked_to_stop_at: float | None = None
        self._listening_to: WorkerProcess | None = None

    def run(self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event) -> Run:
        """Measure; report on the way. Failures of single networks are part of the result.

        stop: set it, from any thread, and the run ends at its next inference; `poke` makes that
        at once rather than within a second.
        """
        self._stop = stop
        self._asked_to_stop_at = None
        started_utc = datetime.now(UTC).isoformat(timespec="seconds")
        collected = _Collected(listen)
        cancelled = False
        try:
            if stop.wait(request.delay_s):
                raise Cancelled
            self._wait_for_machine(ticket, listen)
            try:
                parts = [(one, part) for one in request.scenarios for part in request.parts()]
                total = sum(len(part.candidates) for _, part in parts)
                for scenario, part in parts:
                    collected.share = len(part.candidates) / total
                    self._run_scenario(part, scenario, collected)
                    collected.done += collected.share
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
            measurements=tuple(collected.measurements.values()),
            failures=tuple(collected.failures),
            cancelled=cancelled,
        )

    def poke(self) -> None:
        """Let `run` look at its stop sign now; from any thread."""
        if (worker := self._listening_to) is not None:
            worker.wake()

    def close(self) -> None:
        """End the warm worker and let go of the machine."""
        if self._warm is not None:
            self._warm.kill()
            self._warm = None
        self._lock.close()

    def _wait_for_machine(self, ticket: Ticket, listen: Listener) -> None:
        told: Place | None = None
        while not self._stop.is_set():
            place = ticket.place()
            if place.ahead == 0 and self._lock.try_acquire():
                return
            if place != told:
                listen(Waiting(place))
                told = place
            self._stop.wait(POLL_QUEUE_S)
        raise Cancelled

    def _run_scenario(self, request: Request, scenario: Scenario, out: _Collected) -> None:
        needs_export = ENGINES[scenario.engine].needs_export
        tasks = [
            task
            for candidate in request.candidates
            if (task := self._task(candidate, scenario, request, out, needs_export)) is not None
        ]
        if not tasks:
            return
        measure = Measure(request.id, tuple(tasks), PLANS[request.preset], request.quality)
        try:
            if scenario.engine == "eager" and not request.fresh:
                self._converse(self._warm_worker(out), measure, out)
            else:
                self._measure_afresh(scenario, measure, out)
        except WorkerDied as death:
            out.fail_missing(tasks, str(death))

    def _task(
        self,
        candidate: Candidate,
        scenario: Scenario,
        request: Request,
        out: _Collected,
        needs_export: bool,
    ) -> Task | None:
        """What the worker is to do; None, with a failure noted, if it cannot be prepared."""
        if not needs_export:
            return Task(candidate, scenario)
        try:
            folder = folder_for(candidate, scenario.batch)
        except EngineError as error:
            out.fail(Failure(candidate, scenario, f"could not be exported: {error}"))
            return None
        seconds: float | None = None
        if not is_prepared(folder):
            out.report(Progress(f"Exporting {candidate.label}", 0.0))
            prepare = Prepare(request.id, candidate, scenario.batch, str(folder))
            try:
                answer = self._converse(self._warm_worker(out), prepare, out)
            except WorkerDied as death:
                answer = NotPrepared(str(death))
            if isinstance(answer, NotPrepared):
                out.fail(Failure(candidate, scenario, f"could not be exported: {answer.reason}"))
                return None
            seconds = answer.seconds if answer else None
        return Task(candidate, scenario, str(folder), seconds)

    def _warm_worker(self, out: _Collected) -> WorkerProcess:
        """The worker that is kept; where a cancel left it starting, it is waited for now."""
        if self._warm is None or not self._warm.is_alive():
            if self._warm is not None:
                self._warm.kill()
            self._warm = None
            self._warm = self._start(Scenario(), out)
        self._await_ready(self._warm)
        return self._warm

    def _measure_afresh(self, scenario: Scenario, measure: Measure, out: _Collected) -> None:
        worker = self._start(scenario, out)
        try:
            self._await_ready(worker)
            self._converse(worker, measure, out)
        finally:
            worker.kill()

    def _start(self, scenario: Scenario, out: _Collected) -> WorkerProcess:
        if self._stop.is_set():
            raise Cancelled
        out.report(Progress(f"Starting {ENGINES[scenario.engine].label}", 0.0))
        return WorkerProcess(
            scenario.engine, threads=scenario.threads, inherit=self._lock.descriptor
        )

    def _await_ready(self, worker: WorkerProcess) -> None:
        if worker.is_ready:
            return
        try:
            worker.is_ready = isinstance(self._next(worker), Ready)
        except WorkerDied:
            worker.kill()
            raise

    def _converse(
        self, worker: WorkerProcess, command: Measure | Prepare, out: _Collected
    ) -> Prepared | NotPrepared | None:
        """Send one command and pass on what comes back until it is done."""
        if self._stop.is_set():
            raise Cancelled
        answer: Prepared | NotPrepared | None = None
        done = False
        worker.send(command)
        try:
            while True:
                match self._next(worker, command.run_id):
                    case Done(cancelled):
                        done = True
                        if cancelled:
                            raise Cancelled
                        return answer
                    case Prepared() | NotPrepared() as answer:
                        pass
                    case Result(measurement):
                        out.add(measurement)
                    case Failed(failure):
                        out.fail(failure)
                    case Progress() as progress:
                        out.report(progress)
        finally:
            if not done:  # what it still had to say would be taken for an answer to the next
                worker.kill()

    def _next(self, worker: WorkerProcess, run_id: str | None = None) -> Event:
        """The worker's next event. Raises WorkerDied, also for one that hangs, and Cancelled.

        run_id: what the worker is to stop when somebody cancels; None while it only starts.
        """
        self._listening_to = worker  # before the stop sign is read, or a poke could be missed
        silent_since = time.monotonic()
        while True:
            if self._stop.is_set():
                self._ask_to_stop(worker, run_id)
            event = worker.next_event(POLL_WORKER_S)
            if event is not None:
                return event
            if time.monotonic() - silent_since > self.silence_limit_s:
                raise WorkerDied(
                    f"the worker process said nothing for {self.silence_limit_s:g} s "
                    "and was ended; try a smaller batch or another engine"
                )

    def _ask_to_stop(self, worker: WorkerProcess, run_id: str | None) -> None:
        """Ask once. Raises Cancelled where there is nobody to ask, or who was asked stays deaf."""
        now = time.monotonic()
        if run_id is not None and self._asked_to_stop_at is None:
            self._asked_to_stop_at = now
            worker.send(Cancel(run_id))
        if self._asked_to_stop_at is None or now - self._asked_to_stop_at > CANCEL_GRACE_S:
            raise Cancelled


class _Collected:
    """What has come in so far; each measurement replaces its own earlier parts."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self.done, self.share = 0.0, 1.0  # of the whole request: before this part, and this part
        self.measurements: dict[tuple[str, Scenario], Measurement] = {}
        self.failures: list[Failure] = []

    def add(self, measurement: Measurement) -> None:
        self.measurements[(measurement.candidate.key, measurement.scenario)] = measurement
        self._listen(measurement)

    def fail(self, failure: Failure) -> None:
        self.failures.append(failure)
        self._listen(failure)

    def report(self, progress: Progress) -> None:
        """Pass progress on, as a fraction of the whole request."""
        fraction = self.done + self.share * progress.fraction
        is_last = self.done + self.share > 0.999
        remaining_s = progress.remaining_s if is_last else None
        self._listen(replace(progress, fraction=fraction, remaining_s=remaining_s))

    def fail_missing(self, tasks: list[Task], reason: str) -> None:
        """Note a failure for each task without a proper result; first looks are kept."""
        failed = {(failure.candidate, failure.scenario) for failure in self.failures}
        for task in tasks:
            if (task.candidate, task.scenario) not in failed:
                self.fail(Failure(task.candidate, task.scenario, reason))
