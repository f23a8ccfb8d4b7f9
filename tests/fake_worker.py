"""A worker that runs nothing: the messages of `benchmarks.worker` about a machine that is made up.

Queue, lock, cancelling, crashes, progress and pages are tested against it in milliseconds. Tests of
real workers: `test_end_to_end.py`, `test_engines.py`, `test_worker.py`; `test_fake_worker.py`
compares what both say.

It comes in two forms with one behaviour:

- the fixture `fake_machine` (or `with installed() as machine`) replaces each child process by a
  thread of this process, for whatever starts workers in it: Runner, Trainer, JobManager,
  `benchmarks.measure`, commands by typer's CliRunner, pages by Streamlit's AppTest;
- the fixture `fake_processes` (or `with processes() as machine`) starts the same as real processes,
  `python -m tests.fake_worker ENGINE`, where pipes, signals or inherited locks are what is tested.
  Each takes a second, and its machine is as it was when it was started.

Its clock is virtual: an inference "takes" what `FakeMachine` says, and no time passes. Messages go
through the same JSON as between processes. Networks are "exported" into a folder of their own.

How to use it:

    def test_a_cancel_keeps_what_was_timed(fake_machine: FakeMachine) -> None:
        fake_machine.hold("round")  # workers wait there until they are released, cancelled or ended
        ...  # start a measurement on a thread, or cancel it in its listener
        fake_machine.release()

    fake_machine.refuses["0.5-160"] = "too large"    # it cannot be loaded; also by engine
    fake_machine.not_exported["0.5-160"] = "no disk"
    fake_machine.declines["weigh"] = "no counter"    # that command fails, with this reason
    fake_machine.dies_of["train"] = "ended by SIGKILL"
    fake_machine.silent.add("load")                  # it never answers, as if it hung
    fake_machine.slower["0.5-160"] = 1.1             # 10 % slower than its mult-adds say
    fake_machine.disturbed.add(3)                    # in round 3 threads had to wait for a CPU
    fake_machine.workers[0].die()                    # or .hang(), at this moment

Whoever wants a moment within a measurement to be certain holds the step before it first: without
that, a fake may be done before a test looks.
"""

from __future__ import annotations

import json
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES
from benchmarks.jobs import replicate, runner, trainer, worker_process
from benchmarks.jobs.worker_process import WorkerDied
from benchmarks.layer_times import Ceiling, LayerTime, LayerTimes
from benchmarks.machine import MachineState
from benchmarks.messages import (
    COMMAND,
    EVENT,
    Ask,
    Cancel,
    Command,
    Dissect,
    Dissected,
    Done,
    Event,
    Examine,
    Failed,
    Gauge,
    Gauged,
    Load,
    Loaded,
    Measure,
    NotPrepared,
    NotTrained,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Receive,
    Recognise,
    Result,
    Scored,
    Seen,
    Task,
    Taught,
    Teach,
    Told,
    Train,
    Trained,
    Turned,
    Turns,
    Weigh,
    Weighed,
)
from benchmarks.prepared import CACHE_VARIABLE, LOGITS, store
from benchmarks.results import Block, Failure
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import Signals
from benchmarks.timing.protocol import Plan, schedule
from benchmarks.timing.warmup import typical_s, warm_up
from benchmarks.training import record, scores
from benchmarks.training.order import Answered, Guess, Recognised
from benchmarks.training.tasks import record as task_records
from benchmarks.training.tasks.order import TaskAnswer, TaskOutcome, Untrained
from benchmarks.usage import Memory
from mobilenet.cost import cost
from mobilenet.tasks.score import Change, Epoch, Quality, Score, TaskEpoch

if TYPE_CHECKING:
    import pytest

OVERHEAD_S = 50e-6  # of a call, whatever the network
MULT_ADDS_PER_S: Mapping[str, float] = {  # one thread, float32
    "eager": 25e9,
    "channels_last": 28e9,
    "compiled": 35e9,
    "onnxruntime": 60e9,
    "openvino": 80e9,
    "executorch": 40e9,
}
FLOOR_BYTES = 50_000_000
TEST_IMAGES = 540  # as the digits have
VARIABLE = "FAKE_MACHINE"  # JSON of a FakeMachine, for a fake in a process of its own

Emit = Callable[[Event], None]


class _Cancelled(Exception):
    pass


class _Killed(Exception):
    pass


@dataclass
class FakeMachine:
    """How the made-up machine behaves. Tests may change it while it works.

    noise: standard deviation of the times, relative.
    slower: factor on a network's time, by its key.
    refuses: why a network (by its key), an engine or a device (by its name) cannot be loaded.
    not_exported: why a network (by its key) cannot be exported.
    declines: why a command, by its kind, cannot be carried out: "weigh", "dissect", "train" ...
    dies_of: last words of a worker that dies on a command, by the command's kind.
    silent: kinds of commands that are never answered, not even when cancelled, as by a hung worker.
    holds: kinds of steps before which a worker waits until `release`, a cancel or its end: a
        command's kind, and "ready" (importing the runtime), "network", "round", "epoch" within
        one; "round 2" is that round alone (they are counted from 0, epochs from 1).
    disturbed: numbers of rounds in which other programs kept its threads from the CPU.
    pace_s: real seconds that each step takes, for what people watch.
    """

    noise: float = 0.005
    slower: dict[str, float] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    not_exported: dict[str, str] = field(default_factory=dict)
    declines: dict[str, str] = field(default_factory=dict)
    dies_of: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    disturbed: set[int] = field(default_factory=set)
    pace_s: float = 0.0
    workers: list[InProcessWorker] = field(default_factory=list)  # all that were started
    changed: threading.Condition = field(default_factory=threading.Condition)

    def hold(self, *steps: str) -> None:
        with self.changed:
            self.holds.update(steps)

    def release(self, *steps: str) -> None:
        """Those steps, or all."""
        with self.changed:
            self.holds.difference_update(steps or tuple(self.holds))
            self.changed.notify_all()

    def living(self) -> list[InProcessWorker]:
        return [worker for worker in self.workers if worker.is_alive()]

    def call_s(self, network: Candidate, scenario: Scenario) -> float:
        """Seconds of an inference when warm."""
        rate = MULT_ADDS_PER_S[scenario.engine] * scenario.threads**0.8
        rate *= {"float32": 1.0, "int8": 2.0}.get(scenario.precision, 1.5)
        arithmetic_s = scenario.batch * network.mult_adds / rate
        return (OVERHEAD_S + arithmetic_s) * self.slower.get(network.key, 1.0)

    def why_not(self, task: Task) -> str | None:
        names = task.candidate.key, task.scenario.engine, task.scenario.device
        return next((self.refuses[name] for name in names if name in self.refuses), None)


class Fake:
    """What one worker says to each command.

    number: of the worker, so that each has times of its own. pause: called before each step; it may
        wait, and raises if the worker is to stop.
    """

    def __init__(self, machine: FakeMachine, number: int, pause: Callable[[str], None]) -> None:
        self._machine = machine
        self._number = number
        self._pause = pause
        self._loaded: list[_Network | None] = []

    def answer(self, command: Command, emit: Emit) -> None:
        """All events of a command, its end included."""
        if isinstance(command, Turns):
            emit(self._turns(command))
            return
        self._loaded.clear()
        try:
            self._pause(command.kind)
            if (reason := self._machine.declines.get(command.kind)) is not None:
                emit(_declined(command, reason))
                emit(Done())
                return
            match command:
                case Measure():
                    self._measure(command, emit)
                case Load():
                    for place, task in enumerate(command.tasks):
                        fraction = place / len(command.tasks)
                        emit(Progress(f"Loading {task.candidate.label}", fraction))
                        network = self._load(place, task, command.plan, emit)
                        self._loaded.append(network)
                        if network is not None:
                            emit(network.loaded)
                case Prepare():
                    emit(self._prepare(command))
                case Weigh():
                    emit(self._weigh(command))
                case Dissect():
                    emit(self._dissect(command))
                case Gauge():
                    emit(Gauged(ceiling(command.threads)))
                case Train():
                    self._train(command, emit)
                case Examine():
                    emit(self._examine(command))
                case Recognise():
                    for network in command.question.networks:
                        emit(Seen(Recognised(network, GUESSES, PICTURE)))
                case Teach():
                    self._teach(command, emit)
                case Ask():
                    emit(Told(_answer(command)))
        except _Cancelled:
            emit(Done(cancelled=True))
        else:
            emit(Done())

    def _load(self, place: int, task: Task, plan: Plan, emit: Emit) -> _Network | None:
        self._pause("network")
        if (reason := self._machine.why_not(task)) is not None:
            emit(Failed(Failure(task.candidate, task.scenario, reason)))
            return None
        return _Network(self._machine, self._number, place, task, plan)

    def _measure(self, command: Measure, emit: Emit) -> None:
        networks: dict[str, _Network] = {}
        for place, task in enumerate(command.tasks):
            emit(Progress(f"Loading {task.candidate.label}", 0.4 * place / len(command.tasks)))
            network = self._load(place, task, command.plan, emit)
            if network is not None:
                networks[task.candidate.key] = network
                emit(network.result(command, is_whole=False))
        plan = schedule(
            {key: typical_s(one.loaded.warmup_ns) for key, one in networks.items()},
            command.plan,
            random.Random(command.run_id),
        )
        last_round = -1
        for done, (number, key) in enumerate(plan.turns, start=1):
            if number != last_round:
                self._pause(f"round {number}")
                fraction = 0.4 + 0.6 * done / len(plan.turns)
                emit(Progress("Timing", fraction, plan.remaining_s(done)))
                last_round = number
            networks[key].blocks.append(networks[key].turn(number, plan.calls[key]))
        for network in networks.values():
            emit(network.result(command, is_whole=True))

    def _turns(self, command: Turns) -> Turned:
        with suppress(_Cancelled):  # the supervisor has gone on by then, and nothing is heard
            self._pause(f"turns {command.round}")
        blocks = []
        for place, calls in command.turns:
            network = self._loaded[place]
            assert network is not None, "a turn was given to a network that could not be loaded"
            blocks.append((place, network.turn(command.round, calls)))
        return Turned(tuple(blocks))

    def _prepare(self, command: Prepare) -> Prepared | NotPrepared:
        form = command.form
        if (reason := self._machine.not_exported.get(form.candidate.key)) is not None:
            return NotPrepared(reason)
        try:
            with store(Path(command.folder)) as unfinished:
                (unfinished / form.file).touch()
                np.save(unfinished / LOGITS, np.zeros((form.batch, 10), np.float32))
        except OSError as error:
            return NotPrepared(f"could not be stored ({error.strerror})")
        return Prepared(0.5)

    def _weigh(self, command: Weigh) -> Weighed | Failed:
        task = command.task
        if (reason := self._machine.why_not(task)) is not None:
            return Failed(Failure(task.candidate, task.scenario, reason))
        loaded_bytes = FLOOR_BYTES + task.candidate.size_bytes
        return Weighed(Memory(FLOOR_BYTES, loaded_bytes, loaded_bytes + 1_000_000), None)

    def _dissect(self, command: Dissect) -> Dissected | Failed:
        task = command.task
        if (reason := self._machine.why_not(task)) is not None:
            return Failed(Failure(task.candidate, task.scenario, reason))
        if task.candidate.config is None:
            reason = "only the layers of MobileNets are timed"
            return Failed(Failure(task.candidate, task.scenario, reason))
        passes = 12
        layers = tuple(
            LayerTime(layer.name, (1000 + layer.mult_adds // 25,) * passes)
            for layer in cost(task.candidate.config).layers
        )
        whole_ns = sum(layer.times_ns[0] for layer in layers)
        return Dissected(LayerTimes("profiler", layers, (0,) * passes, (whole_ns,) * passes))

    def _train(self, command: Train, emit: Emit) -> None:
        order = command.order
        epochs: tuple[Epoch, ...] = ()
        Path(order.folder).mkdir(parents=True, exist_ok=True)
        for number in range(1, order.recipe.epochs + 1):
            self._pause(f"epoch {number}")
            emit(Progress(f"Epoch {number} of {order.recipe.epochs}", number / order.recipe.epochs))
            epochs = (*epochs, Epoch(number, 2.0 / number, score_after(number), 1.0))
            if number == order.recipe.epochs:
                order.weights.write_bytes(b"weights of a network that is made up")
            record.keep(record.Record(order, 10, epochs))
            emit(Trained(epochs[-1]))

    def _examine(self, command: Examine) -> Scored:
        wanted = command.examination
        found = score_after(10)
        answered = tuple(
            Answered(way, found, Change(TEST_IMAGES, lost=0, gained=0)) for way in wanted.ways
        )
        kept = record.record_of(Path(wanted.weights))
        config = wanted.config or (kept.config if kept else None)
        assert config is not None, "the fake knows only what was trained here, or is told"
        scored = Scored(answered, TEST_IMAGES, config, "trained on made-up images")
        scores.keep_scores(wanted, scored)
        return scored

    def _teach(self, command: Teach, emit: Emit) -> None:
        order = command.order
        untrained = Untrained("made-up images", 400, 100, quality_after(order.task, 0))
        outcome = TaskOutcome(order, untrained)
        Path(order.folder).mkdir(parents=True, exist_ok=True)
        for number in range(1, order.recipe.epochs + 1):
            self._pause(f"epoch {number}")
            epoch = TaskEpoch(number, 2.0 / number, quality_after(order.task, number), 1.0)
            alike = 0.5 if order.task == "embedding" else None
            outcome = TaskOutcome(order, untrained, (*outcome.epochs, epoch), alike)
            if number == order.recipe.epochs:
                order.weights.write_bytes(b"weights of a network that is made up")
            task_records.keep(outcome)
            emit(Taught(outcome))


def _answer(command: Ask) -> TaskAnswer:
    if command.question.order.task == "embedding":
        return TaskAnswer(views=(PICTURE, PICTURE), alike=0.75)
    return TaskAnswer(GUESSES, (PICTURE,), least_score=command.question.least_score)


def _declined(command: Command, reason: str) -> Event:
    match command:
        case Weigh() | Dissect():
            return Failed(Failure(command.task.candidate, command.task.scenario, reason))
        case Prepare():
            return NotPrepared(reason)
        case Train() | Examine() | Recognise() | Teach() | Ask():
            return NotTrained(reason)
    raise AssertionError(f"a worker always carries out {command.kind}")


# What a network was shown: one white pixel, a PNG in base64.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
GUESSES = (Guess("tabby", 0.75), Guess("tiger cat", 0.2), Guess("lynx", 0.05))


def score_after(epochs: int) -> Score:
    """It learns: 60 % after the first epoch, and half of what is missing with each other one."""
    top1 = round(TEST_IMAGES * (1 - 0.4 * 0.5 ** (epochs - 1)))
    return Score(TEST_IMAGES, top1, TEST_IMAGES)


def quality_after(task: str, epochs: int) -> tuple[Quality, ...]:
    percent = 100 * (1 - 0.9 * 0.6**epochs)
    low, high = max(0.0, percent - 3), min(100.0, percent + 3)
    return (Quality(f"made-up measure of {task}", percent, low, high, chance=10.0, count=100),)


def ceiling(threads: int) -> Ceiling:
    return Ceiling(threads, 10**9, (10_000_000, 10_100_000), 10**8, (9_000_000, 9_100_000))


class _Network:
    """One network that the made-up machine has loaded. Copies of it take the same time."""

    def __init__(
        self, machine: FakeMachine, worker: int, place: int, task: Task, plan: Plan
    ) -> None:
        self._task, self._machine = task, machine
        self._rng = random.Random(f"{worker} {task.candidate.key} {task.scenario}")
        first = [3.0, 1.5]  # the start is slower, as everywhere
        call_s = machine.call_s(task.candidate, task.scenario)

        def time_ns() -> int:
            factor = first.pop(0) if first else 1.0
            return round(factor * call_s * self._rng.lognormvariate(0, machine.noise) * 1e9)

        self._time_ns = time_ns
        warmup_ns = warm_up(time_ns, plan, lambda: None)
        is_eager = task.scenario.engine == "eager"
        self.loaded = Loaded(place, warmup_ns, 0.25, None if is_eager else 2e-6)
        self.blocks: list[Block] = []

    def turn(self, number: int, calls: int) -> Block:
        settle_ns = self._time_ns()
        times_ns = tuple(self._time_ns() for _ in range(calls))
        wall_ns = settle_ns + sum(times_ns)
        delay_ns = 10**9 if number in self._machine.disturbed else 0
        signals = Signals(wall_ns, delay_ns, 0, 0, 0)
        return Block(number, settle_ns, times_ns, signals=signals)

    def result(self, command: Measure, *, is_whole: bool) -> Result:
        quality = command.quality if is_whole else "preview"
        return Result(
            self._task.measured(self.loaded, self.blocks, run_id=command.run_id, quality=quality)
        )


class InProcessWorker:
    """Stands in for `WorkerProcess`: a thread of this process instead of a child."""

    def __init__(
        self,
        machine: FakeMachine,
        engine: str,
        *,
        threads: int,
        inherit: int,
        python: str | None = None,
        payloads: Mapping[str, bytes] | None = None,
        aside: Path | None = None,
        gives_way: bool = False,
    ) -> None:
        self.is_ready = False
        self.engine, self.threads, self.python, self.aside = engine, threads, python, aside
        self.payloads = dict(payloads or {})
        self.commands: list[str] = []  # kinds, in the order in which they came
        self._machine = machine
        self._events: queue.SimpleQueue[Event | str | None] = queue.SimpleQueue()
        self._inbox: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._cancelled: set[str] = set()
        self._killed = self._hangs = False
        self._running: Command | None = None
        self._fake = Fake(machine, len(machine.workers), self._pause)
        machine.workers.append(self)
        self._thread = threading.Thread(target=self._work, name="fake worker", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        return os.getpid()

    def is_alive(self) -> bool:
        return self._thread.is_alive() and not self._killed

    def send(self, command: Command) -> None:
        heard = COMMAND.validate_json(COMMAND.dump_json(command))
        self.commands.append(heard.kind)
        match heard:
            case Cancel():
                with self._machine.changed:
                    self._cancelled.add(heard.run_id)
                    self._machine.changed.notify_all()
            case Receive():
                pass
            case _:
                self._inbox.put(heard)

    def next_event(self, timeout_s: float) -> Event | None:
        try:
            event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(event, str):
            self._events.put(event)
            raise WorkerDied(event)
        return event

    def wake(self) -> None:
        self._events.put(None)

    def kill(self) -> None:
        with self._machine.changed:
            self._killed = True
            self._machine.changed.notify_all()
        self._inbox.put(None)
        self._thread.join()

    def die(self, last_words: str = "the worker process was ended by SIGKILL") -> None:
        """As if the system had ended it."""
        with self._machine.changed:
            self._killed = True
            self._machine.changed.notify_all()
        self._inbox.put(None)
        self._events.put(last_words)

    def hang(self) -> None:
        """From its next step on it does and answers nothing, not even when cancelled."""
        with self._machine.changed:
            self._hangs = True
            self._machine.changed.notify_all()

    def _work(self) -> None:
        try:
            self._pause("ready")
            self._emit(Ready(("cpu",)))
            while (command := self._inbox.get()) is not None and not self._killed:
                self._running = command
                if command.kind in self._machine.silent:
                    self.hang()
                    self._pause(command.kind)
                if (last_words := self._machine.dies_of.get(command.kind)) is not None:
                    self._killed = True
                    self._events.put(last_words)
                    return
                self._fake.answer(command, self._emit)
                self._running = None
        except _Killed:
            pass
        except Exception as error:  # as a real worker, it dies and its last line says of what
            self._events.put(f"the worker process ended with status 1: {error!r}")
            raise

    def _emit(self, event: Event) -> None:
        if not self._killed:
            self._events.put(EVENT.validate_json(EVENT.dump_json(event)))

    def _pause(self, step: str) -> None:
        """Before each step: wait where the machine holds it, look whether to stop."""
        command = self._running
        run_id = getattr(command, "run_id", None)

        def is_to_go_on() -> bool:
            if self._hangs:
                return self._killed
            stops = self._killed or run_id in self._cancelled
            return stops or not self._machine.holds & {step, step.partition(" ")[0]}

        if self._machine.pace_s:
            time.sleep(self._machine.pace_s)
        with self._machine.changed:
            self._machine.changed.wait_for(is_to_go_on)
        if self._killed:
            raise _Killed
        if run_id in self._cancelled:
            raise _Cancelled


CALM = MachineState(load_1min=0.0, memory_available_bytes=8_000_000_000)


def install(machine: FakeMachine, patch: pytest.MonkeyPatch) -> None:
    """From now on this process's supervisors start fakes, and the real machine seems to be idle."""

    def start(engine: str, **settings: Any) -> InProcessWorker:
        assert engine in ENGINES
        return InProcessWorker(machine, engine, **settings)

    patch.setattr(runner, "WorkerProcess", start)
    patch.setattr(trainer, "WorkerProcess", start)
    patch.setattr(runner, "read_pressure", lambda: None)
    patch.setattr(runner, "read_state", lambda: CALM)
    patch.setattr(replicate, "busy_cpu_s", lambda: 0.0)
    patch.setattr(replicate, "cpu_s_of", lambda pids: 0.0)


@contextmanager
def installed(machine: FakeMachine | None = None) -> Iterator[FakeMachine]:
    """`install`, undone at the end; for fixtures of a module, and for scripts.

    What fakes export lies in a folder of their own, for it is of no use to a real worker.
    """
    import pytest

    machine = machine or FakeMachine()
    with TemporaryDirectory() as exported, pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, exported)
        install(machine, patch)
        yield machine
        machine.release()


@contextmanager
def processes(machine: FakeMachine | None = None) -> Iterator[FakeMachine]:
    """Supervisors of this process start fakes that are processes."""
    import pytest

    machine = machine or FakeMachine()
    with TemporaryDirectory() as exported, pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, exported)
        for name, value in environment(machine).items():
            patch.setenv(name, value)
        patch.setattr(worker_process, "MODULE", "tests.fake_worker")
        patch.setattr(runner, "read_pressure", lambda: None)
        yield machine


def environment(machine: FakeMachine) -> dict[str, str]:
    """What tells a fake in another process, or a server with fakes, how its machine behaves."""
    told = {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in vars(machine).items()
        if name not in ("workers", "changed")
    }
    return {VARIABLE: json.dumps(told)}


def machine_of_environment() -> FakeMachine:
    told = json.loads(os.environ.get(VARIABLE, "{}"))
    for name in ("silent", "holds", "disturbed"):
        told[name] = set(told.get(name, ()))
    return FakeMachine(**told)


def main() -> None:
    """The same on standard input and output. It ends when its input does."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    machine = machine_of_environment()
    worker = InProcessWorker(machine, sys.argv[1], threads=1, inherit=0)

    def pass_on() -> None:
        while True:
            try:
                event = worker.next_event(3600)
            except WorkerDied as death:
                print(str(death).rpartition(": ")[2], file=sys.stderr, flush=True)
                os._exit(1)
            if event is not None:
                events.write(EVENT.dump_json(event) + b"\n")
                events.flush()

    threading.Thread(target=pass_on, daemon=True).start()
    stream = os.fdopen(os.dup(0), "rb")
    for line in stream:
        command = COMMAND.validate_json(line)
        worker.send(command)
        if isinstance(command, Receive):
            stream.read(command.size_bytes)
    os._exit(0)


if __name__ == "__main__":
    main()
