"""Saving a run that this server measured: a title, a note, and a look at what will be shared."""

from __future__ import annotations

import streamlit as st

from benchmarks import units
from benchmarks.dashboard import session
from benchmarks.dashboard.text import note, plain
from benchmarks.insight import about
from benchmarks.results import Run
from benchmarks.setups import facts
from benchmarks.snapshot import Snapshot, SnapshotError, dumps, loads
from benchmarks.snapshot.parts import MAX_NOTE, MAX_TITLE
from benchmarks.store import StoreError, TagError
from benchmarks.store.entries import MAX_TAGS


def show() -> None:
    """The newest run first; nothing is kept or shared before the button is pressed."""
    runs = {run.id: run for run in reversed(worth_keeping())}
    if not runs:
        note("Nothing has been measured here yet that could be saved. Measure on the Explore page.")
        return
    chosen = st.selectbox(
        "Run",
        list(runs),
        format_func=lambda run_id: _called(runs[run_id]),
        key="keep_run",
    )
    title = st.text_input("Title", max_chars=MAX_TITLE, key="keep_title", placeholder="Optional")
    words = st.text_area("Note", max_chars=MAX_NOTE, key="keep_note", height=90)
    tags = st.multiselect(
        "Tags",
        sorted(session.store().tags()),
        accept_new_options=True,
        max_selections=MAX_TAGS,
        key="keep_tags",
        placeholder="Choose or type",
    )
    try:
        found = loads(dumps(runs[chosen], title=title, note=words))
    except SnapshotError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    _show_what_is_shared(found)
    st.button(
        "Save",
        type="secondary" if session.is_dark() else "primary",
        icon=":material/save:",
        key="keep",
        on_click=_keep,
        args=(found, tags),
    )
    if (problem := st.session_state.pop("keep_problem", None)) is not None:
        st.error(plain(problem), icon=":material/block:")


def worth_keeping() -> list[Run]:
    """Runs that have ended with something measured, oldest first."""
    finished = session.manager().collection().finished.values()
    return [run for run in finished if run.measurements]


def _called(run: Run) -> str:
    state = run.state.word if run.state else "preview"
    return f"{about(run)} · {run.started_utc[11:16]} UTC · {state}"


def _show_what_is_shared(found: Snapshot) -> None:
    with st.expander("What is saved and shared", key="keep_shared"):
        inferences = sum(
            len(block.times_ns) for one in found.run.measurements for block in one.blocks
        )
        size = units.megabytes(len(found.text.encode()))
        note(
            f"{inferences:,} single inferences, what follows from them, and these facts; {size}. "
            "No host name, no user name, no folder, no serial number."
        )
        st.table({fact.name: plain(fact.texts[0]) for fact in facts([found])})
        for failure in found.run.failures:
            note(f"Failed: {failure.candidate.label}: {plain(failure.reason)}")


def _keep(found: Snapshot, tags: list[str]) -> None:
    try:
        session.store().add(found, tags)
    except (StoreError, TagError) as error:
        st.session_state["keep_problem"] = str(error)
        return
    for name in ("keep_title", "keep_note", "keep_tags"):
        st.session_state.pop(name, None)
    st.query_params["snapshot"] = found.id
