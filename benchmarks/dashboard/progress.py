"""What is under way on this machine, for all who look: progress, place in the queue, cancel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import units
from benchmarks.dashboard import gallery, session
from benchmarks.dashboard.fragments import is_page_due, under_fragment
from benchmarks.dashboard.text import note, plain, sentence
from benchmarks.jobs.learning import Asking, Recognising, Scoring, Teaching, Training
from benchmarks.jobs.manager import JobView
from benchmarks.jobs.request import Request
from benchmarks.validation import TITLE
from benchmarks.validity import State, state_of

LIVE_POLL_S, CALM_POLL_S, IDLE_POLL_S = 0.4, 1.0, 2.0
MAX_NAMED = 4  # networks in one notice
MIN_REDRAW_S = 0.6  # a redraw takes CPU from what is being measured


@contextmanager
def under_jobs(machine: StreamlitPage | None = None) -> Iterator[None]:
    """Draw the progress strip, and the body of the `with` statement below it.

    The strip redraws itself, and reruns the whole page when results have arrived. Call
    `session.need_queue` before reading anything for the page.

    machine: the page to link to if the latest run is unreliable; None: leave that out.
    """
    st.session_state["drawn"] = session.manager().version
    st.session_state["drawn_at"] = time.monotonic()
    with under_fragment(_strip, machine, poll_s(session.manager().jobs(), session.is_trying())):
        yield


def poll_s(jobs: tuple[JobView, ...], is_trying: bool = False) -> float:
    """Seconds between redraws of the strip: more during a measurement, which redraws disturb."""
    live = [job for job in jobs if job.is_live]
    if any(job.is_disturbed_by_drawing for job in live):
        return CALM_POLL_S
    return LIVE_POLL_S if live or is_trying else IDLE_POLL_S


def _is_news() -> bool:
    """Whether jobs, results or the trial of the engines have changed since the page was drawn."""
    state, manager = st.session_state, session.manager()
    return (
        manager.collection() is not state["known"]
        or manager.version != state["drawn"]
        or session.is_trying() != state["was_trying"]
    )


def _strip(machine: StreamlitPage | None) -> None:
    age_s = time.monotonic() - st.session_state["drawn_at"]
    if is_page_due(news=_is_news() and age_s >= MIN_REDRAW_S):
        st.rerun(scope="app")
    jobs = session.manager().jobs()
    live = [job for job in jobs if job.is_live]
    for job in live:
        _show_live(job)
    ended = latest_end(jobs)
    if ended is not None:
        _show_end(ended, machine)
    if live or ended is not None:
        st.space("xxsmall")


def latest_end(jobs: tuple[JobView, ...]) -> JobView | None:
    """The job whose end is news: the last that neither gave way to another nor ran unasked.

    None while the like is tried again. What came of a photograph stands where it was dropped.
    """
    for job in reversed(jobs):
        if job.is_live or job.state == "replaced" or job.is_background:
            continue
        if isinstance(job.request, Recognising | Asking):
            continue
        return None if any(one.is_live and _is_like(one, job) for one in jobs) else job
    return None


def _is_like(one: JobView, other: JobView) -> bool:
    """Timings are alike if they are of the same; one training is like another."""
    if isinstance(other.request, Request):
        return one.request.title == other.request.title
    return type(one.request) is type(other.request)


def _show_live(job: JobView) -> None:
    text, button = st.columns([5, 1], vertical_alignment="center")
    text.progress(min(max(job.fraction, 0.0), 1.0), text=describe(job))
    button.button(
        "Cancel",
        key=f"cancel-{job.request.id}",
        icon=":material/close:",
        help=f"Stop: {job.request.title}. {_what_stays(job)}",
        on_click=session.manager().cancel,
        args=(job.request.id,),
    )


def _what_stays(job: JobView) -> str:
    match job.request:
        case Training() | Teaching():
            return "Epochs that are trained stay: the same again goes on after them."
        case Scoring() | Recognising() | Asking():
            return "Nothing is kept of it."
    return "What has been timed stays."


def describe(job: JobView) -> str:
    """One line for a job that waits or runs."""
    title = f"**{job.request.title}**"
    if job.ahead:
        what = f": “{job.first}”" if job.first else ""
        others = "1 measurement" if job.ahead == 1 else f"{job.ahead} measurements"
        return f"{title} waits for {others} on this machine{what}"
    if job.state == "queued" or not job.phase:
        return f"{title} waits for the machine"
    left = "" if job.remaining_s is None else f", {units.duration(job.remaining_s)} left"
    return f"{title}: {job.phase}{left}"


def _show_state(title: str, state: State, machine: StreamlitPage) -> None:
    """How far the run can be relied on, in one box; a valid one needs no words."""
    if not state.reasons:
        return
    lines = "\n".join(f"- {reason.text} {reason.advice}" for reason in state.reasons)
    text = f"**{title}: the run is {state.word}.**\n{lines}"
    if state.word == "invalid":
        st.error(text, icon=":material/error:")
    else:
        st.warning(text, icon=":material/warning:")
    st.page_link(machine, label=TITLE, icon=machine.icon)


def _show_end(job: JobView, machine: StreamlitPage | None) -> None:
    run = session.manager().collection().finished.get(job.request.id)
    if machine and run is not None and (state := state_of(run)) is not None:
        _show_state(job.request.title, state, machine)
    if job.problem is not None:
        title, problem = job.request.title, job.problem
        is_sentence = isinstance(job.request, Request)
        text = f"{title} {problem}" if is_sentence else f"{title}. {sentence(problem)}"
        st.error(plain(sentence(text)), icon=":material/error:")
    if job.failures:
        reasons = dict.fromkeys(failure.reason for failure in job.failures)
        for reason in reasons:
            names = [f.candidate.name for f in job.failures if f.reason == reason]
            who = ", ".join(names) if len(names) <= MAX_NAMED else f"{len(names)} networks"
            st.error(
                f"Failed: {who}. Reason: {reason}. Earlier results stay; you can measure again.",
                icon=":material/error:",
            )
    if run is not None and run.measurements and not job.is_preview:
        page = gallery.page()
        st.page_link(page, label="Save or share this run", icon=page.icon)
    if job.state == "cancelled":
        note(f"Cancelled: {job.request.title}. {_what_stays(job)}")
