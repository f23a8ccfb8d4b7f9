"""The table: every number of the charts, and the way to choose a network by keyboard."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from benchmarks import units
from benchmarks.candidates import candidate
from benchmarks.dashboard import network
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.fragments import for_page
from benchmarks.dashboard.text import note
from benchmarks.variants import Variant

_BESIDE = {"Memory": ["Memory", "Activations"], "Energy": ["Energy"]}
"""Columns that are there once the first of them has been measured."""


def show(variants: tuple[Variant, ...], choice: Choice) -> None:
    """One row a network; choosing a row shows that network."""
    rows = pd.DataFrame([_row(variant, choice) for variant in variants])
    unknown = [names for name, names in _BESIDE.items() if rows[name].isna().all()]
    shown = rows.drop(columns=[name for names in unknown for name in names])
    st.dataframe(
        shown,
        key="table",
        hide_index=True,
        on_select=for_page(_select_row),
        selection_mode="single-row",
        height=420,
        placeholder="–",
        column_config={
            "Latency": st.column_config.NumberColumn("Latency, ms", format="%.3g"),
            "Low": st.column_config.NumberColumn("from", format="%.3g"),
            "High": st.column_config.NumberColumn("to", format="%.3g"),
            "p90": st.column_config.NumberColumn("p90, ms", format="%.3g"),
            "p99": st.column_config.NumberColumn("p99, ms", format="%.3g"),
            "Kind": st.column_config.TextColumn("Kind", width=90),
            "Mult-adds": st.column_config.NumberColumn("Mult-adds, M", format="%,.1f"),
            "Parameters": st.column_config.NumberColumn("Parameters, M", format="%.2f"),
            "Size": st.column_config.NumberColumn("Size, MB", format="%.2f"),
            "Activations": st.column_config.NumberColumn("Activations, MB", format="%.3g"),
            "Memory": st.column_config.NumberColumn("Memory, MB", format="%.3g"),
            "Energy": st.column_config.NumberColumn("Energy, mJ", format="%.3g"),
        },
        alt=f"{len(rows)} networks with accuracy, latency, mult-adds, parameters and size",
    )
    st.session_state["table_keys"] = [variant.candidate.key for variant in variants]
    note(
        "Click a row's box to show that network; with the keyboard, arrow keys and Shift+Space. "
        "“≈” marks an estimate. From and to: 95 % interval within its run."
    )


def _row(variant: Variant, choice: Choice) -> dict[str, object]:
    found, shown = variant.measurement, variant.candidate
    interval = found.interval_s if found else None
    top1 = variant.top1
    return {
        "Shown": "▶" if shown == choice.selected else "",
        "Network": shown.label,
        "Family": variant.family,
        "Top-1": units.percent(top1.percent, error_percent=top1.error_percent) if top1 else None,
        "Latency": found and found.median_s * 1e3,
        "Low": interval and interval.low * 1e3,
        "High": interval and interval.high * 1e3,
        "p90": found and found.p90_s and found.p90_s * 1e3,
        "p99": found and found.p99_s and found.p99_s * 1e3,
        "Kind": found.quality if found else None,
        "Mult-adds": shown.mult_adds / 1e6,
        "Parameters": shown.parameters / 1e6,
        "Size": shown.size_bytes / 1e6,
        "Activations": (peak := shown.peak_activation_bytes) and peak / 1e6,
        "Memory": found and found.memory_bytes and found.memory_bytes / 1e6,
        "Energy": found and found.energy_j and found.energy_j * 1e3,
        "Px": shown.resolution,
    }


def _select_row() -> None:
    rows = st.session_state["table"].selection.rows
    keys = st.session_state.get("table_keys", [])
    if rows and rows[0] < len(keys):
        network.select(candidate(keys[rows[0]]))
