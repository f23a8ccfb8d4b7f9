"""Trying a task's trained network on the Tasks page: pictures in, what it says of them out."""

from __future__ import annotations

import base64
from dataclasses import replace
from uuid import uuid4

import streamlit as st

from benchmarks import charts, units
from benchmarks.dashboard import actions, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note, plain, sentence
from benchmarks.dashboard.trying import ENDINGS
from benchmarks.jobs.learning import Asking, Photograph
from benchmarks.jobs.manager import JobView
from benchmarks.training.tasks.order import TaskAnswer, TaskOutcome
from benchmarks.training.tasks.record import kept
from benchmarks.training.tasks.words import name_of, sentences
from mobilenet.tasks.names import LEAST_SCORE, TaskName

PICTURE_PX, FOUND_PX = 224, 520


def show(task: TaskName) -> None:
    trained = {
        one.order.folder: one for one in kept(task) if one.is_done and one.order.weights.is_file()
    }
    if not trained:
        st.info(
            "No network is trained for this task yet. Choose Train it above.",
            icon=":material/school:",
        )
        return
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        folder = st.selectbox(
            "Network",
            list(trained),
            format_func=lambda one: name_of(trained[one]),
            key=f"ask_network_{task}",
        )
        one = trained[folder]
        given = _given(task)
        least = LEAST_SCORE
        if task == "detection":
            least = st.slider(
                "Least score",
                0.05,
                0.95,
                LEAST_SCORE,
                0.05,
                key="ask_least",
                help="Boxes that it is less sure of are left out.",
            )
        st.button(
            "A picture that tested it" if task != "embedding" else "Two pictures that tested it",
            icon=":material/casino:",
            key="ask_example",
            width="stretch",
            help="Not one of those that trained it. Each press takes another.",
            on_click=_next,
        )
        note("Pictures lie on this server's disk until they are answered, and are forgotten then.")
        if task == "embedding":
            note(
                "Two faces are compared with each other and with nobody else's. No gallery is "
                "searched, and nobody is named. Ask people before you compare their faces."
            )
    example = int(st.session_state.get("ask_number", -1))
    with right, under_jobs():
        actions.show_refusal()
        if not given and example < 0:
            what = "two faces" if task == "embedding" else "a picture"
            st.info(
                f"Drop {what}, or press the button for what tested this network.",
                icon=":material/add_photo_alternate:",
            )
            return
        if task == "embedding" and len(given) == 1:
            st.info("Drop a second face.", icon=":material/add_photo_alternate:")
            return
        title = f"Ask {one.order.label}"
        _ask(one, Asking(title, one.order, given, 0 if given else example, least, session.owner()))


def _next() -> None:
    st.session_state["ask_number"] = int(st.session_state.get("ask_number", -1)) + 1
    # What was dropped before gives way.
    st.session_state["ask_round"] = int(st.session_state.get("ask_round", 0)) + 1


def _given(task: TaskName) -> tuple[Photograph, ...]:
    turn = st.session_state.get("ask_round", 0)
    labels = ("One face", "The other") if task == "embedding" else ("Picture",)
    uploads = [
        st.file_uploader(label, type=ENDINGS, key=f"ask_{task}_{label}_{turn}") for label in labels
    ]
    return tuple(Photograph(one.name, one.getvalue()) for one in uploads if one is not None)


def _ask(one: TaskOutcome, question: Asking) -> None:
    job = _asked(question)
    if job is None:
        _submit(question)
    if job is None or job.is_live:
        waits = job is not None and (job.ahead or job.state == "queued")
        told = "It waits for what is under way above." if waits else "It is being asked."
        st.info(told, icon=":material/hourglass_empty:")
        return
    if job.told is None:
        if job.problem is not None:
            st.error(plain(sentence(job.problem)), icon=":material/error:")
        else:
            st.info("It was not asked to the end.", icon=":material/cancel:")
        st.button(
            "Ask again",
            icon=":material/refresh:",
            key="ask_task_again",
            on_click=_submit,
            args=(replace(question, id=uuid4().hex[:12]),),
        )
        return
    _show(one, job.told)


def _submit(question: Asking) -> None:
    """Instead of what this tab has asked before: nobody waits for that any more."""
    for job in session.manager().jobs():
        asked = job.request
        if job.is_live and isinstance(asked, Asking) and asked.owner == question.owner:
            session.manager().cancel(asked.id)
    actions.submit(question)


def _asked(question: Asking) -> JobView | None:
    """The last job that asked this very thing; not one that gave way to another question."""
    asked = [job for job in session.manager().jobs() if isinstance(job.request, Asking)]
    for job in reversed(asked):
        if job.state == "cancelled" and job is not asked[-1]:
            continue
        if isinstance(job.request, Asking) and _what(job.request) == _what(question):
            return job
    return None


def _what(question: Asking) -> tuple[object, ...]:
    """What tells it from another, whoever asked."""
    digests = tuple(picture.digest for picture in question.pictures)
    return question.order, digests, question.example, question.least_score


def _show(one: TaskOutcome, answer: TaskAnswer) -> None:
    task = one.order.task
    pictures = [base64.b64decode(view) for view in answer.views]
    if task == "detection":
        st.image(pictures[0], width=FOUND_PX, alt=_drawn_alt(answer))
    elif task == "embedding":
        for column, picture, which in zip(
            st.columns(len(pictures)), pictures, ("One face", "The other"), strict=True
        ):
            column.image(picture, width=PICTURE_PX, alt=f"{which}, as the network sees it")
    else:
        seen, said = st.columns([1, 2], vertical_alignment="center")
        side = one.order.resolution
        seen.image(pictures[0], width=PICTURE_PX, alt=f"The picture, as {side} × {side} px")
        with said:
            draw(
                charts.guesses(answer.guesses, dark=session.is_dark()),
                "task_guesses",
                charts.guesses_alt(answer.guesses),
                selectable=False,
            )
    for told in sentences(answer, one):
        st.markdown(plain(told))


def _drawn_alt(answer: TaskAnswer) -> str:
    told = ", ".join(f"{one.name} {units.percent(100 * one.probability)}" for one in answer.guesses)
    return f"The picture with what was found in it: {told or 'nothing'}"
