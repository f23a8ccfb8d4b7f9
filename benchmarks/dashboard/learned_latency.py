"""The latency model that follows from what this server has measured; made anew with each result."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from benchmarks.calibration import is_calibrated
from benchmarks.candidates import Candidate
from benchmarks.choosing import is_invalid
from benchmarks.dashboard import session
from benchmarks.latency_model import LatencyModel, fit, is_of_kind
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario


def learned(scenario: Scenario) -> LatencyModel | None:
    """None until enough of the networks to calibrate with have been timed."""
    collection = session.manager().collection()
    invalid = {run.id for run in collection.finished.values() if is_invalid(run)}
    rows = [
        one
        for (_, way), one in collection.best.items()
        if way == scenario and one.quality != "preview" and one.run_id not in invalid
    ]
    if not is_calibrated(rows, scenario):
        return None
    newest = max(one.measured_utc for one in rows)
    return _fitted(scenario, len(rows), newest, rows)


def predicted_s(networks: Iterable[Candidate], scenario: Scenario) -> dict[str, float]:
    """Seconds by the candidate's key; of those that are MobileNets, once enough is known."""
    if (model := learned(scenario)) is None:
        return {}
    return {
        one.key: model.predict_s(one.config)
        for one in networks
        if one.config is not None and is_of_kind(one.config)
    }


@st.cache_resource(show_spinner=False, max_entries=20)
def _fitted(scenario: Scenario, count: int, newest: str, _rows: list[Measurement]) -> LatencyModel:
    return fit(_rows, scenario)
