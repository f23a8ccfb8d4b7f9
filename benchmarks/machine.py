"""The only reader of the machine. Nothing is read at import; what cannot be read is None."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

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
    return MachineState(load, psutil.virtual_memory().available)


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
