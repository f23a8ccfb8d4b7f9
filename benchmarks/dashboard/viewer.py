"""One snapshot: what was measured, what it is worth, and every way to hand it on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import pandas as pd
import streamlit as st

from benchmarks import charts, report, tables, units
from benchmarks.dashboard import session, steered
from benchmarks.dashboard.local import is_loopback
from benchmarks.dashboard.settings import is_read_only
from benchmarks.dashboard.text import note, plain
from benchmarks.report.pictures import pictures
from benchmarks.samples import samples
from benchmarks.snapshot import Snapshot
from benchmarks.store import Entry, StoreError, TagError
from benchmarks.store.entries import MAX_TAGS
from benchmarks.store.entries import entry as entry_of
from benchmarks.texts import own_direction


def show(snapshot_id: str) -> None:
    """Raises StoreError if the store cannot be read."""
    st.button(
        "All snapshots", icon=":material/arrow_back:", key="back", on_click=_back, type="tertiary"
    )
    store = session.store()
    found, entry = store.get(snapshot_id), store.entry(snapshot_id)
    if found is None and (other := _not_kept(snapshot_id)) is not None:
        found, entry = other, entry_of(other, "", ())
    if found is None or entry is None:
        if problem := st.session_state.pop("tag_problem", None):
            st.error(plain(problem), icon=":material/block:")
        st.error(
            f"There is no snapshot {plain(snapshot_id[:40])} here. It may be kept on another "
            "server, or have been deleted.",
            icon=":material/search_off:",
        )
        return
    _heading(found, entry)
    _hand_on(found)
    for number, picture in enumerate(pictures(found, dark=session.is_dark())):
        st.header(picture.title, anchor=False)
        st.plotly_chart(
            charts.Ready(picture.figure),
            key=f"picture-{number}",
            theme=None,
            config=dict(charts.CONFIG),
            alt=picture.alt,
        )
    _figures(found)


def _heading(found: Snapshot, entry: Entry) -> None:
    st.title(own_direction(plain(entry.name)), anchor=False)
    if found.note:
        st.text(own_direction(found.note))
    run = found.run
    lines = [*tables.heading(run), f"Measured {units.moment(run.started_utc)}, snapshot {found.id}"]
    note("  \n".join(plain(line) for line in lines))
    if run.state is None:
        st.info("A preview: nothing can be concluded from it.", icon=":material/visibility:")
    elif run.state.reasons:
        told = "\n".join(f"- {reason.text} {reason.advice}" for reason in run.state.reasons)
        box = st.error if run.state.word == "invalid" else st.warning
        icon = ":material/error:" if run.state.word == "invalid" else ":material/warning:"
        box(f"**The run is {run.state.word}.**\n{plain_lines(told)}", icon=icon)
    if found.is_recomputed:
        note(
            "Its figures were made anew from its times: the program that measured it made them by "
            "other rules."
        )
    if is_read_only() or not entry.saved_utc:
        if entry.tags:
            note(f"Tags: {plain(', '.join(entry.tags))}")
        return
    key = f"tags-{found.id}"
    st.session_state.setdefault(key, list(entry.tags))
    st.multiselect(
        "Tags",
        sorted({*session.store().tags(), *st.session_state[key]}),
        accept_new_options=True,
        max_selections=MAX_TAGS,
        key=key,
        placeholder="None",
        on_change=_tag,
        args=(found.id, key, entry.tags),
    )
    if (problem := st.session_state.pop("tag_problem", None)) is not None:
        st.error(plain(problem), icon=":material/block:")


def plain_lines(text: str) -> str:
    """Sentences of our own in which a processor's name may stand; a list stays a list."""
    return "\n".join(
        f"- {plain(line[2:])}" if line.startswith("- ") else plain(line)
        for line in text.splitlines()
    )


def _hand_on(found: Snapshot) -> None:
    name = f"mobilenet-bench-{found.id[:8]}"
    with st.container(horizontal=True, key="hand_on"):
        for label, suffix, mime, make, help_text in (
            ("Page (HTML)", "html", "text/html", report.to_html, _PAGE_HELP),
            ("Document (JSON)", "json", "application/json", _text_of, _JSON_HELP),
            ("Table (Markdown)", "md", "text/markdown", report.to_markdown, _MARKDOWN_HELP),
            ("Table (CSV)", "csv", "text/csv", report.to_csv, _CSV_HELP),
        ):
            st.download_button(
                label,
                data=partial(_made, make, found),
                file_name=f"{name}.{suffix}",
                mime=mime,
                on_click="ignore",
                icon=":material/download:",
                key=f"download_{suffix}",
                help=help_text,
            )
        with st.popover("Link", icon=":material/link:", key="link"):
            link, is_local = link_to(found.id, st.context.url or "")
            if is_local:
                st.warning(
                    "This server listens on this computer only, so the link opens for nobody "
                    "else. Hand out the page (HTML) instead.",
                    icon=":material/link_off:",
                )
            st.code(link, language=None, wrap_lines=True)
    note("A picture of a chart, with machine, engine, date and state: the camera in its corner.")


_PAGE_HELP = "Charts and table in one file that opens offline, for people without this program."
_JSON_HELP = "Every single inference, for this program and for others."
_MARKDOWN_HELP = "To paste into an issue or a pull request."
_CSV_HELP = "With the columns of timm's own benchmark results."


def _made(make: Callable[[Snapshot], str], found: Snapshot) -> bytes:
    return make(found).encode()


def _text_of(found: Snapshot) -> str:
    return found.text


def link_to(snapshot_id: str, url: str) -> tuple[str, bool]:
    """The snapshot's link on this server, and whether it opens on this computer only.

    url: under which the person sees the page.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    is_local = is_loopback(host)
    path = parts.path.rstrip("/")
    if not path.endswith("/snapshots"):
        path += "/snapshots"
    query = f"snapshot={snapshot_id}"
    return urlunsplit((parts.scheme or "http", parts.netloc or host, path, query, "")), is_local


def _figures(found: Snapshot) -> None:
    st.header("Figures", anchor=False)
    titles, rows = tables.to_cells(found.run)
    if rows:
        st.dataframe(
            pd.DataFrame(rows, columns=titles),
            hide_index=True,
            key="figures",
            alt=f"{len(rows)} measurements of snapshot {found.id}",
        )
    for failure in found.run.failures:
        note(f"Failed: {plain(tables.describe_failure(failure))}")
    note("  \n".join(plain(line) for line in tables.notes(found.run)))


def _not_kept(snapshot_id: str) -> Snapshot | None:
    """One that a notebook shows, or of those that come with the program: neither bears tags."""
    shown = steered.handed_over(snapshot_id)
    return shown or next((one for one in samples() if one.id == snapshot_id), None)


def _tag(snapshot_id: str, key: str, shown: tuple[str, ...]) -> None:
    """What was changed here, and no more: somebody else may have changed others meanwhile."""
    wanted = st.session_state[key]
    add = [tag for tag in wanted if tag not in shown]
    remove = [tag for tag in shown if tag not in wanted]
    try:
        session.store().tag(snapshot_id, add=add, remove=remove)
    except (StoreError, TagError) as error:
        st.session_state["tag_problem"] = str(error)
    del st.session_state[key]  # as it now is in the store


def _back() -> None:
    del st.query_params["snapshot"]
