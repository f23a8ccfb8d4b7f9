"""The charts of a snapshot, each able to stand alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import charts
from benchmarks.charts import Figure
from benchmarks.insight import scenario_label
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import Snapshot
from benchmarks.variants import describe

MAX_WAYS = 6  # of running that get a chart of their own
MAX_NAMED = 3  # of them in one line below a chart


@dataclass(frozen=True)
class Picture:
    title: str
    figure: Figure
    alt: str


def caption(snapshot: Snapshot, scenario: Scenario | None = None) -> list[str]:
    """Machine, engine, date and state: what must stand below a picture of it."""
    run = snapshot.run
    every = [one.scenario for one in run.measurements] if scenario is None else [scenario]
    ways = list(dict.fromkeys(every))
    state = f"run is {run.state.word}" if run.state else "preview"
    return [
        ", ".join([run.machine.cpu, *run.machine.accelerators]),
        "; ".join(scenario_label(way) for way in ways[:MAX_NAMED]),
        " · ".join([run.started_utc[:10], state, snapshot.id[:8]]),
    ]


def pictures(snapshot: Snapshot, *, dark: bool) -> tuple[Picture, ...]:
    """Accuracy against latency for each way of running; then the spread of single inferences."""
    measured = snapshot.run.measurements
    ways = list(dict.fromkeys(one.scenario for one in measured))[:MAX_WAYS]
    found = [_tradeoff(snapshot, scenario, dark) for scenario in ways]
    if measured:
        most = charts.MOST_CURVES
        figure = charts.distribution(measured, dark=dark)
        found.append(
            Picture(
                "How single inferences are spread"
                + (f" (the first {most} of {len(measured)})" if len(measured) > most else ""),
                charts.captioned(figure, caption(snapshot), dark=dark),
                charts.distribution_alt(measured),
            )
        )
    return tuple(picture for picture in found if picture is not None)


def _tradeoff(snapshot: Snapshot, scenario: Scenario, dark: bool) -> Picture | None:
    """None where fewer than two networks would stand on it."""
    own: dict[tuple[str, Scenario], Measurement] = {
        (one.candidate.key, scenario): one
        for one in snapshot.run.measurements
        if one.scenario == scenario
    }
    variants = [describe(one.candidate, own, scenario) for one in own.values()]
    shown = [one for one in variants if one.top1 is not None]
    if len(shown) < 2:
        return None
    fronts = charts.fronts(shown, "latency")
    figure = charts.tradeoff(shown, metric="latency", selected=None, pareto=fronts, dark=dark)
    return Picture(
        f"Accuracy against latency in {scenario_label(scenario)}",
        charts.captioned(figure, caption(snapshot, scenario), dark=dark),
        charts.tradeoff_alt(shown, metric="latency", selected=None, pareto=fronts),
    )
