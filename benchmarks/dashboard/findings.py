"""Findings on the page: a section a table, a badge and a few lines a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from benchmarks import claims
from benchmarks.claims import OUTCOMES, Finding, Outcome
from benchmarks.claims.telling import brief
from benchmarks.dashboard.text import note, plain

BADGES: Mapping[Outcome, tuple[str, str]] = {  # colour and icon; a word stands beside them
    "holds": ("green", "check_circle"),
    "fails": ("red", "cancel"),
    "cannot tell": ("orange", "help"),
    "not measured": ("gray", "hourglass_empty"),
}
WORDS: Mapping[Outcome, str] = {
    "holds": "Hold",
    "fails": "Fail",
    "cannot tell": "Cannot be told",
    "not measured": "Not measured yet",
}


def show(found: Sequence[Finding]) -> None:
    present = [outcome for outcome in OUTCOMES if any(one.outcome == outcome for one in found)]
    wanted: Outcome | None = st.pills(
        "Only those that",
        present,
        format_func=lambda outcome: WORDS[outcome],
        key="paper_only",
        help="Nothing chosen shows all.",
    )
    shown = [one for one in found if wanted in (None, one.outcome)]
    for table, own in claims.by_table(shown).items():
        st.subheader(table, anchor=False)
        for one in own:
            st.markdown(headline(one))
            note("  \n".join(f"**{name}:** {plain(text)}" for name, text in brief(one)))


def headline(one: Finding) -> str:
    colour, icon = BADGES[one.outcome]
    return f":{colour}-badge[:material/{icon}: {one.word}] **{plain(one.claim.sentence)}**"
