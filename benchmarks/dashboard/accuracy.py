"""The Accuracy page: train MobileNets on images of one's own, and find out what they recognise."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks.dashboard import learned, session, teaching
from benchmarks.dashboard.progress import under_jobs

TITLE = "Accuracy on your own images"


def page() -> StreamlitPage:
    return st.Page(show, title="Accuracy", icon=":material/target:", url_path="accuracy")


def show() -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nothing can be trained")
    left, right = st.columns([1, 2.4], gap="large")
    with left:
        st.header("Train", anchor=False)
        teaching.show()
    with right, under_jobs():
        learned.show()
