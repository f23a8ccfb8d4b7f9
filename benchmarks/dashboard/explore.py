"""The Explore page: move two sliders, see what the network costs and how fast it runs here."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks.candidates import CandidateError
from benchmarks.dashboard import (
    actions,
    controls,
    fastest,
    figures,
    gallery,
    links,
    measurable,
    network,
    session,
    steered,
    summary,
    tray,
)
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.progress import under_jobs
from benchmarks.jobs.request import check_memory
from benchmarks.scenarios import ScenarioError
from mobilenet.config import ConfigError


def page() -> StreamlitPage:
    return st.Page(show, title="Explore", icon=":material/tune:", default=True)


def show() -> None:
    if (snapshot_id := st.query_params.get("snapshot")) is not None:
        st.switch_page(gallery.page(), query_params={"snapshot": snapshot_id})
    links.apply()
    try:
        session.start_opening_preview()
    except OSError as error:  # nowhere to queue, so nothing can be measured; it says the way out
        st.error(f"Nothing can be measured: {error.strerror or error}.", icon=":material/block:")
        st.stop()
    session.need_queue("Nothing can be measured")
    summary.show_machine()
    headline = st.container()
    links.show_problems()

    left, right = st.columns([1, 3.2], gap="medium")
    with left:
        try:
            selected = network.choose_network()
            buttons = st.container()
            scenario = controls.choose_scenario()
            effort = controls.choose_effort()
            memory = controls.choose_memory()
            check_memory(selected, scenario)
        except (ConfigError, CandidateError, ScenarioError) as error:
            st.error(str(error), icon=":material/block:")
            st.stop()
        baseline = controls.choose_baseline(selected)
        recipes = controls.choose_recipes()
        choice = Choice(selected, baseline, scenario, effort, memory, recipes)
        with buttons:
            actions.show(choice)
    actions.preview(choice)
    collection = session.manager().collection()
    with headline:
        summary.show_headline(collection, choice)
    with right, under_jobs(measurable.page()):
        summary.show_numbers(collection, choice)
        fastest.show(collection, choice)
        figures.show_tradeoff(collection, choice)
    figures.show_details(collection, choice)
    tray.show(collection, choice)
    steered.tell(collection, choice)
