"""What would disturb a measurement now; renews itself while nobody measures."""

from __future__ import annotations

import time

import streamlit as st

from benchmarks.dashboard import session
from benchmarks.dashboard.text import note
from benchmarks.jobs.machine_queue import is_anybody_measuring, lock_folder
from benchmarks.machine import Signs, read_signs
from benchmarks.preflight import Finding, Severity, check, summary

POLL_S = 2.0
NO_BREAK = "\u00a0"
SAMPLE_S = 0.5  # the first span that is looked at
ICONS: dict[Severity, str] = {
    "fine": "check_circle",
    "note": "info",
    "disturbs": "warning",
    "unknown": "help",
}
Readings = tuple[Signs | None, Signs]  # before and now


def show(threads: int) -> None:
    """As now; while somebody measures, as before that: looking would disturb the turns.

    The end of a job of this server redraws the page; that of others must be looked for.
    """
    run_every = None if any(job.is_live for job in session.manager().jobs()) else POLL_S
    st.fragment(_draw, run_every=run_every)(threads)


def _draw(threads: int) -> None:
    before, now = _readings()
    findings = check(now, before, threads=threads)
    st.markdown(f"**{summary(findings)}**")
    st.markdown(_table(findings))
    if is_anybody_measuring(lock_folder()):
        note("As before the measurement that is under way: looking now would disturb it.")
    else:
        note("As they are now. This page's own work is left out, the browser's is not.")


def _readings() -> Readings:
    """The latest two, if nothing was measured between them."""
    version = session.manager().version
    known: tuple[Readings, int] | None = st.session_state.get("signs")
    if is_anybody_measuring(lock_folder()):
        return known[0] if known else (None, read_signs())
    now = read_signs()
    before = known[0][1] if known and known[1] == version else None
    if before is None or not SAMPLE_S <= now.time_s - before.time_s <= 5 * POLL_S:
        before = now
        time.sleep(SAMPLE_S)
        now = read_signs()
    st.session_state["signs"] = ((before, now), version)
    return before, now


def _table(findings: tuple[Finding, ...]) -> str:
    """In Markdown: a table that is redrawn so often has to be light."""
    rows = [
        f"| {one.title.replace(' ', NO_BREAK)} | {_verdict(one)} {_sentences(one)} |"
        for one in findings
    ]
    return "\n".join(["| Sign | Now |", "|---|---|", *rows])


def _verdict(one: Finding) -> str:
    word = f"**{one.word}**" if one.severity == "disturbs" else one.word
    return f":material/{ICONS[one.severity]}: {word}"


def _sentences(one: Finding) -> str:
    return " ".join(filter(None, [one.text, one.advice]))
