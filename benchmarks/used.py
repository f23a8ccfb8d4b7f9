"""Memory and energy in a table: only what somebody asked for and something could read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from benchmarks import units
from benchmarks.results import Measurement
from benchmarks.usage import Memory

Column = tuple[str, Callable[[Measurement], str]]  # title and text

_MEMORY: tuple[Column, ...] = (
    ("Memory", lambda row: units.megabytes(row.memory_bytes)),
    ("Weights", lambda row: units.megabytes(row.candidate.size_bytes)),
    ("Activations", lambda row: units.megabytes(activation_bytes(row))),
)
_DEVICE: tuple[Column, ...] = (
    ("Allocated", lambda row: _on_device(row, lambda memory: memory.device_allocated_bytes)),
    ("Reserved", lambda row: _on_device(row, lambda memory: memory.device_reserved_bytes)),
    ("Process", lambda row: _on_device(row, lambda memory: memory.device_process_bytes)),
)
_ENERGY: Column = ("Energy", lambda row: units.joules(row.energy_j))


def activation_bytes(row: Measurement) -> int | None:
    """Computed, as float32: the most that must be held at once, of the whole batch. None: not
    known, of somebody's own network."""
    of_one = row.candidate.peak_activation_bytes
    return None if of_one is None else row.scenario.batch * of_one


def _on_device(row: Measurement, figure: Callable[[Memory], int | None]) -> str:
    return units.megabytes(figure(row.memory) if row.memory else None)


def columns(rows: Sequence[Measurement]) -> list[Column]:
    found: list[Column] = []
    if any(row.memory for row in rows):
        found += _MEMORY
    if any(row.memory and row.memory.device_allocated_bytes is not None for row in rows):
        found += _DEVICE
    if any(row.energy for row in rows):
        found.append(_ENERGY)
    return found


def notes(rows: Sequence[Measurement], titles: Collection[str]) -> list[str]:
    """What must be known to read those of the columns that are shown."""
    found: list[str] = []
    if "Memory" in titles:
        found.append(
            "Memory: peak of a process while the network ran, over what the runtime takes anyway. "
            "Weights and activations beside it are computed, as float32."
        )
    if "Allocated" in titles:
        found.append(
            "Allocated, reserved, process: on the accelerator, the most that tensors took, that "
            "PyTorch held for them, and all of the process by NVML."
        )
    if "Energy" in titles:
        sources = dict.fromkeys(row.energy.source for row in rows if row.energy)
        found.append(
            f"Energy: of one inference, by {' and '.join(sources)}; idle power and whatever else "
            "ran are in it."
        )
    return found
