"""The child process that builds and times networks: `python -m benchmarks.worker ENGINE`.

The engine named is imported first; others of the same runtime follow when a task wants them.

Commands come in on standard input, events go out on standard output, one JSON object a line;
somebody's own network follows its line as raw bytes. It ends when its standard input does, so it
cannot outlive whoever started it.
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
from pathlib import Path
from typing import BinaryIO

from benchmarks.dissection import dissect
from benchmarks.engines import load_engine
from benchmarks.engines.session import EngineError
from benchmarks.footprint import weigh
from benchmarks.loading import Engines, Warm, load
from benchmarks.messages import (
    COMMAND,
    EVENT,
    Ask,
    Cancel,
    Dissect,
    Dissected,
    Done,
    Event,
    Examine,
    Failed,
    Gauge,
    Gauged,
    Load,
    Measure,
    NotPrepared,
    Prepare,
    Prepared,
    Progress,
    Ready,
    Receive,
    Recognise,
    Result,
    Teach,
    Train,
    Turned,
    Turns,
    Weigh,
    Weighed,
)
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.received import Payload, keep
from benchmarks.results import Block, Failure, Quality
from benchmarks.timing.protocol import Check, schedule, take_turns
from benchmarks.timing.warmup import typical_s

REPORT_EVERY_S = 0.4  # partial results; between blocks, never inside one
REPORT_SHARE = 0.1  # and ever more seldom: they carry all raw times so far

Emit = Callable[[Event], None]
Learning = Train | Examine | Recognise | Teach | Ask
Work = Measure | Load | Turns | Weigh | Dissect | Gauge | Prepare | Learning


class Cancelled(Exception):
    """The supervisor asked to stop."""


class Inbox:
    """Reads commands on a thread of its own, so that a cancel is seen while networks run."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._commands: queue.Queue[Work] = queue.Queue()
        self._cancelled: set[str] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Work:
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
                match command:
                    case Cancel():
                        self._cancelled.add(command.run_id)
                    case Receive():
                        pickled = self._stream.read(command.size_bytes)
                        if len(pickled) < command.size_bytes:
                            return
                        keep(command.key, Payload(pickled, command.import_paths))
                    case _:
                        self._commands.put(command)
        finally:
            os._exit(0)  # the supervisor is gone, or raves; nothing here is worth finishing


def main() -> None:
    emit = _emitter()
    inbox = Inbox(os.fdopen(os.dup(0), "rb"))  # the end of Python would wait for sys.stdin
    _be_first_to_go()
    emit(Ready(load_engine(sys.argv[1]).devices()))
    kept: list[Warm | None] = []
    while True:
        command = inbox.next()
        check = inbox.check(command.run_id)
        if isinstance(command, Turns):
            emit(_take(command, kept, check))
            continue
        kept.clear()
        try:
            match command:
                case Prepare():
                    emit(_prepare(command))
                case Load():
                    kept += _load_all(command, emit, check)
                case Measure():
                    measure(command, emit, check)
                case Weigh():
                    emit(_weigh(command, check))
                case Dissect():
                    emit(_dissect(command, emit, check))
                case Gauge():
                    emit(_gauge(command, check))
                case Train() | Examine() | Recognise() | Teach() | Ask():
                    _learn(command, emit, check)
        except Cancelled:
            emit(Done(cancelled=True))
        else:
            emit(Done())
        gc.collect()


def measure(
    command: Measure,
    emit: Emit,
    check: Check,
    *,
    engines: Engines = load_engine,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Load and warm each network, showing a first time at once; then interleave them in rounds."""
    loaded: dict[str, Warm] = {}
    for number, task in enumerate(command.tasks):
        check()
        emit(Progress(f"Loading {task.candidate.label}", 0.4 * number / len(command.tasks)))
        try:
            entry = load(number, task, command.plan, check, engines)
        except EngineError as error:
            emit(Failed(Failure(task.candidate, task.scenario, str(error))))
            continue
        loaded[task.candidate.key] = entry
        emit(_result(entry, command, "preview"))

    plan = schedule(
        {key: typical_s(entry.loaded.warmup_ns) for key, entry in loaded.items()},
        command.plan,
        random.Random(command.run_id),
    )
    turns = {key: entry.turn for key, entry in loaded.items()}
    gc.collect()
    started = told = reported = clock()
    for done, (key, block) in enumerate(take_turns(turns, plan, check), start=1):
        loaded[key].blocks.append(block)
        now = clock()
        if now - told >= REPORT_EVERY_S:  # always: who says nothing for long is taken to hang
            fraction = 0.4 + 0.6 * done / len(plan.turns)
            emit(Progress("Timing", fraction, plan.remaining_s(done)))
            told = now
        if now - reported >= max(REPORT_EVERY_S, REPORT_SHARE * (now - started)):
            for entry in loaded.values():
                emit(_result(entry, command, "preview"))
            reported = clock()
    for entry in loaded.values():
        emit(_result(entry, command, command.quality))


def _result(entry: Warm, command: Measure, quality: Quality) -> Result:
    """What has been timed so far; until that is all, a preview."""
    found = entry.task.measured(entry.loaded, entry.blocks, run_id=command.run_id, quality=quality)
    return Result(found)


def _load_all(command: Load, emit: Emit, check: Check) -> Iterator[Warm | None]:
    """Each network in its place, warm; None where it failed."""
    for number, task in enumerate(command.tasks):
        check()
        emit(Progress(f"Loading {task.candidate.label}", number / len(command.tasks)))
        try:
            entry = load(number, task, command.plan, check)
        except EngineError as error:
            emit(Failed(Failure(task.candidate, task.scenario, str(error))))
            yield None
            continue
        emit(entry.loaded)
        yield entry


def _take(command: Turns, kept: list[Warm | None], check: Check) -> Turned:
    blocks: list[tuple[int, Block]] = []
    failed: list[tuple[int, str]] = []
    for place, calls in command.turns:
        entry = kept[place]
        assert entry is not None, "a turn was given to a network that could not be loaded"
        try:
            block = entry.turn(command.round, calls, check)
        except EngineError as error:
            failed.append((place, str(error)))
        else:
            blocks.append((place, block))
    return Turned(tuple(blocks), tuple(failed))


def _weigh(command: Weigh, check: Check) -> Weighed | Failed:
    try:
        return weigh(command, check)
    except EngineError as error:
        return Failed(Failure(command.task.candidate, command.task.scenario, str(error)))


def _dissect(command: Dissect, emit: Emit, check: Check) -> Dissected | Failed:
    told = time.monotonic()

    def tell(fraction: float) -> None:
        nonlocal told
        if time.monotonic() - told >= REPORT_EVERY_S:
            emit(Progress("Timing layers", fraction))
            told = time.monotonic()

    try:
        return Dissected(dissect(command, check, tell))
    except EngineError as error:
        return Failed(Failure(command.task.candidate, command.task.scenario, str(error)))


def _gauge(command: Gauge, check: Check) -> Gauged:
    from benchmarks.engines.ceiling import find_ceiling  # torch; only its workers are asked

    return Gauged(find_ceiling(command.threads, check))


def _prepare(command: Prepare) -> Prepared | NotPrepared:
    from benchmarks.exports import prepare  # torch; only its workers are asked

    try:
        return Prepared(prepare(command.form, Path(command.folder)))
    except OSError as error:
        return NotPrepared(
            f"could not be stored ({error.strerror or error}); "
            f"set {CACHE_VARIABLE} to a folder with room"
        )
    except EngineError as error:
        return NotPrepared(str(error))


def _learn(command: Learning, emit: Emit, check: Check) -> None:
    match command:  # each imports torch; only its workers are asked
        case Train():
            from benchmarks.training.work import carry_out

            carry_out(command.order, emit, check)
        case Examine():
            from benchmarks.training.examining import examine

            examine(command.examination, emit, check)
        case Recognise():
            from benchmarks.training.recognising import recognise

            recognise(command.question, emit, check)
        case Teach():
            from benchmarks.training.tasks.work import teach

            teach(command.order, emit, check)
        case Ask():
            from benchmarks.training.tasks.asking import ask

            ask(command.question, emit, check)


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
