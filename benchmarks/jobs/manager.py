"""The dashboard's queue: jobs of all tabs, one thread that runs them, and what they found.

Timing, training and scoring stand in one queue: none may disturb another.
"""

from __future__ import annotations

import threading
import traceback
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.collection import Collection
from benchmarks.jobs.conversation import Cancelled
from benchmarks.jobs.learning import Asking, Recognising, Scoring, Teaching, Training
from benchmarks.jobs.machine_queue import Ticket, lock_folder
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.trainer import ExaminationError, Trainer
from benchmarks.jobs.updates import Learned, Listener, Update, Waiting
from benchmarks.messages import Progress
from benchmarks.results import Failure, Measurement, Run
from benchmarks.training.order import Recognised
from benchmarks.training.tasks.order import TaskAnswer

State = Literal["queued", "running", "done", "cancelled", "replaced"]
KEPT_JOBS = 20
Task = Request | Training | Scoring | Recognising | Teaching | Asking


@dataclass(frozen=True)
class JobView:
    """A job as the page shows it.

    ahead: measurements that come first, on the whole machine; first: what the first of them does.
    remaining_s: None while it cannot be told. recognised: what networks took a photograph for.
    told: what a task's network says of pictures. Photographs and pictures are forgotten at the end.
    """

    request: Task
    state: State
    ahead: int = 0
    first: str | None = None
    phase: str = ""
    fraction: float = 0.0
    remaining_s: float | None = None
    failures: tuple[Failure, ...] = ()
    problem: str | None = None  # why the whole job came to nothing
    recognised: tuple[Recognised, ...] = ()
    told: TaskAnswer | None = None

    @property
    def is_live(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def is_preview(self) -> bool:
        return isinstance(self.request, Request) and self.request.quality == "preview"

    @property
    def is_background(self) -> bool:
        """Whether nobody asked for it."""
        return isinstance(self.request, Request) and self.request.background

    @property
    def is_disturbed_by_drawing(self) -> bool:
        """Whether the page should be quiet while it lasts."""
        return not isinstance(self.request, Request) or self.request.quality == "measured"


class JobManager:
    """One for each server process. All methods may be called from any thread."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._trainer = Trainer()
        self._changed = threading.Condition()
        self._views: OrderedDict[str, JobView] = OrderedDict()
        self._waiting: OrderedDict[str, Ticket] = OrderedDict()
        self._stops: dict[str, threading.Event] = {}
        self._replaced: set[str] = set()
        self._collection = Collection()
        self._version = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def submit(self, request: Task) -> str:
        """Queue a job; its id. A preview takes the place of its owner's earlier preview.

        Raises OSError if there is no place to queue in.
        """
        with self._changed:
            if self._closed:  # a page that still runs while its server lets go
                self._views[request.id] = JobView(request, "cancelled")
                return request.id
            ticket = Ticket(lock_folder(), request.title)
            view = JobView(request, "queued")
            if view.is_preview and request.owner:
                self._drop_previews_of(request.owner)
            self._views[request.id] = view
            self._stops[request.id] = threading.Event()
            self._waiting[request.id] = ticket
            self._forget_old_jobs()
            self._touch()
        return request.id

    def cancel(self, job_id: str) -> None:
        """Stop a job, or take it out of the queue. A job that has ended stays as it is."""
        with self._changed:
            if job_id not in self._views or not self._views[job_id].is_live:
                return
            self._stops[job_id].set()
            if (ticket := self._waiting.pop(job_id, None)) is not None:
                ticket.leave()
                self._update(job_id, state=self._cancelled_state(job_id))
        self._runner.poke()
        self._trainer.poke()

    def jobs(self) -> tuple[JobView, ...]:
        """All jobs that are remembered, oldest first, with their present places in the queue."""
        with self._changed:
            for job_id, ticket in self._waiting.items():
                place = ticket.place()
                self._views[job_id] = replace(
                    self._views[job_id], ahead=place.ahead, first=place.first
                )
            return tuple(self._views.values())

    def collection(self) -> Collection:
        """Everything measured since the server started."""
        with self._changed:
            return self._collection

    def add(self, run: Run) -> None:
        """What was measured elsewhere on this machine, to be seen beside what was measured here."""
        with self._changed:
            for measurement in run.measurements:
                self._collection = self._collection.plus(measurement)
            self._collection = self._collection.plus_run(run)
            self._touch()

    @property
    def version(self) -> int:
        """Rises with each result and each job that starts or ends: a page compares it."""
        with self._changed:
            return self._version

    def wait_for(self, job_id: str, timeout_s: float | None = None) -> JobView:
        """Block until the job has ended or the time is over; how it then stands."""
        with self._changed:
            self._changed.wait_for(lambda: not self._views[job_id].is_live, timeout_s)
            return self._views[job_id]

    def close(self) -> None:
        """Stop everything and end the workers."""
        with self._changed:
            self._closed = True
            for job_id in list(self._views):
                self.cancel(job_id)
            self._touch()
        self._thread.join()
        self._runner.close()
        self._trainer.close()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                job_id, ticket = self._waiting.popitem(last=False)
                self._update(job_id, state="running")
                request, stop = self._views[job_id].request, self._stops[job_id]

            def listen(update: Update, job_id: str = job_id) -> None:
                self._take(job_id, update)

            ended: State = "done"
            found: dict[str, object] = {}
            try:
                ended, found = self._carried_out(request, ticket, listen, stop)
            except OSError as error:  # no process, no file: the next job may have better luck
                found = {"problem": f"could not be started: {error.strerror or error}"}
            except Exception as error:  # a fault of ours must not take the queue with it
                traceback.print_exc()
                words = f"{type(error).__name__}: {error}"
                found = {"problem": f"ended by a fault of this program: {words}"}
            with self._changed:
                self._update(job_id, state=ended, fraction=1.0, remaining_s=None, **found)

    def _carried_out(
        self, task: Task, ticket: Ticket, listen: Listener, stop: threading.Event
    ) -> tuple[State, dict[str, object]]:
        """How it ended, and what changes in its view besides."""
        match task:
            case Request():
                run = self._runner.run(task, ticket, listen, stop)
                with self._changed:
                    self._collection = self._collection.plus_run(run)
                return (self._cancelled_state(task.id) if run.cancelled else "done"), {}
            case Training():
                outcomes = self._trainer.train(task.orders, task.threads, ticket, listen, stop)
                failed = [
                    one.failure if len(task.orders) == 1 else f"{one.order.label}: {one.failure}"
                    for one in outcomes
                    if one.failure
                ]
                is_whole = len(outcomes) == len(task.orders)
                ended: State = "done"
                if not is_whole or any(one.cancelled for one in outcomes):
                    ended = "cancelled"
                return ended, {"problem": "; ".join(failed) or None}
            case Scoring():
                try:
                    self._trainer.examine(task.examination, ticket, listen, stop)
                except Cancelled:
                    return "cancelled", {}
                except ExaminationError as error:
                    return "done", {"problem": str(error)}
                return "done", {}  # what it found stands beside the weights
            case Recognising():
                try:
                    recognised = self._trainer.recognise(
                        task.photograph, task.networks, ticket, listen, stop
                    )
                except Cancelled:
                    return "cancelled", {}
                except ExaminationError as error:
                    return "done", {"problem": str(error)}
                return "done", {"recognised": recognised}
            case Teaching():
                outcome = self._trainer.teach(task.order, task.threads, ticket, listen, stop)
                is_cut = outcome is None or outcome.cancelled
                return "cancelled" if is_cut else "done", {"problem": outcome and outcome.failure}
            case Asking():
                try:
                    told = self._trainer.ask(task, ticket, listen, stop)
                except Cancelled:
                    return "cancelled", {}
                except ExaminationError as error:
                    return "done", {"problem": str(error)}
                return "done", {"told": told}

    def _take(self, job_id: str, update: Update) -> None:
        with self._changed:
            match update:
                case Waiting(place):
                    self._update(job_id, ahead=place.ahead, first=place.first)
                case Progress(phase, fraction, remaining_s):
                    self._views[job_id] = replace(
                        self._views[job_id],
                        ahead=0,
                        first=None,
                        phase=phase,
                        fraction=fraction,
                        remaining_s=remaining_s,
                    )
                case Measurement():
                    self._collection = self._collection.plus(update)
                    self._touch()
                case Learned():
                    self._touch()  # what it learned stands beside its weights
                case Failure():
                    failures = (*self._views[job_id].failures, update)
                    self._update(job_id, failures=failures)

    def _drop_previews_of(self, owner: str) -> None:
        for job_id, view in list(self._views.items()):
            if view.is_live and view.is_preview and view.request.owner == owner:
                self._replaced.add(job_id)
                self.cancel(job_id)

    def _cancelled_state(self, job_id: str) -> State:
        return "replaced" if job_id in self._replaced else "cancelled"

    def _forget_old_jobs(self) -> None:
        ended = [job_id for job_id, view in self._views.items() if not view.is_live]
        for job_id in ended[: max(0, len(self._views) - KEPT_JOBS)]:
            del self._views[job_id], self._stops[job_id]
            self._replaced.discard(job_id)

    def _update(self, job_id: str, **changes: object) -> None:
        view = replace(self._views[job_id], **changes)  # type: ignore[arg-type]
        if isinstance(view.request, Recognising | Asking) and not view.is_live:
            view = replace(view, request=view.request.emptied())
        self._views[job_id] = view
        self._touch()

    def _touch(self) -> None:
        self._version += 1
        self._changed.notify_all()
