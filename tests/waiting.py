"""For what another process does in its own time."""

import time
from collections.abc import Callable

import psutil


def soon(condition: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Whether it becomes true."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def has_ended(process: psutil.Process) -> bool:
    """Also while its end waits to be noticed by whoever inherited it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
