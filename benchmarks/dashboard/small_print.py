"""Below the figures: channels, who published what, and what is known to be wrong in it."""

from __future__ import annotations

import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.dashboard.text import note
from benchmarks.references import references
from mobilenet.accuracy import SOURCES, PublishedAccuracy, published


def show(chosen: Candidate, base: Candidate) -> None:
    """Channels, then who published what and which of it is known to be wrong."""
    differences = "" if chosen == base else f" · Differences are to {base.label}."
    if chosen.config is None:
        network = references()[str(chosen.reference)]
        notes = [network.note] if network.note else []
        if (paper := network.paper_figures) is not None:
            accuracy = "" if paper.top1_percent is None else f"{paper.top1_percent:.1f} %, "
            notes.append(
                f"The MobileNets paper ({paper.table}) gives {accuracy}"
                f"{units.millions(paper.mult_adds)} mult-adds and "
                f"{units.millions(paper.parameters)} parameters. {paper.note}"
            )
        note(
            f"{network.label} ({network.year}, arXiv:{network.paper}) at its own "
            f"{network.resolution} px{differences} " + " ".join(notes)
        )
        return
    channels = " ".join(str(count) for count in chosen.config.channels)
    results = published(chosen.config)
    with st.container(horizontal=True, vertical_alignment="center", key="small_print"):
        note(f"Channels: {channels}{differences}", width="content")
        if results:
            _show_published(results)


def _show_published(results: tuple[PublishedAccuracy, ...]) -> None:
    """Everything published of this very network, with what is known to be wrong in it."""
    count = "1 published accuracy" if len(results) == 1 else f"{len(results)} published accuracies"
    with st.popover(count, icon=":material/menu_book:", type="tertiary"):
        for result in results:
            source = SOURCES[result.source]
            top5 = "" if result.top5_percent is None else f", top-5 {result.top5_percent:.1f} %"
            st.markdown(
                f"**{result.top1_percent:.1f} %**{top5} · {result.precision} · {source.title}  \n"
                f":gray[{source.recipe} {result.note}]"
            )
        footnotes = (text for result in results for text in SOURCES[result.source].footnotes)
        for footnote in dict.fromkeys(footnotes):
            note(f"Known erratum or limit: {footnote}")
