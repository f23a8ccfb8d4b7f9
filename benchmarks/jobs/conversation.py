"""Talking to workers under a stop sign: one that hangs is ended, one that is asked may finish."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from benchmarks.jobs.worker_process import WorkerDied, WorkerProcess
from benchmarks.messages import (
    Ask,
    Cancel,
    Dissect,
    Done,
    Event,
    Examine,
    Gauge,
    Load,
    Measure,
    Prepare,
    Ready,
    Recognise,
    Teach,
    Train,
    Turns,
    Weigh,
)

# Commands with several answers, the last of which is `Done`.
Long = (
    Measure | Load | Weigh | Dissect | Gauge | Prepare | Train | Examine | Recognise | Teach | Ask
)
POLL_WORKER_S = 1.0
CANCEL_GRACE_S = 5.0


class Cancelled(Exception):
    """The person asked to stop; what was measured is kept."""


class Conversation:
    """What one run says to its workers and hears from them. Use it from one thread.

    silence_limit_s: a worker that says nothing for so long is taken to hang.
    """

    def __init__(self, stop: threading.Event, silence_limit_s: float) -> None:
        self.stop = stop
        self.silence_limit_s = silence_limit_s
        self._asked_to_stop_at: float | None = None
        self._listening_to: WorkerProcess | None = None

    def poke(self) -> None:
        """Look at the stop sign now rather than within a second; from any thread."""
        if (worker := self._listening_to) is not None:
            worker.wake()

    def check(self) -> None:
        if self.stop.is_set():
            raise Cancelled

    def await_ready(self, worker: WorkerProcess) -> None:
        """Until its runtime is imported. Raises WorkerDied and Cancelled, as all here do."""
        if worker.is_ready:
            return
        try:
            worker.is_ready = isinstance(self._next(worker), Ready)
        except WorkerDied:
            worker.kill()
            raise

    def ask(
        self,
        worker: WorkerProcess,
        command: Long,
        hear: Callable[[Event], None],
    ) -> None:
        """Send one command and pass on what comes back until it is done."""
        self.check()
        done = False
        worker.send(command)
        try:
            while True:
                event = self._next(worker, command.run_id)
                if isinstance(event, Done):
                    done = True
                    if event.cancelled:
                        raise Cancelled
                    return
                hear(event)
        finally:
            if not done:  # what it still had to say would be taken for an answer to the next
                worker.kill()

    def grant(self, worker: WorkerProcess, turns: Turns) -> Event:
        """Let a worker take these turns; its answer."""
        self.check()
        worker.send(turns)
        return self._next(worker)

    def _next(self, worker: WorkerProcess, run_id: str | None = None) -> Event:
        """The worker's next event.

        run_id: what the worker is to stop when somebody cancels; None where it need not be asked.
        """
        self._listening_to = worker  # before the stop sign is read, or a poke could be missed
        silent_since = time.monotonic()
        while True:
            if self.stop.is_set():
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
