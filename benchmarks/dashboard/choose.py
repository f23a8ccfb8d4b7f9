"""The Choose page: a budget in, the most accurate network that keeps within it out, measured."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import charts, units
from benchmarks.calibration import CALIBRATION_NETWORKS, space
from benchmarks.chooser import calibration_request, verification_request
from benchmarks.choosing import Budget, Fit, Option, Outlook, outlook, reliable
from benchmarks.choosing_text import about_model, answer, doubt
from benchmarks.dashboard import actions, controls, links, measurable, session
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.learned_latency import learned
from benchmarks.dashboard.progress import under_jobs
from benchmarks.dashboard.text import note, plain
from benchmarks.engines import ENGINES
from benchmarks.insight import scenario_label
from benchmarks.jobs.request import Request
from benchmarks.latency_model import LatencyModel
from benchmarks.scenarios import Scenario, ScenarioError
from mobilenet.accuracy import DEFAULT_SOURCE, SOURCES

TITLE = "Choose for me"
WORTH_A_WARNING = 0.1  # of a prediction, typically
SAID: dict[Fit, str] = {
    "meets": "✓ meets it",
    "cannot tell": "? cannot be told",
    "misses": "✗ misses it",
}


def page(explore: StreamlitPage) -> StreamlitPage:
    def show_page() -> None:
        show(explore)

    return st.Page(show_page, title="Choose", icon=":material/recommend:", url_path="choose")


def show(explore: StreamlitPage) -> None:
    st.title(TITLE, anchor=False)
    session.need_queue("Nothing can be measured")
    links.apply()
    links.show_problems()
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        budget = _budget()
        try:
            scenario = controls.choose_scenario()
        except ScenarioError as error:
            st.error(str(error), icon=":material/block:")
            st.stop()
    with right, under_jobs(measurable.page()):
        actions.show_refusal()
        model = learned(scenario)
        if model is None:
            _offer_calibration(scenario)
            return
        found = outlook(model, reliable(session.manager().collection().finished.values()), budget)
        _show_answer(found, scenario, explore)
        _show_figures(found, model)
        _show_model(model, scenario)


def _budget() -> Budget:
    latency_ms = st.number_input(
        "Latency at most, ms",
        min_value=links.MIN_MS,
        max_value=links.MAX_MS,
        value=10.0,
        step=0.5,
        format="%.2f",
        key="max_ms",
        bind="query-params",
        help="Of the median inference, for the whole batch.",
    )
    size_mb = st.number_input(
        "Weights at most, MB",
        min_value=links.MIN_MB,
        max_value=links.MAX_MB,
        value=None,
        step=0.5,
        placeholder="Any size",
        key="max_mb",
        bind="query-params",
        help="Of the weights in float32; a million bytes each.",
    )
    return Budget(latency_ms / 1e3, None if size_mb is None else int(size_mb * 1e6))


def _offer_calibration(scenario: Scenario) -> None:
    st.info(
        f"Nothing has been learned yet about {scenario_label(scenario)} on this machine. "
        f"Calibrate: {CALIBRATION_NETWORKS} networks are timed, in about a minute, and the "
        f"latency of {len(space())} follows from them.",
        icon=":material/straighten:",
    )
    _button("Calibrate", _calibration, scenario, key="calibrate")


def _show_answer(found: Outlook, scenario: Scenario, explore: StreamlitPage) -> None:
    sentence = plain(answer(found))
    if found.best is not None and found.is_settled:
        st.success(sentence, icon=":material/check_circle:")
    elif found.best is not None or (
        found.predicted is not None and found.predicted.measurement is None
    ):
        st.info(sentence, icon=":material/lightbulb:")
    else:
        st.warning(sentence, icon=":material/block:")
    for one in found.doubtful[:2]:
        note(plain(doubt(one)))
    with st.container(horizontal=True, vertical_alignment="center"):
        if found.shortlist:
            names = ", ".join(one.candidate.label for one in found.shortlist)
            _button(
                f"Measure {units.counted(len(found.shortlist), 'proposal')}",
                lambda: verification_request(found.shortlist, scenario, "quick"),
                scenario,
                key="verify",
                help=f"{names}: in turns, in fresh processes, in less than a minute.",
            )
        if (best := found.best or found.predicted) is not None:
            st.page_link(
                explore,
                label=f"Explore {best.candidate.label}",
                icon=":material/tune:",
                query_params=_link(best, scenario),
            )
    if found.best is not None and found.is_settled:
        note("Nothing else promises to be more accurate within this budget.")


def _link(option: Option, scenario: Scenario) -> dict[str, str]:
    """What leads the Explore page to this network, run in this way; it knows its own defaults."""
    return {
        "width": str(option.config.width_multiplier),
        "resolution": str(option.config.resolution),
        "engine": ENGINES[scenario.engine].label,
        "precision": scenario.precision,
        "threads": str(scenario.threads),
        "batch": str(scenario.batch),
    }


def _show_figures(found: Outlook, model: LatencyModel) -> None:
    dark = session.is_dark()
    draw(charts.choice(found, dark=dark), "choice", charts.choice_alt(found), selectable=False)
    st.header("Latency by width and resolution", anchor=False)
    draw(
        charts.predictions(found, dark=dark),
        "predictions",
        charts.predictions_alt(found),
        selectable=False,
    )
    note(f"Darker is faster. {plain(about_model(model))}")
    title = SOURCES[DEFAULT_SOURCE].title
    note(plain(f"Accuracies: {title}; between its sixteen networks, estimates."))
    measured = [one for one in found.options if one.measurement is not None]
    if measured:
        st.header("Measured", anchor=False)
        rows = pd.DataFrame(_row(one, found.budget) for one in measured)
        st.dataframe(rows, hide_index=True, alt=units.counted(len(rows), "network") + " measured")


def _show_model(model: LatencyModel, scenario: Scenario) -> None:
    if model.error > WORTH_A_WARNING:
        st.warning(
            f"Predictions are off by {units.share(model.error)} typically: something else ran "
            "while networks were timed for them. Calibrate again when the machine is idle.",
            icon=":material/warning:",
        )
    with st.expander("How far the predictions may be relied on", icon=":material/rule:"):
        _show_left_out(model)
        _button("Calibrate again", _calibration, scenario, key="calibrate")


def _row(one: Option, budget: Budget) -> dict[str, str]:
    timed, fit = one.measurement, one.fit(budget)
    interval = None if timed is None else timed.interval_s
    return {
        "Network": one.candidate.label,
        "Budget": "" if fit is None else SAID[fit],
        "Latency": units.milliseconds(one.latency_s),
        "95 % interval": units.milliseconds_interval(interval) if interval else "",
        "Top-1": units.percent(one.top1_percent, error_percent=one.top1_error),
        "Weights": units.megabytes(one.size_bytes),
    }


def _show_left_out(model: LatencyModel) -> None:
    note("Each network that was learned from, as a model predicts it that has not seen it.")
    rows = pd.DataFrame(
        {
            "Network": one.config.label,
            "Measured": units.milliseconds(one.measured_s),
            "Predicted": units.milliseconds(one.predicted_s),
            "Error": units.signed_percent(100 * one.error),
        }
        for one in model.left_out
    )
    st.dataframe(rows, hide_index=True, alt=f"{len(rows)} networks, measured and predicted")


def _calibration() -> Request:
    """As the controls say at that moment."""
    return calibration_request(controls.chosen_scenario())


def _button(
    label: str,
    request: Callable[[], Request],
    scenario: Scenario,
    *,
    key: str,
    help: str | None = None,
) -> None:
    """request: raises ScenarioError. scenario: as the page is drawn; it says whether it can be."""
    status = session.engine_statuses().get((scenario.engine, scenario.device, scenario.precision))
    st.button(
        label,
        type="secondary" if session.is_dark() else "primary",
        icon=":material/timer:",
        key=key,
        help=help,
        disabled=status is not None and not status.available,
        on_click=actions.start,
        args=(request,),
    )
