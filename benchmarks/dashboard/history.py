"""The History page: one machine, the same network and scenario, over all runs that are kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks import charts, units
from benchmarks.compare import MIN_SESSIONS, spread_of
from benchmarks.dashboard import labels, session
from benchmarks.dashboard.text import note, plain
from benchmarks.history import changes
from benchmarks.insight import scenario_label
from benchmarks.machine import read_machine
from benchmarks.setups import machine_key
from benchmarks.store import StoreError, Timed


def page() -> StreamlitPage:
    return st.Page(show, title="History", icon=":material/timeline:", url_path="history")


def show() -> None:
    st.title("History of a machine", anchor=False)
    try:
        _show()
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/database_off:")


def _show() -> None:
    store = session.store()
    machines = store.machines()
    if not machines:
        st.info("No run is kept yet. Save one on the Snapshots page.", icon=":material/inbox:")
        return
    left, middle, right = st.columns([1.5, 1, 1.5])
    here = machine_key(read_machine())
    machine = left.selectbox(
        "Machine",
        list(machines),
        index=list(machines).index(here) if here in machines else 0,
        format_func=lambda key: machines.get(key, "?"),
        key="history_machine",
    )
    timed = store.timed(machine)
    networks = {one.network: None for one in timed}
    network = middle.selectbox(
        "Network",
        list(networks),
        format_func=labels.name_of,
        key="history_network",
    )
    ways = [one for one in timed if one.network == network]
    way = right.selectbox("Run in", ways, format_func=_called, key="history_way")
    if way is None:
        return
    sessions = store.sessions(machine, way.network, way.scenario)
    changed = changes(sessions)
    st.plotly_chart(
        charts.Ready(charts.history(sessions, changed, dark=session.is_dark())),
        key="history",
        theme=None,
        config=dict(charts.CONFIG),
        alt=charts.history_alt(sessions, changed),
    )
    for number, change in enumerate(changed, start=1):
        note(f"{number}: {change.started_utc[:10]}, {plain(', '.join(change.texts))}")
    proper = [one.median_s for one in sessions if one.quality == "measured"]
    spread = spread_of(proper)
    off = units.share(spread.half_width)
    note(
        f"Between two runs, differences up to {off} are put down to chance. Once {MIN_SESSIONS} "
        f"proper ones are kept they tell themselves how far that goes; here are {len(proper)}."
        if spread.sessions is None
        else f"These {spread.sessions} runs scatter, by chance or by what changed between them, so "
        f"that a step is worth a look only where it is larger than {off}."
    )
    rows = pd.DataFrame(
        {
            "Measured": units.moment(one.started_utc),
            "Snapshot": one.name,
            "Latency": units.milliseconds(one.median_s),
            "From": units.milliseconds(one.low_s),
            "To": units.milliseconds(one.high_s),
            "Kind": one.quality,
        }
        for one in reversed(sessions)
    )
    st.dataframe(rows, hide_index=True, alt=f"{len(rows)} kept runs with date and latency")


def _called(one: Timed) -> str:
    return f"{scenario_label(one.scenario)} · {units.counted(one.runs, 'run')}"
