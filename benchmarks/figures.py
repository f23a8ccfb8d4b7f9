"""The dashboard's charts of a run, for a notebook or a script: figures of plotly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks import charts
from benchmarks.candidates import Candidate, candidate
from benchmarks.collection import collect
from benchmarks.layer_times import LayerTimes
from benchmarks.references import references
from benchmarks.results import Measurement, Run
from benchmarks.roofline import roofline as points_of
from benchmarks.roofline import why_no_roofline
from benchmarks.scenarios import Scenario, ScenarioError
from benchmarks.variants import DEFAULT_WEIGHTS, Metric, Variant, describe
from mobilenet.accuracy import DEFAULT_SOURCE
from mobilenet.config import MobileNetConfig, paper_grid
from mobilenet.cost import cost

if TYPE_CHECKING:
    from benchmarks.charts.notebook import NotebookFigure

Network = Candidate | MobileNetConfig | str
SCREEN_PX = 700  # on which the labels find room; on a wider one too


def tradeoff(
    run: Run,
    metric: Metric = "latency",
    *,
    engine: str | None = None,
    selected: Network | None = None,
    baseline: Network | None = None,
    source: str = DEFAULT_SOURCE,
    weights: str = DEFAULT_WEIGHTS,
    across: bool = False,
    dark: bool = False,
) -> NotebookFigure:
    """ImageNet top-1 accuracy, as published, over what a network costs; up and left is better.

    metric: "latency" (of `run`: only what it measured is drawn), or "mult_adds", "parameters" or
        "size", for which the paper's sixteen networks and the references are drawn as well.
    engine: of several in the run; by default the first.
    selected, baseline: networks to ring.
    source: whose accuracies of MobileNet v1, a key of `mobilenet.accuracy.SOURCES`.
    weights: torchvision's for the references, "IMAGENET1K_V1" or "best".
    across: one Pareto line for all recipes of training; by default each has its own.

    Accuracies that nobody published are estimates, drawn hollow with their error; a network for
    which there is not even that is not drawn. Raises ScenarioError if the run has no such engine.
    """
    ringed = [None if one is None else candidate(one).key for one in (selected, baseline)]
    variants = _variants(run, _scenario(run, engine), source, weights)
    drawn = charts.tradeoff(
        variants,
        metric=metric,
        selected=ringed[0],
        baseline=ringed[1],
        pareto=charts.fronts(variants, metric, across=across),
        screen_px=SCREEN_PX,
        dark=dark,
    )
    return _ready(drawn, dark=dark)


def grid(
    run: Run,
    metric: charts.GridMetric = "latency",
    *,
    engine: str | None = None,
    source: str = DEFAULT_SOURCE,
    dark: bool = False,
) -> NotebookFigure:
    """The paper's four widths at four resolutions, a cell each (its Tables 6 and 7 in one).

    metric: "latency" (of `run`), "top1", "mult_adds", "parameters", "size", or "vs_theory": how
        much longer a network takes than 1.0-224 for its mult-adds.
    Raises ScenarioError if the run has no such engine.
    """
    variants = _variants(run, _scenario(run, engine), source, DEFAULT_WEIGHTS)
    sixteen = {Candidate(config=config).key for config in paper_grid()}
    shown = [one for one in variants if one.candidate.key in sixteen]
    return _ready(charts.grid(shown, metric=metric, selected=None, dark=dark), dark=dark)


def distribution(
    run: Run, *networks: Network, engine: str | None = None, dark: bool = False
) -> NotebookFigure:
    """How the times of single inferences are spread, a curve a network, up to six.

    networks: of the run, by default its first six. Raises ScenarioError if it has no such engine.
    """
    scenario = _scenario(run, engine)
    wanted = {candidate(one).key for one in networks}
    rows = [
        row
        for row in run.measurements
        if row.scenario == scenario and (not wanted or row.candidate.key in wanted)
    ]
    return _ready(charts.distribution(rows, dark=dark), dark=dark)


def layers(
    config: MobileNetConfig, unit: charts.LayerUnit = "mult_adds", *, dark: bool = False
) -> NotebookFigure:
    """What each layer of a MobileNet costs (the paper's Table 1, with its Table 2 in colours).

    unit: "mult_adds", "parameters" or "activation".
    """
    return _ready(charts.layers(cost(config), unit=unit, dark=dark), dark=dark)


def layer_shares(
    run: Run, network: Network | None = None, *, engine: str | None = None, dark: bool = False
) -> NotebookFigure:
    """Where the time of a MobileNet goes, block by block, beside where its mult-adds are.

    run: measured with `layers=True`. network, engine: of several; by default the first.
    Raises ScenarioError if the run has no times of its layers.
    """
    config, times, _ = _dissected(run, network, engine)
    return _ready(charts.layer_shares(cost(config), times, dark=dark), dark=dark)


def roofline(
    run: Run, network: Network | None = None, *, engine: str | None = None, dark: bool = False
) -> NotebookFigure:
    """How near each layer of a MobileNet comes to what this machine does at best.

    run: measured with `layers=True`. network, engine: of several; by default the first.
    Raises ScenarioError if the run has no times of its layers, or no ceiling for them.
    """
    _, _, row = _dissected(run, network, engine)
    if (reason := why_no_roofline(row, run.ceilings)) is not None:
        raise ScenarioError(f"There is no roofline of {row.candidate.name}. {reason}")
    return _ready(charts.roofline(points_of(row, run.ceilings), dark=dark), dark=dark)


def _dissected(
    run: Run, network: Network | None, engine: str | None
) -> tuple[MobileNetConfig, LayerTimes, Measurement]:
    wanted = None if network is None else candidate(network)
    for row in run.measurements:
        config, times = row.candidate.config, row.layer_times
        fits = wanted in (None, row.candidate) and engine in (None, row.scenario.engine)
        if fits and config is not None and times is not None:
            return config, times, row
    raise ScenarioError(
        "The run has no times of these layers. Measure a MobileNet with layers=True, in an engine "
        "that tells them."
    )


def _variants(run: Run, scenario: Scenario, source: str, weights: str) -> tuple[Variant, ...]:
    """The sixteen, the references and what else was measured, each once."""
    published = [Candidate(config=config) for config in paper_grid()]
    published += [Candidate(reference=name) for name in references()]
    measured = [row.candidate for row in run.measurements]
    times = collect(run.measurements).best
    return tuple(
        describe(one, times, scenario, source=source, weights=weights)
        for one in dict.fromkeys([*published, *measured])
    )


def _scenario(run: Run, engine: str | None) -> Scenario:
    """The first of the run, in `engine` if that is named."""
    rows: list[Measurement] = [
        row for row in run.measurements if engine in (None, row.scenario.engine)
    ]
    if rows:
        return rows[0].scenario
    if engine is None or not run.measurements:
        return Scenario() if engine is None else replace(Scenario(), engine=engine)
    measured = ", ".join(dict.fromkeys(row.scenario.engine for row in run.measurements))
    raise ScenarioError(f"The run has nothing in {engine!r}. Choose one of: {measured}.")


def _ready(figure: charts.Figure, *, dark: bool) -> NotebookFigure:
    from benchmarks.charts.notebook import notebook_figure  # plotly takes a while to import

    return notebook_figure(figure, dark=dark)
