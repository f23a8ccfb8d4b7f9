"""Cards of what an inference takes: memory and energy, where they were measured."""

from __future__ import annotations

import streamlit as st

from benchmarks import units
from benchmarks.results import Measurement


def show(found: Measurement | None, base: Measurement | None, *, width: int) -> None:
    """base: the baseline's measurement; the same as `found` where that is the baseline."""
    if found is None:
        return
    is_baseline = found == base
    if found.memory is not None:
        explanation = (
            "The peak of a process that runs this network, over what the runtime takes anyway "
            f"({units.megabytes(found.memory.floor_bytes)}). Engines keep more than weights and "
            "activations: scratch memory, weights in another layout."
        )
        if (allocated := found.memory.device_allocated_bytes) is not None:
            explanation = (
                f"Of the computer. On the accelerator tensors took {units.megabytes(allocated)}, "
                f"PyTorch held {units.megabytes(found.memory.device_reserved_bytes)} for them, and "
                f"the process {units.megabytes(found.memory.device_process_bytes)}."
            )
        _card(
            "Memory",
            units.megabytes(found.memory_bytes),
            _change(
                found.memory_bytes, base.memory_bytes if base else None, is_baseline=is_baseline
            ),
            explanation,
            width,
        )
    if found.energy is not None:
        _card(
            "Energy",
            units.joules(found.energy_j),
            _change(found.energy_j, base.energy_j if base else None, is_baseline=is_baseline),
            f"Of one inference, by {found.energy.source}: idle power and whatever else ran are "
            "in it.",
            width,
        )


def _change(value: float | None, other: float | None, *, is_baseline: bool) -> str:
    if is_baseline:
        return "baseline"
    return "baseline unknown" if value is None or other is None else units.change(value, other)


def _card(label: str, text: str, change: str, explanation: str, width: int) -> None:
    st.metric(
        label,
        text,
        delta=change,
        delta_color="off",
        delta_arrow="off",
        help=explanation,
        border=True,
        width=width,
    )
