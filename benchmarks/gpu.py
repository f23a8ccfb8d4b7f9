"""How an NVIDIA GPU is before and after a turn, read through NVML; for who judges, `timing`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from benchmarks.machine import has_our_parent
from benchmarks.timing.contamination import GpuState

OTHERS_EVERY_S = 1.0  # reading who else is there takes longest, and it seldom changes
# The second is what drivers before 535 call the first.
REASONS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")


class GpuWatch:
    """One GPU, kept open: starting NVML anew would take longer than a turn.

    nvml: the module `pynvml`. is_ours: whether a process was started by whoever started this one.
    """

    def __init__(
        self,
        nvml: Any,
        handle: Any,
        *,
        is_ours: Callable[[int], bool] = has_our_parent,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nvml = nvml
        self._handle = handle
        self._is_ours = is_ours
        self._now = now
        self._others: int | None = None
        self._others_until = -float("inf")

    def __call__(self) -> GpuState:
        if self._now() >= self._others_until:
            self._others = self._count_others()
            self._others_until = self._now() + OTHERS_EVERY_S
        clock = self._ask("nvmlDeviceGetClockInfo", self._nvml.NVML_CLOCK_SM)
        reasons = next((bits for name in REASONS if (bits := self._ask(name)) is not None), None)
        return GpuState(clock, reasons, self._others)

    def _count_others(self) -> int | None:
        """None where this process is not in the list: a container may number its processes anew,
        and nobody can be told from anybody then."""
        running = self._ask("nvmlDeviceGetComputeRunningProcesses")
        pids = {process.pid for process in running or ()}
        if os.getpid() not in pids:
            return None
        return sum(not self._is_ours(pid) for pid in pids - {os.getpid()})

    def _ask(self, function: str, *arguments: object) -> Any:
        """None where the driver or the GPU does not know."""
        with suppress(self._nvml.NVMLError, AttributeError):
            return getattr(self._nvml, function)(self._handle, *arguments)
        return None


@cache
def watch(uuid: str) -> GpuWatch | None:
    """Of the GPU "GPU-...", for as long as this process lives. None where NVML does not know it."""
    import pynvml

    with suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        return GpuWatch(pynvml, pynvml.nvmlDeviceGetHandleByUUID(uuid))
    return None
