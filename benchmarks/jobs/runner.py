"""Carries out one request from the queue to the last result. Blocks; knows no front end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.jobs import dissecting, weighing
from benchmarks.jobs.aside import folder_aside
from benchmarks.jobs.calm import WAITING, wait_until_calm
from benchmarks.jobs.collected import Collected
from benchmarks.jobs.conversation import Cancelled, Conversation
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder, take_machine
from benchmarks.jobs.preparing import prepared_task
from benchmarks.jobs.replicate import Runtime
from benchmarks.jobs.replication import Replication
from benchmarks.jobs.request import Request
from benchmarks.jobs.updates import Listener, Waiting
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.machine import read_machine, read_pressure, read_state
from benchmarks.messages import Measure, Progress, Task
from benchmarks.prepared import Form
from benchmarks.results import Conditions, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import PLANS


class Runner:
    """One supervisor: its workers, its hold on the machine. Use it from one thread.

    silence_limit_s: a worker that says nothing for so long is taken to hang, and is ended.
    """

    def __init__(self, *, silence_limit_s: float = 180.0) -> None:
        self._lock = MachineLock(lock_folder())
        self._warm: WorkerProcess | None = None
        self._talk = Conversation(threading.Event(), silence_limit_s)
        self._payloads: Mapping[str, bytes] = {}
        self._aside: Path | None = None  # where somebody's own networks are exported

    def run(self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event) -> Run:
        """Measure; report on the way. Failures of single networks are part of the result.

        stop: set it, from any thread, and the run ends at its next inference; `poke` makes that
        at once rather than within a second.
        """
        return self.run_both(request, ticket, listen, stop)[0]

    def run_both(
        self, request: Request, ticket: Ticket, listen: Listener, stop: threading.Event
    ) -> tuple[Run, Run]:
        """`run`, and beside it what the environment of `request.against` had in the same turns.

        Both have one id, so their measurements can be paired. The machine of the second names this
        environment's software: whoever knows the other puts that in its place.
        """
        self._talk = Conversation(stop, self._talk.silence_limit_s)
        started_utc = datetime.now(UTC).isoformat(timespec="seconds")
        state = read_state()
        out = Collected(listen)
        cancelled = False
        try:
            if stop.wait(request.delay_s):
                raise Cancelled
            self._wait_for_machine(ticket, listen)
            try:
                with self._holding(request.payloads):
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
        ours = Run(
            id=request.id,
            started_utc=started_utc,
            machine=read_machine(),
            measurements=tuple(out.measurements.values()),
            failures=tuple(out.failures),
            cancelled=cancelled,
            controls=out.controls,
            conditions=Conditions(
                out.others_cpus, state.on_battery, state.governor, out.pressure_before
            ),
            ceilings=out.ceilings,
        )
        return ours, replace(ours, measurements=out.against, controls=out.against_controls)

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
        self._end_warm()
        self._lock.close()

    @contextmanager
    def _holding(self, payloads: Mapping[str, bytes]) -> Iterator[None]:
        """While this lasts, workers are given these own networks of somebody's; none keeps any."""
        if not payloads:
            yield
            return
        self._end_warm()  # it was given nothing
        with folder_aside() as folder:
            self._payloads, self._aside = payloads, folder
            try:
                yield
            finally:
                self._payloads, self._aside = {}, None
                self._end_warm()

    def _wait_for_machine(self, ticket: Ticket, listen: Listener) -> None:
        if not take_machine(
            ticket, self._lock, self._talk.stop, lambda place: listen(Waiting(place))
        ):
            raise Cancelled

    def _measure_warm(self, request: Request, out: Collected) -> None:
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
        self, request: Request, run_id: str, scenario: Scenario, out: Collected
    ) -> None:
        tasks = self._tasks(request, scenario, out)
        if not tasks:
            return
        measure = Measure(run_id, tasks, PLANS[request.preset], request.quality)
        try:
            if ENGINES[scenario.engine].runtime == "torch":
                self._talk.ask(self._warm_worker(out), measure, out.take)
                return
            worker = self._start(Runtime(scenario.engine, scenario.threads), out)
            try:
                self._talk.await_ready(worker)
                self._talk.ask(worker, measure, out.take)
            finally:
                worker.kill()
        except WorkerDied as death:
            out.fail_missing(tasks, str(death))

    def _measure_afresh(self, request: Request, out: Collected) -> None:
        """In sets of fresh workers, until it is known well enough or the time is up."""
        tasks = [
            task for scenario in request.scenarios for task in self._tasks(request, scenario, out)
        ]
        if not tasks:
            return
        if request.against is not None:
            tasks += [replace(task, python=request.against) for task in tasks]
        if request.quality == "measured":
            out.pressure_before = wait_until_calm(
                read_pressure, self._pause, lambda: out.report(Progress(WAITING, 0.0))
            )
        besides = weighing.SHARE * request.memory + dissecting.SHARE * bool(request.layers)
        out.first_part(1 - besides)
        replication = Replication(request, tasks, self._talk, out)
        replication.run(lambda runtime: self._start(runtime, out))
        if request.memory:
            weighing.weigh_all(
                request.id,
                tasks,
                self._talk,
                out,
                start=lambda runtime: self._start(runtime, out),
                task_for=lambda one, scenario, aside: self._task(request.id, one, scenario, aside),
            )
        if request.layers:
            dissecting.dissect_all(
                request.id,
                [task for task in tasks if task.candidate in request.layers],
                self._talk,
                out,
                start=lambda runtime: self._start(runtime, out),
            )

    def _pause(self, seconds: float) -> None:
        self._talk.stop.wait(seconds)
        self._talk.check()

    def _tasks(self, request: Request, scenario: Scenario, out: Collected) -> tuple[Task, ...]:
        tasks = (self._task(request.id, one, scenario, out) for one in request.candidates)
        return tuple(task for task in tasks if task is not None)

    def _task(
        self, run_id: str, candidate: Candidate, scenario: Scenario, out: Collected
    ) -> Task | None:
        def writer(form: Form) -> AbstractContextManager[WorkerProcess]:
            return self._writer(form, out)

        return prepared_task(run_id, candidate, scenario, writer, self._talk, out, self._aside)

    @contextmanager
    def _writer(self, form: Form, out: Collected) -> Iterator[WorkerProcess]:
        """The warm worker, or one of its own for what would leave threads and memory behind."""
        if form.is_plain:
            yield self._warm_worker(out)
            return
        worker = self._start(Runtime("eager", 1), out)
        try:
            self._talk.await_ready(worker)
            yield worker
        finally:
            worker.kill()

    def _warm_worker(self, out: Collected) -> WorkerProcess:
        """The worker that is kept; where a cancel left it starting, it is waited for now."""
        if self._warm is None or not self._warm.is_alive():
            self._end_warm()
            self._warm = self._start(Runtime("eager", 1), out)
        self._talk.await_ready(self._warm)
        return self._warm

    def _end_warm(self) -> None:
        if self._warm is not None:
            self._warm.kill()
            self._warm = None

    def _start(self, runtime: Runtime, out: Collected) -> WorkerProcess:
        self._talk.check()
        # Only PyTorch builds networks; the others load what it has written.
        builds = ENGINES[runtime.engine].runtime == "torch" and runtime.python is None
        out.report(Progress(f"Starting {ENGINES[runtime.engine].label}", 0.0))
        return WorkerProcess(
            runtime.engine,
            threads=runtime.threads,
            inherit=self._lock.descriptor,
            python=runtime.python,
            payloads=self._payloads if builds else None,
            aside=self._aside,
        )
