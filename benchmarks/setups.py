"""What a run was measured on and with: which machine that is, and what differs between set-ups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import units
from benchmarks.insight import way_label
from benchmarks.machine import Machine
from benchmarks.results import Run
from benchmarks.snapshot import Snapshot, digest


@dataclass(frozen=True)
class Fact:
    """One thing about the set-up, in the words of each run."""

    name: str
    texts: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.texts)) > 1


def machine_key(machine: Machine) -> str:
    """The same for every run of one machine, as far as its coarse facts tell it from others."""
    told = [
        machine.cpu,
        machine.physical_cpus,
        machine.logical_cpus,
        machine.usable_cpus,
        round(machine.memory_bytes / 2**30),
        *machine.accelerators,
        machine.system,
    ]
    return digest("\n".join(map(str, told)))


def machine_label(machine: Machine) -> str:
    """ "AMD EPYC 7B13, 2 CPUs", with its accelerators."""
    cpus = units.counted(machine.usable_cpus, "CPU")
    return ", ".join([machine.cpu, cpus, *machine.accelerators])


def facts(snapshots: Sequence[Snapshot]) -> tuple[Fact, ...]:
    """What may differ between set-ups: machine, software, how networks were run, how it went."""
    machines = [one.run.machine for one in snapshots]
    packages = dict.fromkeys(name for machine in machines for name, _ in machine.packages)
    settings = dict.fromkeys(name for machine in machines for name, _ in machine.settings)
    rows: dict[str, list[str]] = {
        "CPU": [one.cpu for one in machines],
        "Usable CPUs": [str(one.usable_cpus) for one in machines],
        "Memory": [units.gigabytes(one.memory_bytes) for one in machines],
        "Accelerators": [", ".join(one.accelerators) or "none" for one in machines],
        "System": [one.system for one in machines],
        "Python": [one.python for one in machines],
        **{name: _looked_up(name, (one.packages for one in machines)) for name in packages},
        **{name: _looked_up(name, (one.settings for one in machines)) for name in settings},
        **{
            name.capitalize(): [_ways(one.run, name) for one in snapshots]
            for name in ("engine", "device", "precision", "threads", "batch")
        },
        "Clock governor": [one.run.conditions.governor or units.NOT_MEASURED for one in snapshots],
        "State": [one.run.state.word if one.run.state else "preview" for one in snapshots],
        "Program": [one.program_version or units.NOT_MEASURED for one in snapshots],
        "Rules of the figures": [str(one.protocol_version or "–") for one in snapshots],
    }
    return tuple(Fact(name, tuple(texts)) for name, texts in rows.items())


def _looked_up(name: str, pairs: Iterable[Iterable[tuple[str, object]]]) -> list[str]:
    found: list[Mapping[str, object]] = [dict(own) for own in pairs]
    return [str(own.get(name, "none")) for own in found]


def _ways(run: Run, name: str) -> str:
    if name == "engine":
        return ", ".join(dict.fromkeys(way_label(one.scenario) for one in run.measurements)) or "–"
    return ", ".join(dict.fromkeys(str(getattr(one.scenario, name)) for one in run.measurements))
