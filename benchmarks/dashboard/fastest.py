"""Which engine is fastest for the selected network, and a button to change to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.session import Tried
from benchmarks.dashboard.text import note
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus, runnable
from benchmarks.insight import engine_label, way_label
from benchmarks.recommendation import Recommendation, Standing, bounds, recommend, times
from benchmarks.results import Measurement
from benchmarks.scenarios import Precision, Scenario
from benchmarks.timing.verdicts import MARGIN

NO_BREAK = "\u00a0"


def scenarios(chosen: Scenario, statuses: Mapping[Tried, EngineStatus]) -> tuple[Scenario, ...]:
    """Ways to run a network like `chosen`, in every engine that is not known to fail here.

    In float32, in int8, and in the precision that is chosen. The chosen engine comes first: ratios
    to that are what a run makes precise.
    """

    def may_run(engine: str, precision: Precision) -> bool:
        status = statuses.get((engine, chosen.device, precision))
        return status is None or status.available

    return tuple(
        replace(chosen, engine=engine, precision=precision)
        for engine in sorted(runnable(chosen.device), key=lambda name: name != chosen.engine)
        for precision in ENGINES[engine].precisions
        if precision in ("float32", "int8", chosen.precision)
        and may_run(engine, "float32")
        and may_run(engine, precision)
    )


def show(collection: Collection, choice: Choice) -> None:
    """The latest comparison of engines for what is selected; nothing before there is one."""
    found = latest(collection, choice.selected, choice.scenario)
    if found is None:
        return
    with st.container(border=True, key="fastest"):
        words, figures = st.columns([1, 1.2], gap="medium")
        with words:
            _say(found)
        figures.markdown(_table(found))


def latest(collection: Collection, one: Candidate, chosen: Scenario) -> Recommendation | None:
    """Of the last run in which `one` took turns in several engines, with the device, threads and
    batch of `chosen`."""
    for run in reversed(list(collection.finished.values())):
        if not all(row.candidate == one and _is_alike(row, chosen) for row in run.measurements):
            continue
        if (found := recommend(run, chosen)) is not None:
            return found
    return None


def _is_alike(row: Measurement, chosen: Scenario) -> bool:
    own = row.scenario
    return replace(own, engine=chosen.engine, precision=chosen.precision) == chosen


def _say(found: Recommendation) -> None:
    """The sentences, where another engine is better a button that changes to it, and how far all
    that can be relied on."""
    first, *others = found.sentences
    st.markdown(_unbroken("  \n".join([f"**{first}**", *others])))
    if (better := found.better) is not None:
        st.button(
            f"Use {engine_label(better)}",
            key="use_fastest",
            icon=":material/swap_horiz:",
            help="Changes the engine, and the precision to float32.",
            on_click=_use,
            args=(better,),
        )
    word, reasons = found.state.word, found.state.reasons
    if word == "invalid":  # the sentence has said so
        note(f":material/error: {reasons[0].text} {reasons[0].advice}")
    elif reasons:
        texts = " ".join(reason.text for reason in reasons)
        note(f":material/warning: The run is {word}. {texts}")
    row = found.full[0].row
    until = row.measured_utc[:16].replace("T", " ")
    note(f"In turns, in {row.workers} fresh processes each, until {until} UTC.")


def _use(scenario: Scenario) -> None:
    """Runs before the page: the widgets take these as their own."""
    st.session_state["engine"] = scenario.engine
    st.session_state["precision"] = scenario.precision


def _table(found: Recommendation) -> str:
    """In Markdown: whole, without a scrollbar, and a phone breaks its lines."""
    rows = [
        (way_label(one.scenario), units.milliseconds(one.row.median_s), _beside(one, found))
        for one in (*found.full, *found.reduced)
    ]
    lines = [f"| {' | '.join(f':small[{_unbroken(cell)}]' for cell in row)} |" for row in rows]
    titles = "| Engine | Median | Times as long as the first |"
    return "\n".join([titles, "|---|--:|---|", *lines])


def _beside(one: Standing, found: Recommendation) -> str:
    """ "fastest"; "1.32 × (1.30 to 1.34 ×), slower"."""
    if one.verdict is None:
        return "fastest" if found.is_told and len(found.fastest) == 1 else "1 ×"
    word = f"same within {units.share(MARGIN)}" if one.verdict == "same" else one.verdict
    return f"{times(one.ratio)}{bounds(one.ratio)}, {word}"


def _unbroken(text: str) -> str:
    """A number stays on one line with its unit."""
    return text.replace(" ×", f"{NO_BREAK}×").replace(" ms", f"{NO_BREAK}ms")
