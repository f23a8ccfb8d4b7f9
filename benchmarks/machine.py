"""The only reader of the machine. Nothing is read at import; what cannot be read is None."""

from __future__ import annotations

import getpass
import math
import os
import platform
import re
import socket
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version

import psutil

from benchmarks import linux
from benchmarks.linux import Pressure
from benchmarks.timing.contamination import Counters

PACKAGES = (
    "torch",
    "torchvision",
    "onnxruntime",
    "openvino",
    "onnx",
    "executorch",
    "numpy",
    "streamlit",
    "plotly",
)
# The only variables of the environment that are told; threads are set by the program itself.
SETTINGS = (
    "CUDA_LAUNCH_BLOCKING",
    "GOMP_SPINCOUNT",
    "KMP_BLOCKTIME",
    "MALLOC_ARENA_MAX",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TOP_PAD_",
    "MALLOC_TRIM_THRESHOLD_",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
_NUMBER = re.compile(r"[0-9]{1,12}")
SUPERUSER = "root"  # tells nothing of anybody, and stands in "root mean square"


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
    settings: tuple[tuple[str, int], ...] = ()  # numbers in the environment that runtimes obey

    def version_of(self, package: str) -> str | None:
        return dict(self.packages).get(package)


@dataclass(frozen=True)
class MachineState:
    """What changes from moment to moment and disturbs a measurement."""

    load_1min: float | None
    memory_available_bytes: int
    on_battery: bool | None = None
    governor: str | None = None


@dataclass(frozen=True)
class Signs:
    """What may disturb a measurement, as counted at one moment. None: not readable here.

    busy_cpu_s, stolen_cpu_s: CPU time since the machine started that all programs used, and that
        the host of a virtual machine took away; own_cpu_s: that this process used.
    throttled: periods in which the container's quota was used up; quota_cpus: what it allows,
        infinite without one. overheated: how often a core was slowed down for its heat.
    swapped_bytes: moved between memory and disk since the machine started.
    """

    time_s: float
    logical_cpus: int
    usable_cpus: int
    busy_cpu_s: float
    own_cpu_s: float
    stolen_cpu_s: float | None = None
    pressure: Pressure | None = None
    throttled: int | None = None
    quota_cpus: float | None = None
    governor: str | None = None
    is_turbo_on: bool | None = None
    overheated: int | None = None
    is_on_battery: bool | None = None
    swap_used_bytes: int | None = None
    swapped_bytes: int | None = None
    is_virtual: bool | None = None


@lru_cache(maxsize=1)
def read_machine() -> Machine:
    """This machine, read once per process (a few tens of milliseconds)."""
    return Machine(
        cpu=linux.cpu_name() or platform.processor() or platform.machine(),
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
        settings=tuple(
            (name, int(text))
            for name in SETTINGS
            if _NUMBER.fullmatch(text := os.environ.get(name, ""))
        ),
    )


def read_state() -> MachineState:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return MachineState(
        load_1min=load,
        memory_available_bytes=psutil.virtual_memory().available,
        on_battery=_is_on_battery(),
        governor=linux.governor(),
    )


def read_signs() -> Signs:
    """What may disturb a measurement now; about a millisecond."""
    facts = read_machine()
    swap = psutil.swap_memory()
    stolen = getattr(psutil.cpu_times(), "steal", None)
    return Signs(
        time_s=time.monotonic(),
        logical_cpus=facts.logical_cpus,
        usable_cpus=facts.usable_cpus,
        busy_cpu_s=busy_cpu_s(),
        own_cpu_s=time.process_time(),
        stolen_cpu_s=None if stolen is None else float(stolen),
        pressure=read_pressure(),
        throttled=linux.throttled_periods(),
        quota_cpus=linux.quota_cpus(),
        governor=linux.governor(),
        is_turbo_on=linux.is_turbo_on(),
        overheated=linux.overheated(),
        is_on_battery=_is_on_battery(),
        swap_used_bytes=swap.used,
        swapped_bytes=swap.sin + swap.sout,
        is_virtual=linux.is_virtual(),
    )


def read_pressure() -> Pressure | None:
    """How many programs wait for a CPU; some twenty microseconds."""
    return linux.pressure()


def read_counters() -> Counters:
    """What the system has counted for this process; some fifty microseconds on Linux."""
    involuntary = major_faults = None
    if sys.platform != "win32":
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        involuntary, major_faults = usage.ru_nivcsw, usage.ru_majflt
    return Counters(
        time_ns=time.perf_counter_ns(),
        delay_ns=linux.run_queue_delay_ns(),
        involuntary=involuntary,
        major_faults=major_faults,
        throttled=linux.throttled_periods(),
    )


def busy_cpu_s() -> float:
    """CPU seconds that all programs together have used since the machine started.

    Idle time is left out rather than taken off: days of it, come and gone, would leave rounding
    errors by which the count goes back.
    """
    times = psutil.cpu_times()
    # On Linux the ninth and tenth, time of guests, stand in the first two as well.
    names = times._fields[:8] if sys.platform == "linux" else times._fields
    return math.fsum(getattr(times, name) for name in names if name not in ("idle", "iowait"))


def cpu_s_of(pids: Iterable[int]) -> float:
    """CPU seconds that this process and these have used; of one that is gone, none."""
    total = time.process_time()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            used = psutil.Process(pid).cpu_times()
            total += used.user + used.system
    return total


def has_our_parent(pid: int) -> bool:
    """Whether a process was started by whoever started this one."""
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).ppid() == os.getppid())
    return False


def private_names() -> tuple[str, ...]:
    """What this machine and its user are called: nobody else's business."""
    names = [socket.gethostname()]
    with suppress(OSError, KeyError, ImportError):  # a user without a name
        names.append(getpass.getuser())
    return tuple(name for name in names if name and name != SUPERUSER)


def _is_on_battery() -> bool | None:
    """None also where there is no battery: the system does not tell one from the other."""
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if battery is None else not battery.power_plugged


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
