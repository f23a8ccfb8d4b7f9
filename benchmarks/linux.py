"""What Linux says of the machine in its files. None: no such file here, or it cannot be read."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")


@dataclass(frozen=True)
class Pressure:
    """Programs that were ready to run and had to wait for a CPU (the kernel's PSI, `some`).

    time_s: when it was read, on a clock that never goes back. waited_s: for which at least one
    waited, since the machine started. recent: the share of the last ten seconds.
    """

    time_s: float
    waited_s: float
    recent: float

    def since(self, earlier: Pressure) -> float:
        """The share of the time between two readings."""
        share = (self.waited_s - earlier.waited_s) / (self.time_s - earlier.time_s)
        return min(max(0.0, share), 1.0)


def pressure(root: Path = ROOT) -> Pressure | None:
    """Of the whole machine. Some distributions switch it off."""
    for line in _lines(root / "proc/pressure/cpu"):
        kind, *fields = line.split()
        if kind == "some":
            found = dict(field.split("=") for field in fields)
            return Pressure(
                time.monotonic(), float(found["total"]) * 1e-6, float(found["avg10"]) / 100
            )
    return None


def run_queue_delay_ns(root: Path = ROOT) -> int | None:
    """Nanoseconds for which threads of this process were ready to run and had to wait."""
    total = None
    for path in (root / "proc/self/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):
            total = (total or 0) + int(path.read_text(encoding="ascii").split()[1])
    return total


def throttled_periods(root: Path = ROOT) -> int | None:
    """In which the container had used up its CPU quota (control groups, version 2 or 1)."""
    for name in ("cpu.stat", "cpu/cpu.stat"):
        for line in _lines(root / "sys/fs/cgroup" / name):
            key, _, value = line.partition(" ")
            if key == "nr_throttled":
                return int(value)
    return None


def quota_cpus(root: Path = ROOT) -> float | None:
    """CPUs' worth of time that the container may use; infinite where it has no quota."""
    groups = root / "sys/fs/cgroup"
    fields = _first_line(groups / "cpu.max").split() or [
        _first_line(groups / "cpu/cpu.cfs_quota_us"),
        _first_line(groups / "cpu/cpu.cfs_period_us"),
    ]
    with suppress(ValueError):
        if fields[0] in ("max", "-1"):
            return math.inf
        return int(fields[0]) / int(fields[1])
    return None


def governor(root: Path = ROOT) -> str | None:
    return _first_line(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None


def is_turbo_on(root: Path = ROOT) -> bool | None:
    """Whether the clock may rise for as long as it is cool enough."""
    cpus = root / "sys/devices/system/cpu"
    if off := _first_line(cpus / "intel_pstate/no_turbo"):
        return off == "0"
    boost = _first_line(cpus / "cpufreq/boost")
    return boost == "1" if boost else None


def overheated(root: Path = ROOT) -> int | None:
    """How often a core was slowed down because it was too hot, since the machine started."""
    cores = (root / "sys/devices/system/cpu").glob("cpu*/thermal_throttle/core_throttle_count")
    counts = [line for path in cores if (line := _first_line(path)).isdecimal()]
    return sum(map(int, counts)) if counts else None


def is_virtual(root: Path = ROOT) -> bool | None:
    """Whether the CPU says that it is a guest's; only x86 has a word for that."""
    flags = _cpu_fact("flags", root)
    return None if flags is None else "hypervisor" in flags.split()


def cpu_name(root: Path = ROOT) -> str | None:
    """Read directly: py-cpuinfo starts processes with multiprocessing to find it, and those would
    run the dashboard's script again."""
    return _cpu_fact("model name", root)


def _cpu_fact(name: str, root: Path) -> str | None:
    for line in _lines(root / "proc/cpuinfo"):
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _first_line(path: Path) -> str:
    return next(iter(_lines(path)), "")


def _lines(path: Path) -> list[str]:
    with suppress(OSError):
        return path.read_text(encoding="utf-8").splitlines()
    return []
