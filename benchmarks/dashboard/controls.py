"""The controls besides the sliders: how a network is run, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate, candidate
from benchmarks.dashboard import labels, session
from benchmarks.dashboard.fragments import remember
from benchmarks.dashboard.pick import pick
from benchmarks.dashboard.text import note
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus
from benchmarks.jobs.request import check_scenario
from benchmarks.machine import read_machine
from benchmarks.references import references
from benchmarks.scenarios import MAX_BATCH, Precision, Scenario
from benchmarks.timing.protocol import EFFORTS, Preset
from benchmarks.usage import can_measure_peak
from mobilenet.accuracy import DEFAULT_SOURCE, SOURCES
from mobilenet.config import (
    paper_grid,
)

KEYS = ("engine", "precision", "device", "threads", "batch")
FLOAT_ACCURACY = "Accuracies on this page are of networks in float32."


@dataclass(frozen=True)
class Recipes:
    """Whose accuracies are shown: a source of MobileNet v1's, and torchvision's weights."""

    source: str
    weights: str


@dataclass(frozen=True)
class Choice:
    """What the person is looking at."""

    selected: Candidate
    baseline: Candidate
    scenario: Scenario
    effort: Preset
    memory: bool
    recipes: Recipes


def choose_scenario() -> Scenario:
    """How it is run. Raises ScenarioError for what this machine cannot do."""
    usable = read_machine().usable_cpus
    statuses = session.engine_statuses()
    devices = ("cpu", "cuda") if read_machine().accelerators else ("cpu",)
    engine = st.radio(
        "Engine",
        list(ENGINES),
        format_func=lambda name: ENGINES[name].label,
        captions=[_why_not(statuses.get((name, "cpu", "float32"))) for name in ENGINES],
        key="engine",
        bind="query-params",
        help="The runtime matters as much as the multipliers. Previews always run in PyTorch.",
    )
    note(_versions(statuses.values()))
    precision = _choose_precision(engine)
    device = "cpu"
    if len(devices) > 1:
        device = st.segmented_control(
            "Device", devices, default="cpu", required=True, key="device", bind="query-params"
        )
    left, right = st.columns(2)
    left.number_input(
        "Threads",
        1,
        usable,
        1,
        key="threads",
        bind="query-params",
        help=f"CPU threads an inference may use; {usable} CPUs are usable here.",
    )
    right.number_input(
        "Batch", 1, MAX_BATCH, 1, key="batch", bind="query-params", help="Images an inference."
    )
    if precision != "float32":
        note(_why_not(statuses.get((engine, device, precision))) or FLOAT_ACCURACY)
    remember(KEYS)
    return chosen_scenario()


def chosen_scenario() -> Scenario:
    """What the controls say at that moment: a choice just made may not have been drawn yet.

    Raises ScenarioError for what this machine cannot do.
    """
    state = st.session_state
    engine, precision = state["engine"], state["precision"]
    scenario = Scenario(
        engine,
        state.get("device", "cpu") if read_machine().accelerators else "cpu",
        precision if precision in ENGINES[engine].precisions else "float32",
        state["threads"],
        state["batch"],
    )
    check_scenario(scenario)
    return scenario


def _choose_precision(engine: str) -> Precision:
    """The precision, of those that the engine offers; float32 if it lacks the previous choice."""
    offered = ENGINES[engine].precisions
    state = st.session_state
    if state.get("precision", "float32") not in offered:
        state["precision"] = "float32"
    return st.radio(  # not segmented_control: whose default a link could not leave out
        "Precision",
        offered,
        horizontal=True,
        key="precision",
        bind="query-params",
        help="Of weights and arithmetic. int8 is quantised after training; what it costs in "
        "accuracy cannot be told from random weights.",
    )


def choose_effort() -> Preset:
    """Draw the choice of the measurement effort and return it."""
    explained = " ".join(_explained(name) for name in labels.EFFORTS)
    pick("Effort", labels.EFFORTS, "standard", key="effort", help=f"Of Measure. {explained}")
    return chosen_effort()


def chosen_effort() -> Preset:
    """The measurement effort at this moment: a choice just made may not have been drawn yet."""
    effort: Preset = st.session_state["effort"]
    return effort


def choose_memory() -> bool:
    """Whether a proper measurement finds out as well what memory the networks take."""
    possible = can_measure_peak()
    st.toggle(
        "Memory too",
        key="memory",
        bind="query-params",
        disabled=not possible,
        help="Of Measure: after the timing each network runs once more, in a process of its own, "
        "for the memory it takes; and the energy, where the hardware counts it."
        if possible
        else "Only on Linux, where /proc/self/clear_refs may be written.",
    )
    return chosen_memory()


def chosen_memory() -> bool:
    """Whether to measure memory, at this moment: a choice just made may not have been drawn yet."""
    return bool(st.session_state["memory"]) and can_measure_peak()


def _explained(name: Preset) -> str:
    effort = EFFORTS[name]
    if effort.min_workers == effort.max_workers:
        return f"{labels.EFFORTS[name]}: {effort.min_workers} fresh processes; never says “same”."
    return (
        f"{labels.EFFORTS[name]}: {effort.min_workers} or more, until ratios are known to "
        f"± {units.share(effort.half_width)} or {units.duration(effort.budget_s)} are over."
    )


def _why_not(status: EngineStatus | None) -> str:
    """Why an engine does not run here, which was tried; empty where it does."""
    return "" if status is None or status.available else f":material/block: {status.reason}"


def _versions(statuses: Iterable[EngineStatus]) -> str:
    """What was tried and runs, with its version."""
    found = [" ".join(status.versions[0]) for status in statuses if status.available]
    nothing = "Each engine is being tried." if session.is_trying() else "No engine has been tried."
    return " · ".join(dict.fromkeys(found)) or nothing


def choose_baseline(selected: Candidate) -> Candidate:
    """What differences are counted from: a network of the grid, a reference, or the selected."""
    offered = [Candidate(config=config).key for config in paper_grid()] + list(references())
    more = [*st.session_state["known_candidates"], selected.key, st.session_state.get("baseline")]
    offered += [key for key in dict.fromkeys(more) if key is not None and key not in offered]
    chosen = st.selectbox(
        "Baseline",
        offered,
        format_func=labels.name_of,
        key="baseline",
        bind="query-params",
        help="What every difference on this page is counted from.",
    )
    return candidate(chosen)


def choose_recipes() -> Recipes:
    """Published accuracies of one network differ by recipe; by default like stands beside like."""
    with st.popover("Accuracies by", icon=":material/fact_check:", width="stretch"):
        source = st.selectbox(
            "MobileNet v1 as published by",
            list(SOURCES),
            index=list(SOURCES).index(DEFAULT_SOURCE),
            format_func=lambda key: SOURCES[key].title,
            key="source",
            bind="query-params",
        )
        note(SOURCES[source].recipe)
        weights = st.selectbox(
            "References with torchvision's",
            list(labels.WEIGHTS),
            format_func=lambda name: labels.WEIGHTS[name],
            key="weights",
            bind="query-params",
        )
    return Recipes(source, weights)
