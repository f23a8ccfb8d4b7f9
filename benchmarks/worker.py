"""The child process that builds and times networks: `python -m benchmarks.worker ENGINE`.

Commands come in on standard input, events go out on standard output, one JSON object a line. It
ends when its standard input does, so it cannot outlive whoever started it.
"""

from __future__ import annotations

import gc
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np

from benchmarks.engines import load_engine
from benchmarks.engines.session import Engine, EngineError, OutOfMemory, Session
from benchmarks.machine import read_counters
from benchmarks.messages import (
    COMMAND,
    EVENT,
    Cancel,
    Done,
    Event,
    Failed,
    Load,
    Loaded,
    Measure,
    NotPrepared,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Result,
    Task,
    Turn,
    Turned,
)
from benchmarks.prepared import CACHE_VARIABLE, discard, expected
from benchmarks.results import Block, Failure, Measurement
from benchmarks.timing.protocol import (
    Check,
    Plan,
    schedule,
    take_turns,
    typical_s,
    warm_up,
    watched_turn,
)

MAX_OUTPUT_ERROR = 1e-3  # of the logits' standard deviation; float32 engines reach about 1e-5
MIN_LOGIT_SPREAD = 1e-3  # below this the network says nothing, and a comparison would be empty
REPORT_EVERY_S = 0.4  # partial results; between blocks, never inside one
REPORT_SHARE = 0.1  # and ever more seldom: they carry all raw times so far

Emit = Callable[[Event], None]


class Cancelled(Exception):
    """The supervisor asked to stop."""


class Inbox:
    """Reads commands on a thread of its own, so that a cancel is seen while networks run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._commands: queue.Queue[Measure | Load | Turn | Prepare] = queue.Queue()
        self._cancelled: set[str] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Measure | Load | Turn | Prepare:
        return self._commands.get()

    def check(self, run_id: str) -> Check:
        """A function that raises Cancelled once this run is to stop."""

        def check() -> None:
            if run_id in self._cancelled:
                raise Cancelled

        return check

    def _read(self) -> None:
        try:
            for line in self._stream:
                command = COMMAND.validate_json(line)
                if isinstance(command, Cancel):
                    self._cancelled.add(command.run_id)
                else:
                    self._commands.put(command)
        finally:
            os._exit(0)  # the supervisor is gone, or raves; nothing here is worth finishing


def main() -> None:
    emit = _emitter()
    inbox = Inbox(sys.stdin)
    _be_first_to_go()
    engine = load_engine(sys.argv[1])
    emit(Ready(engine.devices()))
    kept: list[_Loaded | None] = []
    while True:
        command = inbox.next()
        check = inbox.check(command.run_id)
        if isinstance(command, Turn):
            emit(_turn(command, kept, check))
            continue
        kept.clear()
        try:
            match command:
                case Prepare():
                    emit(_prepare(command))
                case Load():
                    kept += _load_all(command, engine, emit, check)
                case Measure():
                    measure(command, engine, emit, check)
        except Cancelled:
            emit(Done(cancelled=True))
        else:
            emit(Done())
        gc.collect()


def measure(
    command: Measure,
    engine: Engine,
    emit: Emit,
    check: Check,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Load and warm each network, showing a first time at once; then interleave them in rounds."""
    loaded: dict[str, _Loaded] = {}
    for number, task in enumerate(command.tasks):
        check()
        emit(Progress(f"Loading {task.candidate.label}", 0.4 * number / len(command.tasks)))
        try:
            entry = _load(task, engine, command.plan, check)
        except EngineError as error:
            emit(Failed(Failure(task.candidate, task.scenario, str(error))))
            continue
        loaded[task.candidate.key] = entry
        emit(Result(entry.measurement(command, final=False)))

    plan = schedule(
        {key: typical_s(entry.warmup_ns) for key, entry in loaded.items()},
        command.plan,
        random.Random(command.run_id),
    )
    calls = {key: entry.session.time_ns for key, entry in loaded.items()}
    gc.collect()
    started = told = reported = clock()
    for done, (key, block) in enumerate(take_turns(calls, plan, check, read_counters), start=1):
        loaded[key].blocks.append(block)
        now = clock()
        if now - told >= REPORT_EVERY_S:  # always: who says nothing for long is taken to hang
            fraction = 0.4 + 0.6 * done / len(plan.turns)
            emit(Progress("Timing", fraction, plan.remaining_s(done)))
            told = now
        if now - reported >= max(REPORT_EVERY_S, REPORT_SHARE * (now - started)):
            for entry in loaded.values():
                emit(Result(entry.measurement(command, final=False)))
            reported = clock()
    for entry in loaded.values():
        emit(Result(entry.measurement(command, final=True)))


def _load_all(command: Load, engine: Engine, emit: Emit, check: Check) -> Iterator[_Loaded | None]:
    """Each network in its place, warm; None where it failed."""
    for number, task in enumerate(command.tasks):
        check()
        emit(Progress(f"Loading {task.candidate.label}", number / len(command.tasks)))
        try:
            entry = _load(task, engine, command.plan, check)
        except EngineError as error:
            emit(Failed(Failure(task.candidate, task.scenario, str(error))))
            yield None
            continue
        emit(Loaded(number, entry.warmup_ns, entry.load_s, entry.output_error))
        yield entry


def _turn(command: Turn, kept: list[_Loaded | None], check: Check) -> Turned | Failed:
    """One block."""
    entry = kept[command.task]
    assert entry is not None, "a turn was given to a network that could not be loaded"
    call = entry.session.time_ns
    try:
        block = watched_turn(call, command.round, command.calls, check, read_counters)
    except EngineError as error:
        return Failed(Failure(entry.task.candidate, entry.task.scenario, str(error)))
    return Turned(command.task, block)


class _Loaded:
    """A network that is ready to take its turns, with the times it has had so far."""

    def __init__(
        self,
        task: Task,
        session: Session,
        warmup_ns: tuple[int, ...],
        load_s: float,
        output_error: float | None,
    ) -> None:
        self.task = task
        self.session = session
        self.warmup_ns = warmup_ns
        self.load_s = load_s
        self.output_error = output_error
        self.blocks: list[Block] = []

    def measurement(self, command: Measure, *, final: bool) -> Measurement:
        """What has been timed so far; until it is final, and before any turn, a preview."""
        warm = self.warmup_ns[len(self.warmup_ns) // 2 :]
        return Measurement(
            candidate=self.task.candidate,
            scenario=self.task.scenario,
            quality=command.quality if final else "preview",
            run_id=command.run_id,
            measured_utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
            warmup_ns=self.warmup_ns,
            blocks=tuple(self.blocks) or (Block(0, self.warmup_ns[0], warm),),
            load_s=self.load_s,
            prepare_s=self.task.prepare_s,
            output_error=self.output_error,
        )


def _load(task: Task, engine: Engine, plan: Plan, check: Check) -> _Loaded:
    folder = Path(task.folder) if task.folder else None
    try:
        start = time.perf_counter()
        session = engine.load(task.candidate, task.scenario, folder)
        load_s = time.perf_counter() - start
        output_error = _output_error(session, folder)
    except MemoryError as error:
        raise OutOfMemory from error
    except OutOfMemory:
        raise
    except EngineError as error:
        if folder is None or task.scenario.device not in engine.devices():
            raise
        discard(folder)
        reason = str(error).replace(f"{folder}{os.sep}", "").rstrip(" .")
        raise EngineError(
            f"{reason}. Its export was removed; measure again to make a new one"
        ) from error
    warmup_ns = warm_up(session.time_ns, plan, check)
    return _Loaded(task, session, warmup_ns, load_s, output_error)


def _output_error(session: Session, folder: Path | None) -> float | None:
    """Largest difference to eager PyTorch's logits over their spread; None for eager itself.

    Raises EngineError where the output is wrong: a time for a wrong answer is worth nothing.
    """
    logits = session.logits()
    spread = float(logits.std())
    if not np.isfinite(logits).all() or spread < MIN_LOGIT_SPREAD:
        raise EngineError(f"gave no usable output (standard deviation of the logits {spread:.2g})")
    if folder is None:
        return None
    wanted = expected(folder)
    if wanted.shape != logits.shape:
        raise EngineError(f"gave output of shape {logits.shape}, PyTorch gives {wanted.shape}")
    error = float(np.abs(logits - wanted).max() / wanted.std())
    if not error <= MAX_OUTPUT_ERROR:
        raise EngineError(
            f"gave another answer than PyTorch: off by {error:.2g} of the logits' spread, "
            f"{MAX_OUTPUT_ERROR:g} is allowed"
        )
    return error


def _prepare(command: Prepare) -> Prepared | NotPrepared:
    from benchmarks.networks import prepare  # torch; only the eager worker is asked

    try:
        return Prepared(prepare(command.candidate, command.batch, Path(command.folder)))
    except OSError as error:
        return NotPrepared(
            f"could not be stored ({error.strerror or error}); "
            f"set {CACHE_VARIABLE} to a folder with room"
        )
    except EngineError as error:
        return NotPrepared(str(error))


def _emitter() -> Emit:
    """Keep standard output for events alone; whatever a library prints goes to standard error."""
    events = os.fdopen(os.dup(1), "wb")  # buffered: finishes what a signal interrupts
    os.dup2(2, 1)

    def emit(event: Event) -> None:
        events.write(EVENT.dump_json(event) + b"\n")
        events.flush()

    return emit


def _be_first_to_go() -> None:
    """Where memory runs out, Linux should end this process, not the page or the notebook."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main()
