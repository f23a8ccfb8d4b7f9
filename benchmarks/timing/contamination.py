"""Which blocks something else disturbed, judged by signals that do not see how long they took.

A block must never be left out for being slow: that would make every network look faster than it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

Disturbance = Literal["waited", "paged", "throttled", "overheated", "capped", "braked"]
OF_GPU: frozenset[Disturbance] = frozenset({"overheated", "capped", "braked"})
MAX_DELAY_SHARE = 0.01  # of the block's time, spent ready to run while others ran
MIN_DELAY_NS = 100_000  # less is what waking a thread up takes

# NVML's bits (nvmlClocksEventReasons) for a clock that is held down by what comes and goes. Others
# are how a GPU is set up or that it was idle between two turns (idle, application clocks, sync
# boost, display clocks), hold for all who take turns, and are no disturbance.
POWER_CAP = 0x04
HARDWARE = 0x08 | 0x80  # slowdown and power brake; the first comes with heat too
HEAT = 0x20 | 0x40  # by the driver and by the hardware


@dataclass(frozen=True)
class GpuState:
    """An NVIDIA GPU in one moment, by NVML. None: not readable here.

    sm_mhz: clock of its processors. reasons: bits for what holds it down.
    others: programs that have it open for computing and are none of ours.
    """

    sm_mhz: int | None = None
    reasons: int | None = None
    others: int | None = None


@dataclass(frozen=True)
class GpuSignals:
    """What NVML said of the GPU before and after a block; `reasons` and `others` of either.

    Blocks are judged by `reasons` alone. A clock may be low because the GPU was idle, and whoever
    has it open need not use it: NVML counts use over a sixth of a second or more, far longer than a
    block.
    """

    mhz_before: int | None = None
    mhz_after: int | None = None
    reasons: int | None = None
    others: int | None = None


@dataclass(frozen=True)
class Signals:
    """What the system counted during a block. None: not readable here.

    wall_ns: from before the settle call to after the last inference.
    delay_ns: for which threads of the worker were ready to run and did not, summed over them.
    involuntary: context switches that somebody else forced. major_faults: pages read from disk.
    throttled: periods in which the container's quota stopped it. gpu: None on the CPU, too.
    """

    wall_ns: int
    delay_ns: int | None = None
    involuntary: int | None = None
    major_faults: int | None = None
    throttled: int | None = None
    gpu: GpuSignals | None = None


@dataclass(frozen=True)
class Counters:
    """The same counts since the process began; a block's signals are the difference of two.

    gpu: no count, but how the GPU was in that moment.
    """

    time_ns: int
    delay_ns: int | None = None
    involuntary: int | None = None
    major_faults: int | None = None
    throttled: int | None = None
    gpu: GpuState | None = None

    def since(self, earlier: Counters) -> Signals:
        return Signals(
            wall_ns=self.time_ns - earlier.time_ns,
            delay_ns=_less(self.delay_ns, earlier.delay_ns),
            involuntary=_less(self.involuntary, earlier.involuntary),
            major_faults=_less(self.major_faults, earlier.major_faults),
            throttled=_less(self.throttled, earlier.throttled),
            gpu=_around(earlier.gpu, self.gpu),
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
    if signals.gpu is not None:
        found += _held_back(signals.gpu.reasons or 0)
    return tuple(found)


def _held_back(reasons: int) -> list[Disturbance]:
    found: list[Disturbance] = []
    if reasons & HEAT:
        found.append("overheated")
    elif reasons & HARDWARE:
        found.append("braked")
    if reasons & POWER_CAP:
        found.append("capped")
    return found


def _around(before: GpuState | None, after: GpuState | None) -> GpuSignals | None:
    if before is None or after is None:
        return None
    reasons = [state.reasons for state in (before, after) if state.reasons is not None]
    others = [state.others for state in (before, after) if state.others is not None]
    return GpuSignals(
        mhz_before=before.sm_mhz,
        mhz_after=after.sm_mhz,
        reasons=reduce(or_, reasons) if reasons else None,
        others=max(others, default=None),
    )


def _less(now: int | None, before: int | None) -> int | None:
    """A thread that has ended takes its counts along, so a difference may seem to be negative."""
    return None if now is None or before is None else max(0, now - before)
