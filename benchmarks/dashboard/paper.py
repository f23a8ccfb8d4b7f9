"""The page "The paper on this machine": each claim, what was measured, and what came of it."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import claims
from benchmarks.claims import Claim
from benchmarks.dashboard import actions, findings, measurable, session, summary, testing
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note
from benchmarks.insight import scenario_label

TITLE = "The paper on this machine"


def page() -> StreamlitPage:
    return st.Page(show, title="The paper", icon=":material/fact_check:", url_path="paper")


def show() -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nothing can be measured")
    summary.show_machine()
    st.markdown(
        "The claims of Tables 1 to 9 and Figures 4 and 5 of the "
        "[MobileNets paper](https://arxiv.org/abs/1704.04861): counted anew, compared with what "
        "others have published, and timed here. A claim may fail. What is asked here beyond the "
        "paper is marked, and counted apart."
    )
    way = testing.choose()
    found = claims.findings(session.manager().collection(), way.scenario)
    missing = claims.missing(found)
    st.header(f"In {scenario_label(way.scenario)}", anchor=False)
    st.markdown(f"**{claims.summary(found)}.**")
    _offer(way, missing)
    with under_jobs(measurable.page()):
        actions.show_refusal()
        findings.show(found)


def _offer(way: testing.Way, missing: tuple[Claim, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Test what is missing",
            type="secondary" if session.is_dark() else "primary",
            icon=":material/experiment:",
            key="test_missing",
            disabled=way.is_blocked or not missing,
            on_click=testing.start,
            kwargs={"everything": False},
        )
        st.button(
            "Test all again",
            icon=":material/refresh:",
            key="test_all",
            disabled=way.is_blocked or len(missing) == _timed(),
            on_click=testing.start,
            kwargs={"everything": True},
        )
    if missing:
        note(testing.how_long(way, missing))
    else:
        note("Everything has been tested that can be. Another engine may say otherwise.")


def _timed() -> int:
    """How many claims a clock has to decide."""
    return sum(claim.timing is not None for claim in claims.claims())
