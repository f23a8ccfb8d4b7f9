"""For what another thread or process does in its own time. Limits only end what hangs."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psutil

LIMIT_S = 60.0
T = TypeVar("T")


def soon(condition: Callable[[], bool], within_s: float = LIMIT_S) -> bool:
    """Whether it becomes true."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def result_of(work: Callable[[], T], within_s: float = LIMIT_S) -> T:
    """What `work` returns, on a thread of its own; fails if it does not return."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()
    thread.join(within_s)
    assert not thread.is_alive(), f"it has not returned within {within_s:g} s"
    return results[0]


def has_ended(process: psutil.Process) -> bool:
    """Also while its end waits to be noticed by whoever inherited it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
