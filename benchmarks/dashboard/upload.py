"""The way in for files of other people: read, checked and kept, or refused with the reason."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from benchmarks import report
from benchmarks.dashboard import session
from benchmarks.dashboard.text import plain
from benchmarks.snapshot import SnapshotError
from benchmarks.store import StoreError

MEGABYTES = report.MAX_BYTES // 1_000_000


def show() -> None:
    """Every file is judged by its content alone; its name is used for nothing but sentences."""
    given = st.file_uploader(
        "Import snapshots",
        type=["json", "html"],
        accept_multiple_files=True,
        max_upload_size=MEGABYTES,
        key="import",
        help="A snapshot's document (JSON) or its report (HTML). It is checked and kept here; "
        "nothing in it is run.",
    )
    outcomes: dict[str, str | None] = st.session_state.setdefault("imported", {})
    for file in given or []:
        if file.file_id not in outcomes:  # the page is drawn often, and each file taken once
            outcomes[file.file_id] = _take(file)
        if (problem := outcomes[file.file_id]) is not None:
            st.error(plain(problem), icon=":material/block:")


def _take(file: UploadedFile) -> str | None:
    """Keep what is in it; the reason where that cannot be."""
    name = _name(file.name)
    if file.size > report.MAX_BYTES:
        return f"{name} is larger than {MEGABYTES} MB."
    try:
        found = report.read(file.getvalue(), name)
        is_new = session.store().add(found)
    except (SnapshotError, StoreError) as error:
        return str(error)
    text = "Imported" if is_new else "Was here already"
    st.toast(f"{text}: {plain(found.title or found.id)}", icon=":material/download_done:")
    return None


def _name(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}…"
