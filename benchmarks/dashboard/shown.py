"""The networks on the page, each with everything known about it."""

from __future__ import annotations

import streamlit as st

from benchmarks.candidates import Candidate, candidate
from benchmarks.collection import Collection
from benchmarks.dashboard.controls import Choice
from benchmarks.references import references
from benchmarks.variants import Variant, describe
from mobilenet.config import paper_grid


def variant(one: Candidate, collection: Collection, choice: Choice) -> Variant:
    return describe(
        one,
        collection.best,
        choice.scenario,
        source=choice.recipes.source,
        weights=choice.recipes.weights,
    )


def grid() -> tuple[Candidate, ...]:
    """The paper's sixteen."""
    return tuple(Candidate(config=config) for config in paper_grid())


def pins() -> tuple[Candidate, ...]:
    """What the tray holds; before the tray is first drawn, what the link says."""
    keys = st.session_state.get("pins", st.session_state["link_pins"])
    return tuple(candidate(key) for key in keys)


def networks(collection: Collection, choice: Choice) -> tuple[Variant, ...]:
    """The sixteen, the references, and what else the person looks at; each once."""
    others = (Candidate(reference=name) for name in references())
    everything = dict.fromkeys([*grid(), *others, *pins(), choice.baseline, choice.selected])
    return tuple(variant(one, collection, choice) for one in everything)
