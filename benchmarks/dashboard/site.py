"""The dashboard as a whole: its pages, and which of them this server offers."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from benchmarks.dashboard import (
    accuracy,
    choose,
    comparing,
    explore,
    gallery,
    history,
    login,
    measurable,
    method,
    paper,
    steered,
    tasks,
    trying,
)
from benchmarks.dashboard.fragments import call_postponed
from benchmarks.dashboard.settings import is_read_only, needs_login


def show() -> None:
    # An icon of our own: a named one would be fetched from another host.
    icon = Path(__file__).with_name("icon.svg")
    st.set_page_config(page_title="MobileNet Bench", page_icon=icon, layout="wide")
    if needs_login():
        login.ask()
    start, snapshots = explore.page(), gallery.page()
    measuring = [
        start,
        paper.page(),
        choose.page(start),
        tasks.page(),
        accuracy.page(),
        trying.page(),
        measurable.page(),
    ]
    looking = [
        snapshots,
        comparing.page(),
        history.page(),
        st.Page(method.show, title="Method", icon=":material/menu_book:", url_path="method"),
    ]
    page = st.navigation(looking if is_read_only() else [*measuring, *looking], position="top")
    call_postponed()
    steered.attend(page, start, snapshots)
    steered.watch(page)
    page.run()
