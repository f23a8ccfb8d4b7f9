"""Trains one network after another, while nothing is measured on this machine."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

from benchmarks.jobs.conversation import Cancelled, Conversation, Long
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder, take_machine
from benchmarks.jobs.updates import Learned, Listener, Waiting
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.messages import Event, Examine, NotTrained, Progress, Scored, Train, Trained
from benchmarks.training.order import Examination, Order, Outcome
from mobilenet.tasks.score import Epoch

SILENCE_LIMIT_S = 600.0  # one batch of a large network on a busy machine takes long


class ExaminationError(RuntimeError):
    """The weights could not be scored; the message says why."""


class Trainer:
    """One supervisor, its hold on the machine, and a worker for each order. For one thread."""

    def __init__(self) -> None:
        self._lock = MachineLock(lock_folder())
        self._talk = Conversation(threading.Event(), SILENCE_LIMIT_S)

    def poke(self) -> None:
        """Let `train` look at its stop sign now; from any thread."""
        self._talk.poke()

    def close(self) -> None:
        self._lock.close()

    def train(
        self,
        orders: tuple[Order, ...],
        threads: int,
        ticket: Ticket,
        listen: Listener,
        stop: threading.Event,
    ) -> tuple[Outcome, ...]:
        """What came of each order; of those after a stop, nothing."""
        self._talk = Conversation(stop, SILENCE_LIMIT_S)
        outcomes: list[Outcome] = []
        try:
            if not take_machine(ticket, self._lock, stop, lambda place: listen(Waiting(place))):
                return ()
            try:
                for number, order in enumerate(orders):
                    if stop.is_set():
                        break
                    heard = _Heard(order.label, number / len(orders), 1 / len(orders), listen)
                    outcomes.append(self._train(order, threads, heard))
            finally:
                self._lock.release()
        finally:
            ticket.leave()
        return tuple(outcomes)

    def examine(
        self,
        examination: Examination,
        threads: int,
        ticket: Ticket,
        listen: Listener,
        stop: threading.Event,
    ) -> Scored:
        """The score. Raises ExaminationError, and Cancelled."""
        self._talk = Conversation(stop, SILENCE_LIMIT_S)
        heard = _Heard("", 0.0, 1.0, listen)
        try:
            if not take_machine(ticket, self._lock, stop, lambda place: listen(Waiting(place))):
                raise Cancelled
            try:
                self._ask(Examine(uuid.uuid4().hex, examination), threads, heard)
            except WorkerDied as death:
                raise ExaminationError(str(death)) from death
            finally:
                self._lock.release()
        finally:
            ticket.leave()
        if heard.scored is None:
            raise ExaminationError(heard.refusal or "nothing came of it")
        return heard.scored

    def _train(self, order: Order, threads: int, heard: _Heard) -> Outcome:
        cancelled, failure = False, None
        try:
            self._ask(Train(uuid.uuid4().hex, order), threads, heard)
        except Cancelled:
            cancelled = True
        except WorkerDied as death:
            failure = f"{death}; ask for the same again, and it goes on after the last epoch"
        return Outcome(order, tuple(heard.epochs), cancelled, heard.refusal or failure)

    def _ask(self, command: Long, threads: int, heard: _Heard) -> None:
        worker = WorkerProcess("eager", threads=threads, inherit=self._lock.descriptor)
        try:
            self._talk.await_ready(worker)
            self._talk.ask(worker, command, heard.take)
        finally:
            worker.kill()


@dataclass
class _Heard:
    """What a worker said so far.

    start, share: of the whole work, where this part begins and how much it is.
    """

    label: str
    start: float
    share: float
    listen: Listener
    epochs: list[Epoch] = field(default_factory=list)
    scored: Scored | None = None
    refusal: str | None = None

    def take(self, event: Event) -> None:
        match event:
            case Progress():
                phase = f"{self.label}: {event.phase}" if self.label else event.phase
                self.listen(Progress(phase, self.start + self.share * event.fraction))
            case Trained():
                self.epochs.append(event.epoch)
                self.listen(Learned(self.label, event.epoch))
            case Scored():
                self.scored = event
            case NotTrained():
                self.refusal = event.reason
