"""Work on a thread of its own, so that an interrupt (Ctrl-C) ends it in good order."""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.jobs.updates import Listener, Update


@dataclass(frozen=True)
class Interrupt:
    """Somebody pressed Ctrl-C, or the stop button of a notebook."""


News = queue.SimpleQueue[Update | Interrupt | None]  # None: it has ended
Answer = TypeVar("Answer")
LOOK_FOR_INTERRUPT_S = 0.25  # a signal that another thread takes does not wake this one


def carried_out(
    work: Callable[[Listener, threading.Event], Answer],
    poke: Callable[[], None],
    listen: Listener,
) -> Answer:
    """What `work` gives. It is told where to report and which stop sign to watch.

    poke: lets `work` look at its stop sign at once. listen: is called on this thread.
    """
    stop = threading.Event()
    with _interrupts() as news, ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work, news.put, stop)
        future.add_done_callback(lambda done: news.put(None))
        try:
            while not (future.done() and news.empty()):
                with suppress(queue.Empty):
                    match news.get(timeout=LOOK_FOR_INTERRUPT_S):
                        case Interrupt():
                            stop.set()
                            poke()
                        case None:
                            pass
                        case update:
                            listen(update)
        finally:  # whatever ends the waiting ends the work
            stop.set()
            poke()
        return future.result()


@contextmanager
def _interrupts() -> Iterator[News]:
    """What happens while this lasts, each Ctrl-C among it. The exception that it raises otherwise
    can hit anywhere, also where nobody is ready for it, and would lose what was measured."""
    news: News = queue.SimpleQueue()  # its `put` may be interrupted
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield news
        return
    signal.signal(signal.SIGINT, lambda number, frame: news.put(Interrupt()))
    try:
        yield news
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
