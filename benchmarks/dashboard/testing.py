"""How the paper's claims are to be tested, and what starts it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from benchmarks import claims, units
from benchmarks.claims import Claim
from benchmarks.dashboard import actions, labels, session
from benchmarks.dashboard.text import note, plain
from benchmarks.engines import ENGINES
from benchmarks.machine import read_machine
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.timing.protocol import Preset

DEFAULT_ENGINE = "onnxruntime"


@dataclass(frozen=True)
class Way:
    """What the controls say. is_blocked: whether this machine lacks the engine."""

    scenario: Scenario
    effort: Preset
    is_blocked: bool


def choose() -> Way:
    engine: str = st.segmented_control(
        "Engine",
        list(ENGINES),
        default=DEFAULT_ENGINE,
        required=True,
        format_func=lambda name: ENGINES[name].label,
        key="paper_engine",
        bind="query-params",
    )
    usable = read_machine().usable_cpus
    with st.container(horizontal=True, vertical_alignment="top"):
        st.segmented_control(
            "Threads",
            sorted({1, max(1, usable - 1), usable}),
            default=1,
            required=True,
            format_func=lambda count: f"all {count}" if count == usable > 1 else str(count),
            key="paper_threads",
            bind="query-params",
        )
        st.segmented_control(
            "Effort",
            list(labels.EFFORTS),
            default="standard",
            required=True,
            format_func=lambda name: labels.EFFORTS[name],
            key="paper_effort",
            bind="query-params",
        )
    status = session.engine_statuses().get((engine, "cpu", "float32"))
    if status is not None and not status.available:
        reason = plain(status.reason or "")
        note(f":material/block: {ENGINES[engine].label} does not run here: {reason}")
        return Way(_scenario(), _effort(), True)
    return Way(_scenario(), _effort(), False)


def how_long(way: Way, missing: Iterable[Claim]) -> str:
    """What testing takes, before it is started."""
    try:
        wanted = claims.request(way.scenario, way.effort, missing)
    except ScenarioError as error:
        return plain(str(error))
    count = units.counted(len(wanted.candidates), "network")
    about = units.duration(claims.seconds_for(wanted))
    return (
        f"{count} in turns, about {about} or less; the first time some more, to prepare them. The "
        "machine should have nothing else to do."
    )


def start(*, everything: bool) -> None:
    """With what the controls say at that moment: a choice just made may not have been drawn yet."""
    scenario = _scenario()
    found = claims.findings(session.manager().collection(), scenario)
    wanted = None if everything else claims.missing(found)
    actions.start(lambda: claims.request(scenario, _effort(), wanted))


def _scenario() -> Scenario:
    state = st.session_state
    return Scenario(state["paper_engine"], threads=state["paper_threads"])


def _effort() -> Preset:
    effort: Preset = st.session_state["paper_effort"]
    return effort
