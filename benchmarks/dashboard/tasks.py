"""The Tasks page: the paper's applications, what their networks cost by count, and here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import units
from benchmarks.application_table import LEGEND, agreement_text, notes, rows, runnable
from benchmarks.applications import APPLICATIONS, Application, with_network
from benchmarks.candidates import Candidate
from benchmarks.dashboard import (
    actions,
    measurable,
    session,
    summary,
    task_asking,
    task_teaching,
)
from benchmarks.dashboard.pick import pick
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note, plain
from benchmarks.engines import ENGINES
from benchmarks.insight import scenario_label
from benchmarks.machine import read_machine
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Preset
from mobilenet.config import MAX_RESOLUTION, MAX_WIDTH, MIN_RESOLUTION, MIN_WIDTH
from mobilenet.tasks.detection.detector import VGG_SSD_RESOLUTION

TITLE = "What MobileNets are used for"
PLAIN_SIDE = 160  # pixels
EFFORT: Preset = "quick"
VIEWS = {"cost": "What it costs", "train": "Train it", "try": "Try it"}
COLUMNS = (
    "Network",
    "Parameters",
    "Parameters, paper",
    "Mult-adds",
    "Mult-adds, paper",
    "Latency here",
    "95 % interval",
)


def page() -> StreamlitPage:
    return st.Page(show, title="Tasks", icon=":material/category:", url_path="tasks")


def show() -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nothing can be measured")
    summary.show_machine()
    st.markdown(
        "The applications of the [MobileNets paper](https://arxiv.org/abs/1704.04861), sections "
        "4.3 to 4.7: one network, each time with another last layer, or with a detector on it."
    )
    titles = {key: one.title for key, one in APPLICATIONS.items()}
    application = APPLICATIONS[pick("Task", titles, "dogs", key="task")]
    view = pick("View", VIEWS, "cost", key="task_view")
    st.header(application.title, anchor=False)
    st.markdown(f"{application.about} {application.table} of the paper; {application.outputs}.")
    if view == "cost":
        scenario = _choose_way()
        application = _choose_network(application)
        _offer(application, scenario)
        with under_jobs(measurable.page()):
            actions.show_refusal()
            _show_table(application, scenario)
    elif view == "train":
        task_teaching.show(application.key)
    else:
        task_asking.show(application.key)


def _choose_network(application: Application) -> Application:
    """With a network of the visitor's choice: like those of the paper, of other multipliers."""
    side = PLAIN_SIDE if application.key != "detection" else VGG_SSD_RESOLUTION
    with st.container(horizontal=True, vertical_alignment="bottom"):
        width = st.number_input(
            "Width multiplier of yours",
            MIN_WIDTH,
            MAX_WIDTH,
            0.5,
            0.05,
            format="%.4g",
            key="task_width",
            width=220,
            help="A network of this application that the table has not is added to it.",
        )
        resolution = st.number_input(
            "Its resolution, px",
            MIN_RESOLUTION,
            MAX_RESOLUTION,
            side,
            32,
            key=f"task_resolution_{side}",
            width=220,
        )
    return with_network(application, float(width), int(resolution))


def _choose_way() -> Scenario:
    usable = read_machine().usable_cpus
    words = {name: one.label for name, one in ENGINES.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pick("Engine", words, "eager", key="task_engine")
        st.segmented_control(
            "Threads",
            sorted({1, max(1, usable - 1), usable}),
            default=1,
            required=True,
            format_func=lambda count: f"all {count}" if count == usable > 1 else str(count),
            key="task_threads",
            bind="query-params",
        )
    return _way()


def _way() -> Scenario:
    state = st.session_state
    return Scenario(state["task_engine"], threads=state["task_threads"])


def _offer(application: Application, scenario: Scenario) -> None:
    networks = runnable(application, scenario)
    status = session.engine_statuses().get((scenario.engine, "cpu", "float32"))
    is_blocked = status is not None and not status.available
    st.button(
        f"Time {units.counted(len(networks), 'network')} here",
        type="secondary" if session.is_dark() else "primary",
        icon=":material/timer:",
        key="time_task",
        disabled=is_blocked,
        help="In turns, in fresh processes, with random weights: right for timing.",
        on_click=_start,
        args=(application,),
    )
    if status is not None and is_blocked:
        reason = plain(status.reason or "")
        note(f":material/block: {ENGINES[scenario.engine].label} does not run here: {reason}")
    left = [one.label for one in application.timed if one not in networks]
    if left:
        note(
            f"Not in {ENGINES[scenario.engine].label}, as they make as many boxes as they find: "
            f"{'; '.join(left)}. Eager times them."
        )


def _start(application: Application) -> None:
    """In the way that the controls say at that moment."""
    way = _way()
    networks = runnable(application, way)
    actions.measure_networks(f"Task: {application.title}", networks, (way,), EFFORT)


def _show_table(application: Application, scenario: Scenario) -> None:
    found = rows(application, _finder(scenario))
    columns = (*COLUMNS, f"Paper's {application.quality}")
    shown = pd.DataFrame([list(asdict(row).values()) for row in found], columns=list(columns))
    figures = columns[1:]
    st.dataframe(
        shown,
        hide_index=True,
        height="content",
        key="task_table",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in figures},
        alt=f"{len(found)} networks with parameters, mult-adds, latency here, the paper's figures",
    )
    note(f"Latency in {scenario_label(scenario)}, its interval within its run. {LEGEND}")
    sentences = [agreement_text(application), *notes(application)]
    st.markdown("\n".join(f"- {plain(sentence)}" for sentence in sentences))


def _finder(scenario: Scenario) -> Callable[[Candidate], Measurement | None]:
    collection = session.manager().collection()
    return lambda network: collection.get(network, scenario)
