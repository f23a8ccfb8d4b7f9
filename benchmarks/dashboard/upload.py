"""The way in for files of other people: read, checked and kept, or refused with the reason."""

from __future__ import annotations

import streamlit as st

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
    for file in given or []:
        if file.size > report.MAX_BYTES:
            st.error(f"{_name(file.name)} is larger than {MEGABYTES} MB.", icon=":material/block:")
            continue
        try:
            found = report.read(file.getvalue(), _name(file.name))
            is_new = session.store().add(found)
        except (SnapshotError, StoreError) as error:
            st.error(plain(str(error)), icon=":material/block:")
            continue
        told = st.session_state.setdefault("imported", set())
        if file.file_id not in told:
            told.add(file.file_id)
            text = "Imported" if is_new else "Was here already"
            st.toast(f"{text}: {plain(found.title or found.id)}", icon=":material/download_done:")


def _name(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}…"
