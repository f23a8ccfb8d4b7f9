"""The only reader of the machine. Nothing is read at import; what cannot be read is None."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from benchmarks.timing.contamination import Counters

PACKAGES = (
    "torch",
    "torchvision",
    "onnxruntime",
    "openvino",
    "onnx",
    "numpy",
    "streamlit",
    "plotly",
)


@dataclass(frozen=True)
class Machine:
    """Coarse, stable facts that a latency depends on. No host name, user name, path or serial.

    usable_cpus: what this process may really use: the least of affinity, container quota and
        physical cores.
    """

    cpu: str
    physical_cpus: int | None
    logical_cpus: int
    usable_cpus: int
    memory_bytes: int
    accelerators: tuple[str, ...]
    system: str
    python: str
    packages: tuple[tuple[str, str], ...]  # distribution and version, those installed

    def version_of(self, package: str) -> str | None:
        return dict(self.packages).get(package)


@dataclass(frozen=True)
class MachineState:
    """What changes from moment to moment and disturbs a measurement."""

    load_1min: float | None
    memory_available_bytes: int
    on_battery: bool | None = None
    governor: str | None = None


@lru_cache(maxsize=1)
def read_machine() -> Machine:
    """This machine, read once per process (a few tens of milliseconds)."""
    return Machine(
        cpu=_cpu_name(),
        physical_cpus=psutil.cpu_count(logical=False),
        logical_cpus=psutil.cpu_count() or 1,
        usable_cpus=_usable_cpus(),
        memory_bytes=psutil.virtual_memory().total,
        accelerators=_nvidia_names(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages=tuple(
            (name, found) for name in PACKAGES if (found := _installed(name)) is not None
        ),
    )


def read_state() -> MachineState:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return MachineState(
        load_1min=load,
        memory_available_bytes=psutil.virtual_memory().available,
        on_battery=None if battery is None else not battery.power_plugged,
        governor=_first_line(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
    )


def read_counters() -> Counters:
    """What the system has counted for this process; some fifty microseconds on Linux."""
    involuntary = major_faults = None
    if sys.platform != "win32":
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        involuntary, major_faults = usage.ru_nivcsw, usage.ru_majflt
    return Counters(
        time_ns=time.perf_counter_ns(),
        delay_ns=_run_queue_delay_ns(),
        involuntary=involuntary,
        major_faults=major_faults,
        throttled=_throttled_periods(),
    )


def busy_cpu_s() -> float:
    """CPU seconds that all programs together have used since the machine started."""
    times = psutil.cpu_times()  # on Linux the ninth and tenth stand in the first two as well
    idle = times.idle + getattr(times, "iowait", 0.0)
    return float(sum(times[:8]) - idle) if sys.platform == "linux" else float(sum(times) - idle)


def cpu_s_of(pids: Iterable[int]) -> float:
    """CPU seconds that this process and these have used; of one that is gone, none."""
    total = time.process_time()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            used = psutil.Process(pid).cpu_times()
            total += used.user + used.system
    return total


def _run_queue_delay_ns() -> int | None:
    """Nanoseconds for which threads of this process were ready to run and had to wait (Linux)."""
    total = None
    for path in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):
            total = (total or 0) + int(path.read_text(encoding="ascii").split()[1])
    return total


def _throttled_periods() -> int | None:
    """Of the container's CPU quota (cgroup v2)."""
    with suppress(OSError):
        for line in Path("/sys/fs/cgroup/cpu.stat").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == "nr_throttled":
                return int(value)
    return None


def _first_line(path: Path) -> str | None:
    with suppress(OSError):
        return path.read_text(encoding="ascii").splitlines()[0]
    return None


def _cpu_name() -> str:
    """Read from Linux directly: py-cpuinfo starts processes with multiprocessing to find it,
    and those would run the dashboard's script again."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _usable_cpus() -> int:
    from loky import cpu_count  # knows affinity, cgroup quotas and hyper-threads

    return int(cpu_count(only_physical_cores=True))


def _nvidia_names() -> tuple[str, ...]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ()
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return tuple(str(pynvml.nvmlDeviceGetName(handle)) for handle in handles)
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
