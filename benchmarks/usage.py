"""What this process has used: memory at its peak, and energy where hardware counts it.

Beside `machine.py` the only reader of the machine. Nothing is estimated: what cannot be read is
None. Sources: proc(5) on VmHWM and clear_refs, the kernel's Documentation/power/powercap, NVML.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
POWERCAP = Path("/sys/class/powercap")

T = TypeVar("T")
Meter = Callable[[], float | None]  # joules since it was started; None if it cannot be read now


@dataclass(frozen=True)
class Memory:
    """What one process took that loaded and ran one network and nothing else, read from the system.

    floor_bytes: resident once the runtime had run the smallest network there is.
    loaded_bytes: resident once this network had run a few times; peak_bytes: the most while it ran
        again. What making or loading it took for a moment is in neither.
    device_allocated_bytes, device_reserved_bytes: of an accelerator, the most that tensors took,
        and that PyTorch held for them; device_process_bytes: all of this process there, by NVML.
    """

    floor_bytes: int
    loaded_bytes: int
    peak_bytes: int
    device_allocated_bytes: int | None = None
    device_reserved_bytes: int | None = None
    device_process_bytes: int | None = None

    @property
    def needed_bytes(self) -> int:
        """At its peak, over what the runtime takes anyway."""
        return self.peak_bytes - self.floor_bytes


EnergySource = Literal["counter of the CPU package", "NVML"]
PACKAGE: EnergySource = "counter of the CPU package"
NVML: EnergySource = "NVML"


@dataclass(frozen=True)
class Energy:
    """What a hardware counter counted while inferences ran back to back; never an estimate.

    It counts all of the CPU packages or the GPU: idle power, and whatever else ran there.
    """

    joules: float
    inferences: int
    seconds: float
    source: EnergySource

    @property
    def inference_j(self) -> float:
        return self.joules / self.inferences


def resident_bytes() -> int | None:
    """Memory of this process that is in RAM now."""
    return _status_bytes("VmRSS")


def peak_bytes() -> int | None:
    """The most that was in RAM since `reset_peak`: kept by the kernel, so that no spike is missed.

    Not ru_maxrss, which cannot be reset and which a process inherits from whoever started it.
    """
    return _status_bytes("VmHWM")


def reset_peak() -> bool:
    """Let the peak begin anew at what is resident now; False where that is impossible."""
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")
        return True
    return False


def can_measure_peak() -> bool:
    return os.access(_CLEAR, os.W_OK) and peak_bytes() is not None


def give_back_free_memory() -> None:
    """Memory that was freed goes back to the system, where the C library knows how (glibc).

    Otherwise it would count as needed until something else uses it.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


@dataclass(frozen=True)
class PackageCounter:
    """The energy counter of one CPU package; it starts again from 0 beyond `range_uj`."""

    energy_uj: int
    range_uj: int


def read_packages(folder: Path = POWERCAP) -> Mapping[str, PackageCounter]:
    """By domain, RAPL's counters of whole packages; none unless all can be read.

    Cores, memory and graphics are domains within a package, "psys" has packages within it, and
    other interfaces count the same again: they are left out.
    """
    found = {}
    try:
        for domain in sorted(folder.iterdir()):
            if re.fullmatch(r"intel-rapl:\d+", domain.name) is None:
                continue
            if (domain / "name").read_text(encoding="ascii").startswith("package"):
                found[domain.name] = PackageCounter(
                    int((domain / "energy_uj").read_text(encoding="ascii")),
                    int((domain / "max_energy_range_uj").read_text(encoding="ascii")),
                )
    except (OSError, ValueError):  # usual: only root may read them
        return {}
    return found


def joules_between(
    before: Mapping[str, PackageCounter], after: Mapping[str, PackageCounter]
) -> float | None:
    """Of all packages; less than one turn of a counter (minutes) must lie between."""
    if not before or before.keys() != after.keys():
        return None
    used_uj = 0
    for name, then in before.items():
        counted_uj = after[name].energy_uj - then.energy_uj
        used_uj += counted_uj if counted_uj >= 0 else counted_uj + then.range_uj
    return used_uj * 1e-6


def start_package_meter(folder: Path = POWERCAP) -> Meter | None:
    """Everything that runs on the CPU packages counts, idle power too. None without a counter."""
    before = read_packages(folder)
    return (lambda: joules_between(before, read_packages(folder))) if before else None


def start_gpu_meter(uuid: str) -> Meter | None:
    """Of the whole GPU ("GPU-..."), idle power too. None without a counter."""
    before = _gpu_joules(uuid)
    if before is None:
        return None

    def used() -> float | None:
        now = _gpu_joules(uuid)
        return None if now is None else now - before

    return used


def gpu_process_bytes(uuid: str) -> int | None:
    """Memory of the GPU ("GPU-...") that NVML counts for this process: runtime and kernels too.

    None where NVML does not tell, as in a container that numbers its processes by itself.
    """

    def own_bytes(nvml: Any, handle: Any) -> int | None:
        for process in nvml.nvmlDeviceGetComputeRunningProcesses(handle):
            if process.pid == os.getpid() and process.usedGpuMemory is not None:
                return int(process.usedGpuMemory)
        return None

    return _ask_nvml(uuid, own_bytes)


def _gpu_joules(uuid: str) -> float | None:
    def joules(nvml: Any, handle: Any) -> float:
        return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) * 1e-3

    return _ask_nvml(uuid, joules)


def _ask_nvml(uuid: str, question: Callable[[Any, Any], T]) -> T | None:
    """question: to NVML and its handle of the GPU. None where NVML refuses."""
    import pynvml

    with suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        try:
            return question(pynvml, pynvml.nvmlDeviceGetHandleByUUID(uuid))
        finally:
            pynvml.nvmlShutdown()
    return None


def _status_bytes(field: str) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
    return None
