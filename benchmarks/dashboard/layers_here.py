"""The layers of a MobileNet: what counting says, and where the time goes on this machine."""

from __future__ import annotations

import streamlit as st

from benchmarks import charts
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import actions, controls, labels, session
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.pick import pick
from benchmarks.dashboard.text import note, plain, sentence
from benchmarks.insight import scenario_label, way_label
from benchmarks.jobs.request import Request
from benchmarks.layer_sum import sum_of
from benchmarks.layer_table import ceiling_text
from benchmarks.results import Measurement, Run
from benchmarks.roofline import roofline, why_no_roofline
from benchmarks.scenarios import Scenario
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost


def show(collection: Collection, choice: Choice) -> None:
    config = choice.selected.config
    if config is None:
        st.info("Layers are counted for MobileNets; choose one with the sliders.")
        return
    unit = pick("Length of the bars", labels.LAYER_UNITS, "mult_adds", key="layer_unit")
    counted = cost(config)
    figure = charts.layers(counted, unit=unit, dark=session.is_dark())
    draw(figure, "layers", charts.layers_alt(counted, unit=unit), selectable=False)
    st.subheader("Where the time goes here", anchor=False)
    found = _newest(collection, choice.selected, choice.scenario)
    way = choice.scenario
    status = session.engine_statuses().get((way.engine, way.device, way.precision))
    st.button(
        "Time each layer" if found is None else "Time each layer again",
        icon=":material/timer:",
        key="time_layers",
        help="The network in fresh processes, then its layers: by the runtime's own profiler, or "
        "one after the other; and what this machine does at best, in less than a minute.",
        disabled=status is not None and not status.available,
        on_click=_start,
        args=(choice.selected,),
    )
    if found is None:
        reason = _why_not(collection, choice.selected, way)
        note(plain(sentence(reason or f"Not timed yet in {scenario_label(way)}")))
    else:
        _show_times(config, *found)


def _show_times(config: MobileNetConfig, row: Measurement, run: Run) -> None:
    assert row.layer_times is not None
    counted, dark = cost(config), session.is_dark()
    draw(
        charts.layer_shares(counted, row.layer_times, dark=dark),
        "layer_shares",
        charts.layer_shares_alt(counted, row.layer_times),
        selectable=False,
    )
    note(plain(sum_of(row.layer_times).sentence))
    if (reason := why_no_roofline(row, run.ceilings)) is not None:
        note(plain(reason))
        return
    points = roofline(row, run.ceilings)
    st.subheader("How near each layer is to this machine's ceiling", anchor=False)
    alt = charts.roofline_alt(points)
    draw(charts.roofline(points, dark=dark), "roofline", alt, selectable=False)
    note(plain(ceiling_text(points[0].ceiling)))


def _newest(
    collection: Collection, network: Candidate, scenario: Scenario
) -> tuple[Measurement, Run] | None:
    """Of the last run that timed these layers."""
    for run in reversed(list(collection.finished.values())):
        for row in run.measurements:
            if (row.candidate, row.scenario) == (network, scenario) and row.layer_times:
                return row, run
    return None


def _why_not(collection: Collection, network: Candidate, scenario: Scenario) -> str | None:
    """What came of the last try."""
    failures = (
        failure
        for run in reversed(list(collection.finished.values()))
        for failure in run.failures
        if (failure.candidate, failure.scenario) == (network, scenario)
    )
    return next((failure.reason for failure in failures), None)


def _request(network: Candidate) -> Request:
    """In the way that the controls say at that moment. Raises ScenarioError."""
    scenario = controls.chosen_scenario()
    return Request(
        title=f"Time the layers of {network.name} in {way_label(scenario)}",
        candidates=(network,),
        scenarios=(scenario,),
        preset="quick",
        quality="measured",
        fresh=True,
        layers=(network,),
    )


def _start(network: Candidate) -> None:
    actions.start(lambda: _request(network))
