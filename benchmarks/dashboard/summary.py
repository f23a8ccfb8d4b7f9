"""The top of the page: whose machine this is, what it shows, and the selected network's numbers."""

from __future__ import annotations

import streamlit as st

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import shown, small_print, used
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.text import note
from benchmarks.insight import (
    LARGEST,
    SMALLEST,
    caveat,
    compared,
    engine_label,
    headline,
    scenario_label,
    troubles,
)
from benchmarks.jobs.request import preview_scenario
from benchmarks.machine import read_machine
from benchmarks.references import references
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.validity import DEGRADED_SHARE
from mobilenet.accuracy import SOURCES
from mobilenet.config import paper_grid
from mobilenet.cost import cost


def show_machine() -> None:
    """What is measured is the server's machine; say so, and which one it is."""
    machine = read_machine()
    cpus = "1 CPU" if machine.usable_cpus == 1 else f"{machine.usable_cpus} CPUs"
    facts = [
        f"**{machine.cpu}**",
        f"{cpus} usable",
        units.gigabytes(machine.memory_bytes),
        ", ".join(machine.accelerators) or "no GPU",
        machine.system,
        f"PyTorch {machine.version_of('torch') or 'not installed'}",
    ]
    note(":material/dns: Times are of the computer that runs this server: " + " · ".join(facts))


def show_headline(collection: Collection, choice: Choice) -> None:
    """One sentence about this machine, or what is being done to find it."""
    sentence = headline(collection, choice.scenario)
    if sentence is None:
        sentence = (
            f"The paper's {len(paper_grid())} networks and {len(references())} others, from "
            f"published figures. {_untimed(collection, choice.scenario)} in "
            f"{scenario_label(choice.scenario)}."
        )
    else:
        how = ", ".join(
            filter(None, [scenario_label(choice.scenario), caveat(collection, choice.scenario)])
        )
        sentence += f" :gray[:small[{how}]]"
    st.markdown(f"#### {sentence}")


def _untimed(collection: Collection, scenario: Scenario) -> str:
    """Which of the two that the headline needs have no time; early in a run, what is going on."""
    missing = [one.label for one in (LARGEST, SMALLEST) if collection.get(one, scenario) is None]
    if not missing:
        return "Being timed"
    return f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not timed yet"


def show_numbers(collection: Collection, choice: Choice) -> None:
    """Six figures of the selected network, each with its difference to the baseline.

    Memory and energy come on top where they were measured.
    """
    chosen, base = choice.selected, choice.baseline
    same = chosen == base

    def counted(
        label: str, text: str, value: float | None, other: float | None, explanation: str
    ) -> None:
        change = None if value is None or other is None else units.change(value, other)
        st.metric(
            label,
            text,
            delta="baseline" if same else change,
            delta_color="off",
            delta_arrow="off",
            help=explanation,
            border=True,
            width=CARD_WIDTH,
        )

    with st.container(horizontal=True, gap="xsmall", key="numbers"):
        _latency(collection, choice)
        _accuracy(collection, choice)
        counted(
            "Mult-adds",
            units.millions(chosen.mult_adds),
            chosen.mult_adds,
            base.mult_adds,
            "Convolutions and the fully connected layer, batch 1. One multiply-add is two FLOPs.",
        )
        counted(
            "Parameters",
            units.millions(chosen.parameters),
            chosen.parameters,
            base.parameters,
            _parameters_help(chosen),
        )
        counted(
            "Size on disk",
            units.megabytes(chosen.size_bytes),
            chosen.size_bytes,
            base.size_bytes,
            "float32 parameters and batch-norm statistics; 1 MB is a million bytes.",
        )
        counted(
            "Activations",
            units.megabytes(chosen.peak_activation_bytes),
            chosen.peak_activation_bytes,
            base.peak_activation_bytes,
            "Computed peak, float32, batch 1: the most that an engine must hold at once that folds "
            "batch norm into the convolution and frees each map after its last use.",
        )
        found = _best_known(choice, collection)
        used.show(found, found and collection.get(base, found.scenario), width=CARD_WIDTH)
    small_print.show(chosen, base)


CARD_WIDTH, WIDE_CARD, WIDEST_CARD = 127, 168, 212  # six in a row on a laptop


def _latency(collection: Collection, choice: Choice) -> None:
    found = _best_known(choice, collection)
    quality = "" if found is None or found.quality == "measured" else f", {found.quality}"
    if found is not None and found.disturbed_share >= DEGRADED_SHARE:
        quality += ", disturbed"
    batch = choice.scenario.batch
    st.metric(
        f"{'Latency here' if batch == 1 else f'Latency of {batch} images'}{quality}",
        units.milliseconds(found.median_s if found else None),
        delta=_latency_note(found, choice, collection),
        delta_color="off",
        delta_arrow="off",
        help=_latency_help(found) if found else "Not timed in this scenario. Press Measure.",
        border=True,
        width=WIDEST_CARD,
    )


def _best_known(choice: Choice, collection: Collection) -> Measurement | None:
    """In the chosen scenario, or else the preview in PyTorch."""
    exact = collection.get(choice.selected, choice.scenario)
    return exact or collection.get(choice.selected, preview_scenario(choice.scenario))


def _latency_note(found: Measurement | None, choice: Choice, collection: Collection) -> str:
    """How it compares with the baseline, and in which engine if not in the chosen one."""
    if found is None:
        return "not timed yet"
    wanted = choice.scenario
    parts = ["in PyTorch"] if found.scenario.engine != wanted.engine else []
    parts += ["float32"] if found.scenario.precision != wanted.precision else []
    if choice.selected == choice.baseline:
        parts.append("baseline")
    else:
        against = compared(choice.selected, choice.baseline, found.scenario, collection)
        parts.append(against or f"{choice.baseline.label} not timed")
    return ", ".join(parts)


def _latency_help(found: Measurement) -> str:
    scenario = found.scenario
    processes = "1 process" if found.workers == 1 else f"{found.workers} fresh processes"
    lines = [
        f"Median of {len(found.times_s)} inferences in {len(found.blocks)} turns of {processes}, "
        f"{engine_label(scenario)}, {scenario.precision}, {_threads(scenario)}, "
        f"batch {scenario.batch}.",
        f"95 % interval of this session: {units.milliseconds_interval(found.interval_s)}.",
    ]
    if found.disturbed_share:
        lines.append(
            f"{units.share(found.disturbed_share)} of the turns were disturbed and do not count: "
            f"{' and '.join(troubles([found]))}."
        )
    if found.quality == "preview":
        lines.append("A preview: a first look, in PyTorch. Press Measure for the proper figure.")
    if found.quality == "preliminary":
        lines.append("Preliminary: timed in a process that is kept warm.")
    if found.output_error is not None:
        lines.append(
            "Its logits are off from PyTorch's in float32 by "
            f"{units.one_in(found.output_error)} of their spread (root mean square)."
        )
    if found.prepare_s is not None:
        lines.append(f"Preparing it took {units.duration(found.prepare_s)}, which does not count.")
    lines.append("Another run on another day may differ by some 10 %.")
    return " ".join(lines)


def _accuracy(collection: Collection, choice: Choice) -> None:
    mine = shown.variant(choice.selected, collection, choice).top1
    other = shown.variant(choice.baseline, collection, choice).top1
    if mine is None:
        st.metric(
            "ImageNet top-1",
            units.NOT_MEASURED,
            delta="nobody published it",
            delta_color="off",
            delta_arrow="off",
            help=f"{SOURCES[choice.recipes.source].title} has no figure for this network; an "
            "estimate is given only between trained networks.",
            border=True,
            width=WIDE_CARD,
        )
        return
    delta = "baseline" if choice.selected == choice.baseline else "baseline unknown"
    if other is not None and choice.selected != choice.baseline:
        points = mine.percent - other.percent
        sign = "+" if points >= 0 else "−"
        delta = f"{sign}{abs(points):.1f} points"
    is_estimate = mine.error_percent is not None
    st.metric(
        "Top-1 estimate" if is_estimate else "Top-1 published",
        units.percent(mine.percent, error_percent=mine.error_percent),
        delta=delta,
        delta_color="off",
        delta_arrow="off",
        help=f"{mine.source}, ImageNet-1K. "
        + (
            "Nobody trained this network: the figure lies between sixteen that were; the error is "
            "the largest one made when each of them is left out in turn."
            if is_estimate
            else "As published; not measured here."
        ),
        border=True,
        width=WIDE_CARD,
    )


def _parameters_help(chosen: Candidate) -> str:
    text = "Everything trainable: weights, batch norm's scale and shift, the classifier's bias."
    if chosen.config is None:
        return text + " Without auxiliary heads."
    paper = units.millions(cost(chosen.config).paper_parameters)
    return text + f" The paper counts convolution and classifier weights only: {paper}."


def _threads(scenario: Scenario) -> str:
    return "1 thread" if scenario.threads == 1 else f"{scenario.threads} threads"
