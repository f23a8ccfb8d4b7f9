"""What is on the screen, as Python to copy and as a notebook to open."""

from __future__ import annotations

import streamlit as st

from benchmarks import reproduce
from benchmarks.collection import Collection
from benchmarks.dashboard import shown
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.text import note
from benchmarks.machine import read_machine
from benchmarks.setups import machine_label
from benchmarks.variants import Metric

CODE_HEIGHT = 420


def show(collection: Collection, choice: Choice, metric: Metric, *, across: bool) -> None:
    """Both ways out, beside the chart that they reproduce. metric: what its axis shows."""
    screen = _screen(collection, choice, metric, across=across)
    with st.popover("Copy as Python", icon=":material/code:", key="as_python"):
        st.code(reproduce.python(screen), language="python", height=CODE_HEIGHT)
        note("Times and draws what is on the screen, here or on another computer.")
    st.download_button(
        "Open as notebook",
        data=lambda: reproduce.notebook(screen, machine_label(read_machine())).encode(),
        file_name=f"mobilenet-bench-{choice.selected.key}.ipynb",
        mime="application/x-ipynb+json",
        on_click="ignore",
        icon=":material/book_2:",
        key="as_notebook",
        help="The same for Jupyter, a cell a step, without results.",
    )


def _screen(
    collection: Collection, choice: Choice, metric: Metric, *, across: bool
) -> reproduce.Screen:
    looked_at = [choice.baseline, choice.selected, *shown.pins()]
    drawn = [
        one.candidate
        for one in shown.networks(collection, choice)
        if one.measurement is not None and metric == "latency"
    ]
    networks = tuple(dict.fromkeys([*looked_at, *drawn]))
    timed = (collection.get(one, choice.scenario) for one in networks)
    rows = tuple(one for one in timed if one is not None)
    state = st.session_state
    return reproduce.Screen(
        networks=networks,
        selected=choice.selected,
        scenario=choice.scenario,
        preset=reproduce.preset_for(rows, choice.effort),
        memory=choice.memory,
        metric=metric,
        across=across,
        source=choice.recipes.source,
        weights=choice.recipes.weights,
        detail=state.get("detail") or "grid",
        cells=state.get("cells") or "latency",
        layer_unit=state.get("layer_unit") or "mult_adds",
        rows=rows,
    )
