"""Which blocks something else disturbed, judged by signals that do not see how long they took.

A block must never be left out for being slow: that would make every network look faster than it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Disturbance = Literal["waited", "paged", "throttled"]
MAX_DELAY_SHARE = 0.01  # of the block's time, spent ready to run while others ran
MIN_DELAY_NS = 100_000  # less is what waking a thread up takes


@dataclass(frozen=True)
class Signals:
    """What the system counted during a block. None: not readable here.

    wall_ns: from before the settle call to after the last inference.
    delay_ns: for which threads of the worker were ready to run and did not, summed over them.
    involuntary: context switches that somebody else forced. major_faults: pages read from disk.
    throttled: periods in which the container's quota stopped it.
    """

    wall_ns: int
    delay_ns: int | None = None
    involuntary: int | None = None
    major_faults: int | None = None
    throttled: int | None = None


@dataclass(frozen=True)
class Counters:
    """The same counts since the process began; a block's signals are the difference of two."""

    time_ns: int
    delay_ns: int | None = None
    involuntary: int | None = None
    major_faults: int | None = None
    throttled: int | None = None

    def since(self, earlier: Counters) -> Signals:
        return Signals(
            wall_ns=self.time_ns - earlier.time_ns,
            delay_ns=_less(self.delay_ns, earlier.delay_ns),
            involuntary=_less(self.involuntary, earlier.involuntary),
            major_faults=_less(self.major_faults, earlier.major_faults),
            throttled=_less(self.throttled, earlier.throttled),
        )


def disturbances(signals: Signals | None) -> tuple[Disturbance, ...]:
    """What disturbed a block; empty where nothing did, or nothing can be read."""
    if signals is None:
        return ()
    found: list[Disturbance] = []
    if (signals.delay_ns or 0) > max(MIN_DELAY_NS, MAX_DELAY_SHARE * signals.wall_ns):
        found.append("waited")
    if signals.major_faults:
        found.append("paged")
    if signals.throttled:
        found.append("throttled")
    return tuple(found)


def _less(now: int | None, before: int | None) -> int | None:
    """A thread that has ended takes its counts along, so a difference may seem to be negative."""
    return None if now is None or before is None else max(0, now - before)
