"""Speaking to a real worker process in its own language: one JSON object a line."""

import atexit
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from filelock import FileLock

from benchmarks.candidates import candidate
from benchmarks.messages import (
    COMMAND,
    EVENT,
    Cancel,
    Dissect,
    Done,
    Event,
    Gauge,
    Measure,
    Prepare,
    Prepared,
    Ready,
    Recognise,
    Task,
)
from benchmarks.prepared import Form, form_for
from benchmarks.scenarios import Precision, Scenario
from benchmarks.timing.protocol import Plan

ROOT = Path(__file__).resolve().parents[1]
TINY = "0.25-32-n10"
QUICK = Plan(rounds=6, block_s=0.002, max_warmup_s=0.005)
ENDLESS = Plan(rounds=20_000, block_s=0.002, max_warmup_s=0.005)
T = TypeVar("T")


class Worker:
    """`python -m benchmarks.worker ENGINE` and both ends of its talk. module: instead of that."""

    def __init__(
        self,
        engine: str,
        environment: Mapping[str, str] | None = None,
        module: str = "benchmarks.worker",
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, engine],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | (environment or {}),
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self._stderr = self.process.stderr

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._stdin, self._stdout, self._stderr):
            with suppress(BrokenPipeError):
                pipe.close()

    def say(self, command: Measure | Prepare | Dissect | Gauge | Recognise | Cancel) -> None:
        self.say_line(COMMAND.dump_json(command))

    def say_line(self, line: bytes) -> None:
        self._stdin.write(line + b"\n")
        self._stdin.flush()

    def hear(self) -> Event:
        return EVENT.validate_json(self._stdout.readline())

    def hear_all(self) -> list[Event]:
        """Everything up to the end of what it was asked to do."""
        heard = [self.hear()]
        while not isinstance(heard[-1], Done):
            heard.append(self.hear())
        return heard

    def ask(self, command: Measure | Prepare | Dissect | Gauge | Recognise) -> list[Event]:
        self.say(command)
        return self.hear_all()

    def hang_up(self) -> None:
        self._stdin.close()

    def last_words(self) -> tuple[bytes, bytes]:
        """What is left on standard output, and all of standard error, once it has ended."""
        return self._stdout.read(), self._stderr.read()


@contextmanager
def ready_worker(engine: str, environment: Mapping[str, str] | None = None) -> Iterator[Worker]:
    with Worker(engine, environment) as worker:
        assert isinstance(worker.hear(), Ready)
        yield worker


def measure(
    *networks: str,
    engine: str = "eager",
    precision: Precision = "float32",
    run_id: str = "a run",
    plan: Plan = QUICK,
    batch: int = 1,
) -> Measure:
    """The command; networks are exported where the engine wants files."""
    scenario = Scenario(engine=engine, precision=precision, batch=batch)
    tasks = tuple(task_of(network, scenario) for network in networks or (TINY,))
    return Measure(run_id, tasks, plan, "measured")


def task_of(network: str, scenario: Scenario) -> Task:
    form = form_for(candidate(network), scenario)
    return Task(candidate(network), scenario, str(prepared(form)) if form else None)


def exported(network: str = TINY, batch: int = 1) -> Path:
    """The network's folder in the tests' cache, exported by the first test that wants it."""
    return prepared(Form(candidate(network), batch))


def prepared(form: Form) -> Path:
    """Likewise in any form; a worker writes it, as compilers and quantisers warn."""
    folder = form.folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):  # another process of the suite may be at it
        if not form.is_prepared():
            answer, _ = _exporter().ask(Prepare("a run", form, str(folder)))
            assert isinstance(answer, Prepared), answer
    return folder


@cache
def _exporter() -> Worker:
    """One until this process ends: of the first export, half the time goes into imports."""
    worker = Worker("eager")
    atexit.register(worker.__exit__, None, None, None)
    assert isinstance(worker.hear(), Ready)
    return worker


def only(kind: type[T], events: list[Event]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]
