"""One trained network through every engine and precision: what each costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from benchmarks import charts, units
from benchmarks.candidates import Candidate
from benchmarks.dashboard import actions, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.text import note
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import runnable
from benchmarks.insight import way_label
from benchmarks.jobs.learning import Scoring
from benchmarks.machine import read_machine
from benchmarks.messages import Scored
from benchmarks.scenarios import PRECISIONS, Scenario
from benchmarks.training.order import Examination
from benchmarks.training.record import Record
from benchmarks.training.scores import kept_scores
from benchmarks.training.words import changed

BATCH = 32


def show(records: Sequence[Record], names: dict[str, str]) -> None:
    st.subheader("Through every engine and precision", anchor=False)
    by_folder = {one.order.folder: one for one in records}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.selectbox(
            "Network",
            list(by_folder),
            format_func=lambda name: names.get(name, "?"),
            key="answer_network",
        )
        precisions = st.pills(
            "Precisions",
            PRECISIONS,
            selection_mode="multi",
            default=["float32", "int8"],
            key="answer_precisions",
        )
        record = by_folder[folder]
        st.button(
            "Score",
            icon=":material/fact_check:",
            key="score",
            disabled=not _ways(precisions),
            help="The same test images in each engine that runs here, against PyTorch in float32.",
            on_click=_start,
            args=(by_folder, names),
        )
    actions.show_refusal()
    found = kept_scores(record.order.weights)
    if found is None:
        note("Not scored yet. int8 is quantised with training images.")
        return
    _show(found, record)


def _ways(precisions: Sequence[str]) -> tuple[Scenario, ...]:
    """Those that are not known to fail here, PyTorch's own in front."""
    statuses = session.engine_statuses()
    threads = read_machine().usable_cpus
    found = []
    for engine in runnable("cpu"):
        for precision in ENGINES[engine].precisions:
            status = statuses.get((engine, "cpu", precision))
            if precision in precisions and (status is None or status.available):
                found.append(Scenario(engine, "cpu", precision, threads, BATCH))
    return tuple(found)


def _start(by_folder: Mapping[str, Record], names: Mapping[str, str]) -> None:
    """With what the controls say at that moment: a choice just made may not have been drawn yet."""
    folder = st.session_state["answer_network"]
    ways = _ways(st.session_state["answer_precisions"])
    if not ways:
        return
    record = by_folder[folder]
    title = f"Score {names[folder]} in {units.counted(len(ways), 'way')}"
    examination = Examination(str(record.order.weights), record.order.data, ways)
    task = Scoring(title, examination, session.owner())
    if any(
        job.is_live and isinstance(job.request, Scoring) and job.request.examination == examination
        for job in session.manager().jobs()
    ):
        return
    actions.submit(task)


def _show(found: Scored, record: Record) -> None:
    network = Candidate(config=record.config)
    timed = {
        one.way: session.timed(network, as_timed(one.way)) for one in found.answered if one.score
    }
    if any(timed.values()):
        marks = [
            charts.Mark(way_label(one.way), one.score, time.median_s)
            for one in found.answered
            if one.score and (time := timed[one.way]) is not None
        ]
        draw(
            charts.scored(marks, "latency", dark=session.is_dark()),
            "answers",
            charts.scored_alt(marks, "latency"),
            selectable=False,
        )
    rows = pd.DataFrame(
        {
            "Engine": ENGINES[one.way.engine].label,
            "Precision": one.way.precision,
            "Top-1": units.percent(one.score.top1_percent if one.score else None),
            "95 % interval": units.percent_span(*one.score.top1_bounds) if one.score else "",
            "Latency here": units.milliseconds(time.median_s)
            if (time := timed.get(one.way))
            else units.NOT_MEASURED,
            "Against PyTorch, float32": changed(one),
        }
        for one in found.answered
    )
    alt = f"{units.counted(len(rows), 'way')} to run the network, with top-1"
    st.dataframe(rows, hide_index=True, alt=alt)
    missing = tuple(as_timed(way) for way, time in timed.items() if time is None)
    note(f"{found.images:,} test images. Latency: 1 thread, 1 image.")
    if missing:
        st.button(
            "Time these ways",
            icon=":material/timer:",
            key="time_ways",
            on_click=actions.time_networks,
            args=(_title(record, missing), (network,), missing),
        )


def _title(record: Record, ways: Sequence[Scenario]) -> str:
    """One way is told by whoever starts it."""
    name = f"Time {record.order.label}"
    return name if len(ways) == 1 else f"{name} in {units.counted(len(ways), 'way')}"


def as_timed(way: Scenario) -> Scenario:
    """One image on one thread: what a latency is here, unless it says otherwise."""
    return replace(way, threads=1, batch=1)
