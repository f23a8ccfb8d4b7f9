"""Before a proper measurement: wait a little where programs queue for the CPUs just now."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.linux import Pressure
from benchmarks.preflight import MAX_PRESSURE

LIMIT_S = 10.0
WINDOW_S = 1.0
WAITING = "Waiting for the machine to calm down"


def wait_until_calm(
    read: Callable[[], Pressure | None],
    pause: Callable[[float], None],
    tell: Callable[[], None],
) -> float | None:
    """The pressure in the end, a share of the time; None where it cannot be read.

    pause: lets so many seconds pass, and may raise. tell: called once, if there is a wait.
    The last ten seconds count only if they were calm: our own export may have been in them.
    """
    first = now = read()
    if first is None or now is None:
        return None
    pressure = first.recent
    if pressure > MAX_PRESSURE:
        tell()
    while pressure > MAX_PRESSURE and now.time_s - first.time_s < LIMIT_S:
        pause(WINDOW_S)
        before, now = now, read()
        if now is None:
            return None
        pressure = now.since(before)
    return pressure
