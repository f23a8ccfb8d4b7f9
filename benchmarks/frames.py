"""A run as a pandas frame, for scripts and charts. Values in the units that their columns name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from benchmarks.results import Measurement, Run
from benchmarks.variants import Top1, describe

if TYPE_CHECKING:
    import pandas as pd


def to_frame(run: Run) -> pd.DataFrame:
    """One row a network and scenario, units in the column names, NaN for "not measured".

    network: as `measure` takes it; somebody's own has a key that begins with "own:".
    latency_low_ms to latency_high_ms: 95 % interval of the median.
    device_median_ms: of the latency, what an accelerator's own clock shows.
    warmup_calls: until it was steady, which took time_to_steady_ms, first_call_ms included.
    top1_percent: published; an accuracy that is only estimated stands in columns of its own.
    memory_*_bytes: as in `Memory`; needed is the peak over the floor. size_bytes and
    activation_bytes: computed, float32; the latter for one image.
    Columns of energy are there only if some row has one.
    """
    import pandas as pd

    wanted = dict(_FRAME)
    if any(row.energy for row in run.measurements):
        wanted |= _ENERGY
    columns = {name: [value(row) for row in run.measurements] for name, value in wanted.items()}
    numbers = [name for name in _MAY_BE_MISSING if name in columns]
    if None in columns["activation_bytes"]:  # of somebody's own network; else whole numbers
        numbers.append("activation_bytes")
    return pd.DataFrame(columns).astype(dict.fromkeys(numbers, "float64"))


def top1_of(row: Measurement) -> Top1 | None:
    """The accuracy shown beside a measurement: by the default source, references by torchvision."""
    return describe(row.candidate, {}, row.scenario).top1


def images_per_s(row: Measurement) -> float:
    return row.scenario.batch / row.median_s


def _top1_number(row: Measurement, *, estimated: bool) -> float | None:
    """The accuracy if it is of the wanted kind: an estimate must not pass for a published one."""
    top1 = top1_of(row)
    return top1.percent if top1 and (top1.error_percent is not None) == estimated else None


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


_FRAME: Mapping[str, Callable[[Measurement], object]] = {
    "network": lambda row: row.candidate.key,
    "engine": lambda row: row.scenario.engine,
    "device": lambda row: row.scenario.device,
    "precision": lambda row: row.scenario.precision,
    "threads": lambda row: row.scenario.threads,
    "batch": lambda row: row.scenario.batch,
    "quality": lambda row: row.quality,
    "latency_median_ms": lambda row: _ms(row.median_s),
    "latency_low_ms": lambda row: _ms(row.interval_s.low if row.interval_s else None),
    "latency_high_ms": lambda row: _ms(row.interval_s.high if row.interval_s else None),
    "latency_p90_ms": lambda row: _ms(row.p90_s),
    "latency_p99_ms": lambda row: _ms(row.p99_s),
    "device_median_ms": lambda row: _ms(row.device_median_s),
    "inferences": lambda row: len(row.times_s),
    "rounds": lambda row: len(row.blocks),
    "images_per_s": images_per_s,
    "mult_adds": lambda row: row.candidate.mult_adds,
    "parameters": lambda row: row.candidate.parameters,
    "size_bytes": lambda row: row.candidate.size_bytes,
    "activation_bytes": lambda row: row.candidate.peak_activation_bytes,
    "top1_percent": lambda row: _top1_number(row, estimated=False),
    "top1_estimate_percent": lambda row: _top1_number(row, estimated=True),
    "top1_estimate_error_percent": lambda row: (top1 := top1_of(row)) and top1.error_percent,
    "top1_source": lambda row: (top1 := top1_of(row)) and top1.source,
    "first_call_ms": lambda row: _ms(row.first_call_s),
    "warmup_calls": lambda row: row.steady_after,
    "time_to_steady_ms": lambda row: _ms(row.time_to_steady_s),
    "load_s": lambda row: row.load_s,
    "prepare_s": lambda row: row.prepare_s,
    "output_error": lambda row: row.output_error,
    "memory_needed_bytes": lambda row: row.memory_bytes,
    "memory_floor_bytes": lambda row: row.memory and row.memory.floor_bytes,
    "memory_loaded_bytes": lambda row: row.memory and row.memory.loaded_bytes,
    "memory_peak_bytes": lambda row: row.memory and row.memory.peak_bytes,
    "device_allocated_bytes": lambda row: row.memory and row.memory.device_allocated_bytes,
    "device_reserved_bytes": lambda row: row.memory and row.memory.device_reserved_bytes,
    "device_process_bytes": lambda row: row.memory and row.memory.device_process_bytes,
}
_ENERGY: Mapping[str, Callable[[Measurement], object]] = {
    "energy_j": lambda row: row.energy_j,
    "energy_source": lambda row: row.energy and row.energy.source,
}
# Numbers that may be missing: NaN there, so that a column of them stays a column of numbers.
_MAY_BE_MISSING = (
    "latency_low_ms",
    "latency_high_ms",
    "latency_p90_ms",
    "latency_p99_ms",
    "device_median_ms",
    "warmup_calls",
    "time_to_steady_ms",
    "top1_percent",
    "top1_estimate_percent",
    "top1_estimate_error_percent",
    "prepare_s",
    "output_error",
    "memory_needed_bytes",
    "memory_floor_bytes",
    "memory_loaded_bytes",
    "memory_peak_bytes",
    "device_allocated_bytes",
    "device_reserved_bytes",
    "device_process_bytes",
    "energy_j",
)
