"""A handle on one worker: start it, talk to it, end it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

from pydantic import ValidationError

from benchmarks.messages import COMMAND, EVENT, Command, Event, Receive

MODULE = "benchmarks.worker"  # what a worker process runs
_TAIL_CHARACTERS = 400
_EXIT_GRACE_S = 5.0  # from the end of its output to the end of the process
# Import paths of the project itself, so that a worker starts from any folder.
_ROOT = str(Path(__file__).resolve().parents[2])


def python_path() -> str:
    """With this program's code first."""
    return os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH", "")]))


def _import_paths() -> tuple[str, ...]:
    """Where this process looks for modules: classes that are not of `__main__` travel by name."""
    return tuple(os.path.abspath(path) for path in sys.path)  # noqa: PTH100  # "" is where we are


class WorkerDied(Exception):
    """The process ended without being asked to; the message says how, for people."""


class _Sign(Enum):
    """What stands among the events without being one."""

    WAKE = 1
    END = 2


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A process that is started here inherits it: Ctrl-C spares it also before it has a session
    of its own."""
    if os.name != "posix":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkerProcess:
    """`python -m benchmarks.worker ENGINE`, in a session of its own so that Ctrl-C spares it.

    python: the interpreter of another environment; it runs this program's code with its packages.
    payloads: somebody's own networks, pickled, by the keys of their candidates.
    aside: a folder for its temporary files, instead of the one that all programs share.
    gives_way: its threads soon sleep while they wait for each other: for work that nobody times. An
        epoch of 0.7 s took 0.9 s so on two idle CPUs, and 1.9 s beside one other busy program,
        where threads that wait awake had not done two epochs in two minutes.
    is_ready: whether it has said Ready; whoever listens to it sets that.
    """

    def __init__(
        self,
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
        self._garbled = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the worker
        environment = os.environ | {
            "OMP_NUM_THREADS": str(threads),
            "MKL_NUM_THREADS": str(threads),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": python_path(),
        }
        if gives_way:
            environment = {"GOMP_SPINCOUNT": "1000"} | environment
        if aside is not None:
            environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(aside))
        try:
            with _interrupts_blocked():
                self._process = subprocess.Popen(
                    # -P: a `benchmarks` or `random.py` in the working folder is not ours.
                    [python or sys.executable, "-P", "-m", MODULE, engine],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._log,
                    env=environment,
                    pass_fds=(inherit,) if os.name == "posix" else (),
                    start_new_session=True,
                )
        except OSError:
            self._log.close()
            raise
        self._events: queue.SimpleQueue[Event | _Sign] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()
        for key, pickled in (payloads or {}).items():
            self.send(Receive(key, len(pickled), _import_paths()))
            self._outbox.put(pickled)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it may still say something."""
        return self._reader.is_alive()

    def send(self, command: Command) -> None:
        """Does not wait until it is read: a worker that hangs must not hang its supervisor."""
        self._outbox.put(COMMAND.dump_json(command) + b"\n")

    def next_event(self, timeout_s: float) -> Event | None:
        """The next event; None if there is none in time, or on `wake`. Raises WorkerDied."""
        try:
            event = self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if event is _Sign.WAKE:
            return None
        if event is _Sign.END:
            self._events.put(event)  # whoever asks next learns it too
            raise WorkerDied(self._last_words())
        return event

    def wake(self) -> None:
        """Let `next_event` return at once; from any thread."""
        self._events.put(_Sign.WAKE)

    def kill(self) -> None:
        """End it now, with whatever it has started, and wait until all is gone."""
        if os.name == "posix" and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS says this of a dead group
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._outbox.put(None)
        self._writer.join()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # what is still unwritten has no reader
            self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()

    def _read(self) -> None:
        """Blocks on the pipe: a supervisor that polls would take the CPU from the measurement."""
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                self._events.put(EVENT.validate_json(line))
        except ValidationError:
            self._garbled = True
            self._process.kill()
        finally:
            self._events.put(_Sign.END)

    def _write(self) -> None:
        """In the order in which it was sent: bytes that belong to a line must follow it."""
        assert self._process.stdin is not None
        while (part := self._outbox.get()) is not None:
            with suppress(BrokenPipeError, ValueError):  # its end is said by `_read`
                self._process.stdin.write(part)
                self._process.stdin.flush()

    def _last_words(self) -> str:
        if self._garbled:
            return "the worker process said something that makes no sense and was ended"
        try:
            code = self._process.wait(_EXIT_GRACE_S)
        except subprocess.TimeoutExpired:
            return "the worker process fell silent"
        if code < 0:
            name = signal.Signals(-code).name
            hint = "; Linux does this when memory runs out" if name == "SIGKILL" else ""
            return f"the worker process was ended by {name}{hint}"
        if self._log.closed:
            return "the worker process was ended"
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        last = lines[-1][-_TAIL_CHARACTERS:] if lines else "it said nothing"
        return f"the worker process ended with status {code}: {last}"
