"""What identical networks have shown: an answer and a chart for each number of threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from benchmarks import charts, units
from benchmarks.dashboard import labels, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.text import note
from benchmarks.engines import ENGINES
from benchmarks.jobs.manager import JobView
from benchmarks.jobs.request import Request
from benchmarks.results import Run
from benchmarks.timing.verdicts import MARGIN
from benchmarks.validation import Validation, advice, answer, counts, shown_by

Test = tuple[Request, ...]


def show_answers(tests: Sequence[Test], live: Collection[JobView]) -> None:
    """One box for each number of threads."""
    if not tests:
        st.info("**Not known yet: press “Find out”.**", icon=":material/help:")
    for test in tests:
        found = shown_by(_finished(test))
        text = headline(test, found, live)
        if not found.states:
            st.info(text, icon=":material/help:")
        elif found.is_plain_yes:
            st.success(text, icon=":material/check_circle:")
        else:
            st.warning(text, icon=":material/warning:")


def headline(test: Test, found: Validation, live: Collection[JobView]) -> str:
    """The answer, as far as there is one, and what it was found with."""
    is_live = any(job.request in test for job in live)
    how = f"{_engine(test)}, {_threads(test)}"
    if is_live and found.states:
        how += f", so far: after {units.counted(len(found.states), 'run')} of {len(test)}"
    sentence = "Being found out." if is_live and not found.states else answer(found)
    return f"**{sentence}** :small[{how}]"


def show_charts(tests: Sequence[Test]) -> None:
    """One below the other, on the same axis."""
    results = [(test, runs) for test in tests if (runs := _finished(test))]
    every = [run.ratios for _, runs in results for run in shown_by(runs).runs]
    for test, runs in results:
        found = shown_by(runs)
        own = [run.ratios for run in found.runs]
        withheld = [place for place, run in enumerate(found.runs) if run.is_withheld]
        st.subheader(f"With {_threads(test)}", anchor=False)
        chart, facts = st.columns([1.6, 1], gap="large")
        with chart:
            draw(
                charts.identical(own, dark=session.is_dark(), withheld=withheld, beside=every),
                f"identical-{test[0].scenarios[0].threads}",
                charts.identical_alt(own, withheld),
                selectable=False,
            )
            note(
                f"95 % intervals of {_engine(test)}, effort "
                f"{labels.EFFORTS[test[0].preset].lower()}, begun {_minute(runs[0].started_utc)} "
                f"UTC. Shaded: within {units.share(MARGIN)}, which counts as the same."
            )
        with facts:
            rows = [f"| {name} | {finding} |" for name, finding in counts(found)]
            st.markdown("\n".join(["| What | Found |", "|---|---|", *rows]))
            if sentences := advice(found):
                st.warning("\n".join(f"- {one}" for one in sentences), icon=":material/warning:")


def _finished(test: Test) -> list[Run]:
    """Its runs that have come to their end."""
    finished = session.manager().collection().finished
    every = (finished.get(request.id) for request in test)
    return [run for run in every if run is not None and not run.cancelled]


def _engine(test: Test) -> str:
    return ENGINES[test[0].scenarios[0].engine].label


def _threads(test: Test) -> str:
    return units.counted(test[0].scenarios[0].threads, "thread")


def _minute(utc: str) -> str:
    """ "2026-01-31T12:00:00+00:00" as "2026-01-31 12:00"."""
    return utc[:16].replace("T", " ")
