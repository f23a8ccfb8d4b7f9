"""Saving a run that this server measured: a title, a note, and a look at what will be shared."""

from __future__ import annotations

import streamlit as st

from benchmarks import units
from benchmarks.dashboard import session
from benchmarks.dashboard.text import note, plain
from benchmarks.insight import about
from benchmarks.results import Run
from benchmarks.setups import facts
from benchmarks.snapshot import Snapshot, SnapshotError, check_words, dumps, loads
from benchmarks.snapshot.parts import MAX_NOTE, MAX_TITLE
from benchmarks.store import StoreError, TagError
from benchmarks.store.entries import MAX_TAGS

FIELDS = ("keep_title", "keep_note", "keep_tags")


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
    st.text_input("Title", max_chars=MAX_TITLE, key="keep_title", placeholder="Optional")
    st.text_area("Note", max_chars=MAX_NOTE, key="keep_note", height=90)
    st.multiselect(
        "Tags",
        sorted(session.store().tags()),
        accept_new_options=True,
        max_selections=MAX_TAGS,
        key="keep_tags",
        placeholder="Choose or type",
    )
    st.button(
        "Save",
        type="secondary" if session.is_dark() else "primary",
        icon=":material/save:",
        key="keep",
        on_click=_keep,
    )
    if (problem := st.session_state.pop("keep_problem", None)) is not None:
        st.error(plain(problem), icon=":material/block:")
    _show_what_is_shared(runs[chosen])


def worth_keeping() -> list[Run]:
    """Runs that have ended with something measured, oldest first."""
    finished = session.manager().collection().finished.values()
    return [run for run in finished if run.measurements]


def _called(run: Run) -> str:
    state = run.state.word if run.state else "preview"
    return f"{run.started_utc[11:16]} UTC, {state}: {about(run)}"


def _show_what_is_shared(run: Run) -> None:
    try:
        found = _document(run.id, run)
    except SnapshotError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    inferences = sum(len(block.times_ns) for one in run.measurements for block in one.blocks)
    size = units.file_size(len(found.text.encode()))
    note(
        f"Saved and shared, {size}: {inferences:,} single inferences, what the system counted in "
        "each turn, what other programs used, clock governor and battery, and the facts below. No "
        "host name, no user name, no folder, no serial number."
    )
    with st.expander("The facts of the machine", key="keep_shared"):
        st.table({fact.name: plain(fact.texts[0]) for fact in facts([found])})
        for failure in found.run.failures:
            note(f"Failed: {failure.candidate.label}: {plain(failure.reason)}")


@st.cache_resource(show_spinner=False, max_entries=20)
def _document(run_id: str, _run: Run) -> Snapshot:
    """Made once: the page is drawn often, and a run that has ended stays as it is."""
    return loads(dumps(_run))


def _keep() -> None:
    """With what the fields hold at that moment: what was just typed may not have been drawn yet."""
    state = st.session_state
    run = next((one for one in worth_keeping() if one.id == state["keep_run"]), None)
    try:
        if run is None:
            raise SnapshotError("That run is no longer known to this server. Measure it again.")
        check_words(state["keep_title"], state["keep_note"])
        found = loads(dumps(run, title=state["keep_title"], note=state["keep_note"]))
        _store(found, state["keep_tags"])
    except (SnapshotError, StoreError, TagError) as error:
        state["keep_problem"] = str(error)
        return
    for name in FIELDS:
        state.pop(name, None)
    st.query_params["snapshot"] = found.id


def _store(found: Snapshot, tags: list[str]) -> None:
    """Where it was kept already, its tags are added to those that it has."""
    if not session.store().add(found, tags):
        session.store().tag(found.id, add=tags)
