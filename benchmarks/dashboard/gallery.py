"""The Snapshots page: what is kept, found by words, tags and machine; and one of them opened."""

from __future__ import annotations

import base64
import math

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import charts, units
from benchmarks.dashboard import comparing, keep, session, upload, viewer
from benchmarks.dashboard.settings import is_read_only
from benchmarks.dashboard.text import note, plain
from benchmarks.store import Entry, Page, StoreError
from benchmarks.texts import own_direction

PAGE_ROWS = 50
ROW_PX = 64
POLL_S = 2.0


def page() -> StreamlitPage:
    return st.Page(show, title="Snapshots", icon=":material/photo_library:", url_path="snapshots")


def show() -> None:
    """`?snapshot=<id>` opens that one; without it all are listed."""
    try:
        if (wanted := st.query_params.get("snapshot")) is not None:
            viewer.show(wanted)
        else:
            _show_all()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/database_off:")


def _show_all() -> None:
    with st.container():
        st.title("Snapshots", anchor=False)
        newest = _newest()
        st.fragment(_watch, run_every=POLL_S)(newest)  # the last in here: see fragments
    if not is_read_only():
        with st.container(horizontal=True, vertical_alignment="top"):
            with st.popover("Save a run", icon=":material/save:", key="save_run"):
                keep.show()
            with st.popover("Import", icon=":material/upload_file:", key="import_files"):
                upload.show()
    store = session.store()
    machines = store.machines()
    left, middle, right = st.columns([2, 1.5, 1.5])
    words = left.text_input(
        "Search",
        key="words",
        placeholder="Title, note, network, engine, machine …",
        bind="query-params",
        max_chars=200,
    )
    tags = middle.multiselect("Tags", sorted(store.tags()), key="tags", placeholder="Any")
    machine = right.selectbox(
        "Machine",
        list(machines),
        index=None,
        format_func=lambda key: machines.get(key, "?"),
        key="machine",
        placeholder="Any",
    )
    asked = f"{words}|{tags}|{machine}"
    key = f"page-{asked}"  # another question begins on its first page
    actions = st.container(horizontal=True, vertical_alignment="center")

    def page_of(number: int) -> Page:
        first = PAGE_ROWS * (number - 1)
        return store.find(words, tags=tags, machine_key=machine, limit=PAGE_ROWS, offset=first)

    number = st.session_state.get(key, 1)
    found = page_of(number)
    pages = max(1, math.ceil(found.total / PAGE_ROWS))
    if number > pages:  # somebody has deleted some
        number = st.session_state[key] = pages
        found = page_of(number)
    if not found.total:
        if words or tags or machine:
            st.info("Nothing is kept that fits.", icon=":material/search_off:")
        else:
            st.info(
                "Nothing is kept yet. Save a run, or import one. Two examples stand on the "
                "Compare page.",
                icon=":material/inbox:",
            )
        return
    chosen = _table(found.entries, f"{asked}|{number}")
    if pages > 1:
        st.pagination(pages, key=key)
    with actions:
        _actions([found.entries[row] for row in chosen if row < len(found.entries)])
        kept = units.counted(found.total, "snapshot")
        note(f"{kept}. Tick one to open it, two or more to compare them.", width="content")


def _newest() -> tuple[int, str | None]:
    """How many are kept, and which is the newest: alters with each that comes or goes."""
    found = session.store().find(limit=1)
    return found.total, found.entries[0].id if found.entries else None


def _watch(shown: tuple[int, str | None]) -> None:
    """Draw the page anew when a notebook, a terminal or somebody else has kept something."""
    if _newest() != shown:
        st.rerun(scope="app")


def _table(entries: tuple[Entry, ...], asked: str) -> list[int]:
    """Draws them; the rows that are ticked. asked: what they answer: ticks are of that alone."""
    rows = pd.DataFrame(
        {
            "Picture": _picture(entry),
            "Name": own_direction(entry.name),
            "Measured": entry.started_utc[:10],
            "Machine": entry.machine,
            "Networks": entry.networks,
            "State": entry.state or "preview",
            "Tags": list(entry.tags),
            "Note": own_direction(entry.note),
        }
        for entry in entries
    )
    event = st.dataframe(
        rows,
        key=f"gallery-{asked}",
        hide_index=True,
        row_height=ROW_PX,
        height=min(ROW_PX * len(entries) + 40, 620),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Picture": st.column_config.ImageColumn("Picture", width=130),
            "Name": st.column_config.TextColumn("Name", width="large"),
            "Measured": st.column_config.TextColumn("Measured", width=95),
            "Networks": st.column_config.NumberColumn("Networks", width=80),
            "State": st.column_config.TextColumn("State", width=80),
            "Tags": st.column_config.ListColumn("Tags"),
        },
        alt=f"{units.counted(len(entries), 'snapshot')}: name, date, machine, networks, state, "
        "tags and note",
    )
    return list(event.selection.rows)


def _picture(entry: Entry) -> str:
    svg = base64.b64encode(charts.thumbnail(entry.dots).encode()).decode()
    return f"data:image/svg+xml;base64,{svg}"


def _actions(chosen: list[Entry]) -> None:
    st.button(
        "Open",
        icon=":material/open_in_new:",
        key="open",
        disabled=len(chosen) != 1,
        on_click=_open,
        args=([entry.id for entry in chosen][:1]),
    )
    if st.button(
        "Compare",
        icon=":material/compare_arrows:",
        key="compare",
        disabled=not 2 <= len(chosen) <= comparing.MAX_COMPARED,
        help=f"Two to {comparing.MAX_COMPARED} of them; the one that is ticked highest is the "
        "first, and the others stand beside it.",
    ):
        ids = [entry.id for entry in chosen]
        st.switch_page(comparing.page(), query_params={"of": ids})


def _open(snapshot_id: str) -> None:
    st.query_params["snapshot"] = snapshot_id
