"""The page "Can this machine be measured?": the signs as they are now, and the test."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import units
from benchmarks.dashboard import identical, labels, session, signs, summary
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note
from benchmarks.engines import ENGINES
from benchmarks.jobs.manager import JobView
from benchmarks.machine import read_machine
from benchmarks.scenarios import ScenarioError
from benchmarks.timing.protocol import EFFORTS, Preset
from benchmarks.validation import NETWORK, PAIRS_A_RUN, TITLE, requests

RUNS = (1, 2, 4, 8)
DEFAULT_ENGINE, DEFAULT_RUNS = "onnxruntime", 2


def page() -> StreamlitPage:
    """For the navigation, and for links to it."""
    return st.Page(show, title="Machine", icon=":material/speed:", url_path="machine")


def show() -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nothing can be measured")
    summary.show_machine()
    tests, live = session.asked().tests, _live()
    identical.show_answers(tests, live)
    left, right = st.columns([1.1, 1], gap="large")
    with left:
        st.header("The test: identical networks", anchor=False)
        threads = _controls(live)
        with under_jobs():
            pass  # nothing is drawn below it
    with right:
        st.header("Signs", anchor=False)
        signs.show(max(threads, default=1))
    identical.show_charts(tests)


def _live() -> list[JobView]:
    """The runs of the test that wait or are under way."""
    wanted = {request.id for request in session.asked().requests}
    return [job for job in session.manager().jobs() if job.is_live and job.request.id in wanted]


def _controls(live: Collection[JobView]) -> list[int]:
    """The numbers of threads that are chosen."""
    engine = st.segmented_control(
        "Engine",
        list(ENGINES),
        default=DEFAULT_ENGINE,
        required=True,
        format_func=lambda name: ENGINES[name].label,
        key="aa_engine",
    )
    with st.container(horizontal=True, vertical_alignment="top"):
        usable = read_machine().usable_cpus
        offered = sorted({1, max(1, usable - 1), usable})
        threads: list[int] = st.segmented_control(
            "Threads",
            offered,
            default=sorted({1, usable}),
            selection_mode="multi",
            format_func=lambda count: f"all {count}" if count == usable > 1 else str(count),
            key="aa_threads",
        )
        effort: Preset = st.segmented_control(
            "Effort",
            list(labels.EFFORTS),
            default="standard",
            required=True,
            format_func=lambda name: labels.EFFORTS[name],
            key="aa_effort",
        )
        runs = st.segmented_control(
            "Runs", RUNS, default=DEFAULT_RUNS, required=True, key="aa_runs"
        )
    status = session.engine_statuses().get((engine, "cpu", "float32"))
    blocked = status is not None and not status.available
    if status is not None and blocked:
        note(f":material/block: {ENGINES[engine].label} does not run here: {status.reason}")
    with st.container(horizontal=True):
        st.button(
            "Find out",
            type="secondary" if session.is_dark() else "primary",
            icon=":material/experiment:",
            key="find_out",
            disabled=blocked or bool(live) or not threads,
            on_click=_start,
        )
        if len(live) > 1:
            st.button(
                "Cancel all runs", icon=":material/close:", key="cancel_runs", on_click=_cancel
            )
    how_long = "Choose a number of threads."
    if threads:
        limit = units.duration(EFFORTS[effort].budget_s)
        each = "" if runs * len(threads) == 1 else "each "
        how_long = f"{units.counted(runs * len(threads), 'run')}, {each}about {limit} or less."
    note(
        f"{how_long} {2 * PAIRS_A_RUN} copies of {NETWORK.label} take turns. They are identical, "
        "so whatever they differ by is chance: other networks must differ by more than that to be "
        "told apart."
    )
    if (problem := st.session_state.pop("aa_refused", None)) is not None:
        st.error(problem, icon=":material/block:")
    return threads


def _start() -> None:
    """With what the controls say at that moment: a choice just made may not have been drawn yet."""
    engine, threads, runs, effort = (
        st.session_state[f"aa_{name}"] for name in ("engine", "threads", "runs", "effort")
    )
    asked = session.asked()
    with asked.lock:
        if _live():
            return  # a double click, or another tab was quicker
        try:
            asked.tests = tuple(requests(engine, count, runs, effort) for count in sorted(threads))
            for request in asked.requests:
                session.manager().submit(request)
        except ScenarioError as error:
            st.session_state["aa_refused"] = str(error)
        except OSError as error:
            st.session_state["aa_refused"] = (
                f"The test could not be queued: {error.strerror or error}."
            )


def _cancel() -> None:
    for job in reversed(_live()):  # so that none starts meanwhile
        session.manager().cancel(job.request.id)
