"""The charts and the table, drawn from the same values; clicking any of them selects a network."""

from __future__ import annotations

import streamlit as st

from benchmarks import charts, insight
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import as_code, labels, layers_here, learned_latency, shown, table
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.drawing import draw
from benchmarks.dashboard.pick import pick
from benchmarks.dashboard.session import is_dark, is_phone
from benchmarks.dashboard.text import note
from benchmarks.variants import Metric, Variant
from mobilenet.config import MobileNetConfig

MIN_TIMED = 2  # one point on a latency axis compares nothing


def show_tradeoff(collection: Collection, choice: Choice) -> None:
    """Accuracy against what it costs, with the controls that belong to the chart."""
    bar = st.container(horizontal=True, vertical_alignment="bottom", key="tradeoff_bar")
    with bar:
        asked = pick("Accuracy against", labels.METRICS, "latency", key="x")
        across = st.toggle(
            "One Pareto line across recipes",
            key="across",
            bind="query-params",
            help="Training recipes differ by several points for the same network, so a line "
            "across them compares recipes as much as networks.",
        )
    variants = shown.networks(collection, choice)
    timed = sum(variant.measurement is not None for variant in variants)
    metric: Metric = asked if asked != "latency" or timed >= MIN_TIMED else "mult_adds"
    fronts = charts.fronts(variants, metric, across=across)
    with bar:
        as_code.show(collection, choice, metric, across=across)
    figure = charts.tradeoff(
        variants,
        metric=metric,
        selected=choice.selected.key,
        baseline=choice.baseline.key,
        pareto=fronts,
        screen_px=390 if is_phone() else 700,
        dark=is_dark(),
    )
    alt = charts.tradeoff_alt(variants, metric=metric, selected=choice.selected.key, pareto=fronts)
    draw(figure, "tradeoff", alt)
    _say_what_is_missing(variants, asked, metric)


def show_details(collection: Collection, choice: Choice) -> None:
    """Grid, layers, distribution or table: whichever is chosen."""
    # Not tabs: Streamlit 1.67 disables them for moments while it draws; they lose the focus.
    match pick("In detail", labels.DETAILS, "grid", key="detail"):
        case "grid":
            _show_grid(collection, choice)
        case "layers":
            layers_here.show(collection, choice)
        case "distribution":
            _show_distribution(collection, choice)
        case "table":
            table.show(shown.networks(collection, choice), choice)


def _say_what_is_missing(variants: tuple[Variant, ...], asked: Metric, metric: Metric) -> None:
    missing = charts.undrawn(variants, metric)
    if asked != metric:
        note(
            "Nothing to compare on the latency axis yet, so mult-adds are shown. It follows as "
            "soon as two networks are timed in this scenario."
        )
    elif missing:
        untimed = [one.candidate.label for one in missing if one.top1 is not None]
        unknown = [one.candidate.label for one in missing if one.top1 is None]
        parts = []
        if untimed:
            parts.append(f"{len(untimed)} not timed in this scenario")
        if unknown:
            parts.append(f"{', '.join(unknown)} without a published accuracy")
        note("Not on the chart: " + "; ".join(parts) + ".")


def _show_grid(collection: Collection, choice: Choice) -> None:
    metric = pick("In the cells", labels.CELLS, "latency", key="cells")
    config = choice.selected.config or MobileNetConfig()
    grid = tuple(shown.variant(one, collection, choice) for one in shown.grid())
    selected = Candidate(config=config).key
    figure = charts.grid(
        grid,
        metric=metric,
        selected=selected,
        dark=is_dark(),
        predicted_s=learned_latency.predicted_s(shown.grid(), choice.scenario),
    )
    draw(figure, "grid", charts.grid_alt(grid, metric=metric, selected=selected))


def _show_distribution(collection: Collection, choice: Choice) -> None:
    wanted = dict.fromkeys([choice.selected, choice.baseline, *shown.pins()])
    timed = (collection.get(one, choice.scenario) for one in wanted)
    found = [measurement for measurement in timed if measurement is not None]
    if not found:
        st.info("Not timed in this scenario yet. Press Measure.")
        return
    figure = charts.distribution(found, dark=is_dark())
    draw(figure, "distribution", charts.distribution_alt(found), selectable=False)
    starts = (f"{one.candidate.label}: {insight.start(one)}" for one in found)
    note(f"Warming up, {'; '.join(starts)}.")
    clocked = [
        f"{one.candidate.label}: {words}"
        for one in found
        if (words := insight.on_device(one)) is not None
    ]
    if clocked:
        note(f"By the accelerator's own clock, {'; '.join(clocked)}.")
