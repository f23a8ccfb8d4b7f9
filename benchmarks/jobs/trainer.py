"""Trains, scores and asks networks, while nothing is measured on this machine."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.jobs.conversation import Cancelled, Conversation, Long
from benchmarks.jobs.interruptible import Answer, carried_out
from benchmarks.jobs.learning import Asking, Photograph
from benchmarks.jobs.machine_queue import MachineLock, Ticket, lock_folder, take_machine
from benchmarks.jobs.updates import Learned, Listener, Waiting
from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.messages import (
    Ask,
    Event,
    Examine,
    NotTrained,
    Progress,
    Recognise,
    Scored,
    Seen,
    Taught,
    Teach,
    Told,
    Train,
    Trained,
)
from benchmarks.training.order import Examination, Named, Order, Outcome, Question, Recognised
from benchmarks.training.tasks.order import TaskAnswer, TaskOrder, TaskOutcome, TaskQuestion
from mobilenet.tasks.score import Epoch

AGAIN = "ask for the same again, and it goes on after the last epoch"
SILENCE_LIMIT_S = 600.0  # one batch of a large network on a busy machine takes long


class ExaminationError(RuntimeError):
    """The weights could not be scored; the message says why."""


def train(orders: tuple[Order, ...], threads: int, listen: Listener) -> tuple[Outcome, ...]:
    """Train these networks in turn. An interrupt (Ctrl-C) ends it in good order."""
    title = f"Train {orders[0].label}" if len(orders) == 1 else f"Train {len(orders)} networks"
    return _carried_out(
        title,
        lambda trainer, ticket, tell, stop: trainer.train(orders, threads, ticket, tell, stop),
        listen,
    )


def teach(order: TaskOrder, threads: int, listen: Listener) -> TaskOutcome | None:
    """Train a network for a task. An interrupt ends it in good order; None before its turn."""
    return _carried_out(
        f"Train {order.label}",
        lambda trainer, ticket, tell, stop: trainer.teach(order, threads, ticket, tell, stop),
        listen,
    )


def ask(question: Asking, listen: Listener) -> TaskAnswer:
    """What a task's network says. Raises ExaminationError, and Cancelled after an interrupt."""
    return _carried_out(
        question.title,
        lambda trainer, ticket, tell, stop: trainer.ask(question, ticket, tell, stop),
        listen,
    )


def examine(examination: Examination, listen: Listener) -> Scored:
    """Score these weights. Raises ExaminationError, and Cancelled after an interrupt."""
    return _carried_out(
        "Evaluate a network",
        lambda trainer, ticket, tell, stop: trainer.examine(examination, ticket, tell, stop),
        listen,
    )


def _carried_out(
    title: str,
    ask: Callable[[Trainer, Ticket, Listener, threading.Event], Answer],
    listen: Listener,
) -> Answer:
    trainer = Trainer()

    def work(tell: Listener, stop: threading.Event) -> Answer:
        try:
            return ask(trainer, Ticket(lock_folder(), title), tell, stop)
        finally:
            trainer.close()

    return carried_out(work, trainer.poke, listen)


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
        outcomes: list[Outcome] = []
        with suppress(Cancelled), self._machine(ticket, listen, stop):
            for number, order in enumerate(orders):
                self._talk.check()
                share = 1 / len(orders)
                heard = _Heard(order.label, number * share, share, listen, len(orders) > 1)
                outcomes.append(self._train(order, threads, heard))
        return tuple(outcomes)

    def examine(
        self, examination: Examination, ticket: Ticket, listen: Listener, stop: threading.Event
    ) -> Scored:
        """The score. Raises ExaminationError, and Cancelled."""
        heard = _Heard("", 0.0, 1.0, listen)
        with self._machine(ticket, listen, stop):
            try:
                threads = examination.ways[0].threads
                self._ask(Examine(uuid.uuid4().hex, examination), threads, heard)
            except WorkerDied as death:
                raise ExaminationError(str(death)) from death
        if heard.scored is None:
            raise ExaminationError(heard.refusal or "nothing came of it")
        return heard.scored

    def recognise(
        self,
        photograph: Photograph,
        networks: tuple[Named, ...],
        ticket: Ticket,
        listen: Listener,
        stop: threading.Event,
    ) -> tuple[Recognised, ...]:
        """One answer a network. Raises ExaminationError for what is no photograph, Cancelled, and
        OSError where it cannot be handed over: it lies on the disk until it is answered."""
        heard = _Heard("", 0.0, 1.0, listen)
        with self._machine(ticket, listen, stop), TemporaryDirectory() as aside:
            path = Path(aside) / "photograph"
            path.write_bytes(photograph.content)
            question = Question(str(path), photograph.name, networks)
            try:
                self._ask(Recognise(uuid.uuid4().hex, question), 1, heard)
            except WorkerDied as death:
                raise ExaminationError(str(death)) from death
        if heard.refusal is not None:
            raise ExaminationError(heard.refusal)
        return tuple(heard.recognised)

    def teach(
        self,
        order: TaskOrder,
        threads: int,
        ticket: Ticket,
        listen: Listener,
        stop: threading.Event,
    ) -> TaskOutcome | None:
        """What came of it; None where the stop came before its turn."""
        heard = _Heard(order.label, 0.0, 1.0, listen)
        cancelled, failure = False, None
        try:
            with self._machine(ticket, listen, stop):
                try:
                    self._ask(Teach(uuid.uuid4().hex, order), threads, heard)
                except Cancelled:
                    cancelled = True
                except WorkerDied as death:
                    failure = f"{death}; {AGAIN}"
        except Cancelled:
            return None
        outcome = heard.taught or TaskOutcome(order)
        return replace(outcome, cancelled=cancelled, failure=heard.refusal or failure)

    def ask(
        self, asked: Asking, ticket: Ticket, listen: Listener, stop: threading.Event
    ) -> TaskAnswer:
        """What its network says. Raises as `recognise`."""
        heard = _Heard("", 0.0, 1.0, listen)
        with self._machine(ticket, listen, stop), TemporaryDirectory() as aside:
            paths = [Path(aside) / str(number) for number in range(len(asked.pictures))]
            for path, picture in zip(paths, asked.pictures, strict=True):
                path.write_bytes(picture.content)
            question = TaskQuestion(
                asked.order,
                tuple(map(str, paths)),
                tuple(one.name for one in asked.pictures),
                asked.example,
                asked.least_score,
            )
            try:
                self._ask(Ask(uuid.uuid4().hex, question), 1, heard)
            except WorkerDied as death:
                raise ExaminationError(str(death)) from death
        if heard.told is None:
            raise ExaminationError(heard.refusal or "nothing came of it")
        return heard.told

    @contextmanager
    def _machine(self, ticket: Ticket, listen: Listener, stop: threading.Event) -> Iterator[None]:
        """Nothing is measured while this lasts. Raises Cancelled where `stop` came first."""
        self._talk = Conversation(stop, SILENCE_LIMIT_S)
        try:
            if not take_machine(ticket, self._lock, stop, lambda place: listen(Waiting(place))):
                raise Cancelled
            try:
                yield
            finally:
                self._lock.release()
        finally:
            ticket.leave()

    def _train(self, order: Order, threads: int, heard: _Heard) -> Outcome:
        cancelled, failure = False, None
        try:
            self._ask(Train(uuid.uuid4().hex, order), threads, heard)
        except Cancelled:
            cancelled = True
        except WorkerDied as death:
            failure = f"{death}; {AGAIN}"
        return Outcome(order, tuple(heard.epochs), cancelled, heard.refusal or failure)

    def _ask(self, command: Long, threads: int, heard: _Heard) -> None:
        worker = WorkerProcess(
            "eager", threads=threads, inherit=self._lock.descriptor, gives_way=True
        )
        try:
            self._talk.await_ready(worker)
            self._talk.ask(worker, command, heard.take)
        finally:
            worker.kill()


@dataclass
class _Heard:
    """What a worker said so far.

    start, share: of the whole work, where this part begins and how much it is. is_one_of_many:
        whether its label has to be told with how far it is.
    """

    label: str
    start: float
    share: float
    listen: Listener
    is_one_of_many: bool = False
    epochs: list[Epoch] = field(default_factory=list)
    scored: Scored | None = None
    recognised: list[Recognised] = field(default_factory=list)
    taught: TaskOutcome | None = None
    told: TaskAnswer | None = None
    refusal: str | None = None

    def take(self, event: Event) -> None:
        match event:
            case Progress():
                phase = f"{self.label}: {event.phase}" if self.is_one_of_many else event.phase
                self.listen(Progress(phase, self.start + self.share * event.fraction))
            case Trained():
                self.epochs.append(event.epoch)
                self.listen(Learned(self.label, event.epoch))
            case Scored():
                self.scored = event
            case Seen():
                self.recognised.append(event.recognised)
            case Taught(outcome):
                self.taught = outcome
                self.listen(Learned(self.label, outcome.epochs[-1]))
            case Told():
                self.told = event.answer
            case NotTrained():
                self.refusal = event.reason
