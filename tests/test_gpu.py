"""How a GPU is around a turn. NVML is pretended here: what a real one says stands in test_cuda."""

import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pynvml
import pytest

from benchmarks import gpu
from benchmarks.gpu import GpuWatch
from benchmarks.machine import has_our_parent
from benchmarks.timing import contamination
from benchmarks.timing.contamination import GpuState

HANDLE = object()
US, SISTER, STRANGER = os.getpid(), 2_000_001, 2_000_002


class Refused(Exception):
    """As NVML's error."""


class Nvml:
    """Answers for one GPU. pids: who has it open; `asked` has every question, in order."""

    NVMLError = Refused
    NVML_CLOCK_SM = 1

    def __init__(self, *pids: int, reasons: int = 0) -> None:
        self.pids, self.reasons = pids, reasons
        self.asked: list[str] = []

    def _answer(self, name: str, handle: object) -> None:
        assert handle is HANDLE
        self.asked.append(name)

    def nvmlDeviceGetClockInfo(self, handle: object, kind: int) -> int:
        self._answer("clock", handle)
        assert kind == self.NVML_CLOCK_SM
        return 1980

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: object) -> int:
        self._answer("reasons", handle)
        return self.reasons

    def nvmlDeviceGetComputeRunningProcesses(self, handle: object) -> list[SimpleNamespace]:
        self._answer("processes", handle)
        return [SimpleNamespace(pid=pid) for pid in self.pids]


class OldNvml(Nvml):
    """Of a driver that has only the old name."""

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: object) -> int:
        raise Refused

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: object) -> int:
        return self.reasons


class SilentNvml(Nvml):
    """Of a GPU that tells nothing."""

    def _answer(self, name: str, handle: object) -> None:
        raise Refused


def watch_of(nvml: Nvml, now: Callable[[], float] = lambda: 0.0) -> GpuWatch:
    return GpuWatch(nvml, HANDLE, is_ours=lambda pid: pid == SISTER, now=now)


def test_clock_reasons_and_others_are_read() -> None:
    assert watch_of(Nvml(US, STRANGER, reasons=0x24))() == GpuState(1980, 0x24, others=1)


def test_an_older_driver_is_asked_by_the_older_name() -> None:
    assert watch_of(OldNvml(US, reasons=0x40))() == GpuState(1980, 0x40, others=0)


def test_what_the_gpu_does_not_tell_is_none_and_not_zero() -> None:
    assert watch_of(SilentNvml(US))() == GpuState(None, None, None)


def test_processes_that_were_started_beside_this_one_are_no_strangers() -> None:
    assert watch_of(Nvml(US, SISTER))().others == 0


def test_where_processes_are_numbered_otherwise_nobody_is_taken_for_a_stranger() -> None:
    assert watch_of(Nvml(STRANGER, SISTER))().others is None
    assert watch_of(Nvml())().others is None


def test_who_else_is_there_is_asked_once_a_second_and_the_rest_every_time() -> None:
    nvml, now_s = Nvml(US), [100.0]
    watch = watch_of(nvml, now=lambda: now_s[0])

    for now_s[0] in (100.0, 100.4, 100.9):
        assert watch().others == 0
    nvml.pids = (US, STRANGER)
    now_s[0] = 101.0

    assert watch().others == 1
    assert nvml.asked.count("processes") == 2
    assert nvml.asked.count("reasons") == 4


def test_a_gpu_that_nvml_does_not_know_is_not_watched() -> None:
    assert gpu.watch("GPU-00000000-0000-0000-0000-000000000000") is None


def test_only_who_has_the_same_parent_is_ours() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert has_our_parent(os.getpid())
        assert not has_our_parent(os.getppid())
        assert not has_our_parent(child.pid)
    finally:
        child.communicate(b"\n", timeout=60)
    assert not has_our_parent(child.pid)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (contamination.POWER_CAP, ["SwPowerCap"]),
        (contamination.HARDWARE, ["HwSlowdown", "HwPowerBrakeSlowdown"]),
        (contamination.HEAT, ["SwThermalSlowdown", "HwThermalSlowdown"]),
    ],
)
def test_the_bits_are_nvmls(ours: int, theirs: list[str]) -> None:
    assert ours == sum(getattr(pynvml, f"nvmlClocksEventReason{name}") for name in theirs)


def test_every_function_that_is_asked_for_is_one_of_nvmls() -> None:
    assert any(hasattr(pynvml, name) for name in gpu.REASONS)
    assert hasattr(pynvml, "nvmlDeviceGetClockInfo")
    assert hasattr(pynvml, "nvmlDeviceGetComputeRunningProcesses")
