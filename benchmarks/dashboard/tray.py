"""The tray: networks pinned side by side, with their ratios to the baseline."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate, candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import labels, shown
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.fragments import remember
from benchmarks.dashboard.links import MAX_PINS
from benchmarks.dashboard.text import note
from benchmarks.insight import compared
from benchmarks.references import references
from benchmarks.results import Measurement


def show(collection: Collection, choice: Choice) -> None:
    """The pinned networks; they live in the link, so a copied link brings them along."""
    st.subheader("Side by side", anchor=False)
    offered = [one.key for one in shown.grid()] + list(references())
    more = [*st.session_state["known_candidates"], choice.selected.key]
    offered += [key for key in dict.fromkeys(more) if key not in offered]
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    pins = left.multiselect(
        "Pinned networks",
        offered,
        key="pins",
        bind="query-params",
        max_selections=MAX_PINS,
        format_func=labels.name_of,
        placeholder="Pin networks to compare them",
    )
    remember(["pins"])
    right.button(
        f"Pin {choice.selected.label}",
        key="pin",
        icon=":material/push_pin:",
        on_click=_pin,
        args=(choice.selected.key,),
        disabled=choice.selected.key in pins or len(pins) >= MAX_PINS,
        width="stretch",
    )
    if not pins:
        note(
            "Nothing pinned yet. Pin what the sliders show, or choose networks above; the link "
            "keeps them."
        )
        return
    columns = {"Figure": _NAMES}
    for key in pins:
        cells = _column(candidate(key), collection, choice)
        columns[candidate(key).label] = [_unbroken(cell) for cell in cells]
    figures = pd.DataFrame(columns).set_index("Figure")
    unknown = [name for name in _SELDOM if (figures.loc[name] == units.NOT_MEASURED).all()]
    st.table(figures.drop(index=unknown))
    note(f"In brackets: compared with {choice.baseline.label}, the baseline.")


NO_BREAK = "\u00a0"
_SELDOM = ["Memory", "Energy"]  # rows that are there once something has been measured
_NAMES = [
    "Latency",
    "Top-1",
    "Mult-adds",
    "Parameters",
    "Size on disk",
    "Peak activations",
    *_SELDOM,
]


def _column(pinned: Candidate, collection: Collection, choice: Choice) -> list[str]:
    base = choice.baseline
    variant = shown.variant(pinned, collection, choice)
    top1 = variant.top1
    against = compared(pinned, base, choice.scenario, collection)
    return [
        _latency(variant.measurement, None if pinned == base else against),
        units.percent(top1.percent, error_percent=top1.error_percent)
        if top1
        else units.NOT_MEASURED,
        _with_change(units.millions(pinned.mult_adds), pinned.mult_adds, base.mult_adds),
        _with_change(units.millions(pinned.parameters), pinned.parameters, base.parameters),
        _with_change(units.megabytes(pinned.size_bytes), pinned.size_bytes, base.size_bytes),
        _with_change(
            units.megabytes(pinned.peak_activation_bytes),
            pinned.peak_activation_bytes,
            base.peak_activation_bytes,
        ),
        *_used(variant.measurement, collection.get(base, choice.scenario)),
    ]


def _used(found: Measurement | None, base: Measurement | None) -> tuple[str, str]:
    """Memory and energy of an inference, where they were measured."""
    if found is None:
        return units.NOT_MEASURED, units.NOT_MEASURED
    text = units.megabytes(found.memory_bytes)
    if found.memory_bytes and base and base.memory_bytes:
        text = _with_change(text, found.memory_bytes, base.memory_bytes)
    return text, units.joules(found.energy_j)


def _latency(found: Measurement | None, against: str | None) -> str:
    if found is None:
        return "not timed"
    text = units.milliseconds(found.median_s)
    if found.quality != "measured":
        text += f", {found.quality}"
    return f"{text} ({against})" if against else text


def _with_change(text: str, value: float | None, baseline: float | None) -> str:
    if value is None or baseline is None:
        return text
    return text if value == baseline else f"{text} ({units.change(value, baseline)})"


def _unbroken(text: str) -> str:
    """A figure stays on one line with its unit, and so does what stands in brackets."""
    return text.replace(" ", NO_BREAK).replace(f"{NO_BREAK}(", " (")


def _pin(key: str) -> None:
    """Runs before the page: the widget takes the new list as its own."""
    pins = st.session_state.get("pins", [])
    st.session_state["known_candidates"].append(key)
    st.session_state["pins"] = [*pins, key]
