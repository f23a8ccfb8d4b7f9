"""How well a task's network does, epoch by epoch, beside what chance reaches."""

from __future__ import annotations

from benchmarks import units
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.learning import HEIGHT, MARGIN, MOST_TICKS
from benchmarks.charts.looks import look
from benchmarks.charts.palette import colours, ink
from benchmarks.training.tasks.order import TaskOutcome
from mobilenet.tasks.score import Quality


def task_learning(outcome: TaskOutcome, *, dark: bool) -> Figure:
    """The first measure with its 95 % interval, from the untrained network on."""
    points = _points(outcome)
    if not points:
        return empty("Nothing is trained yet.", dark=dark)
    planned = outcome.order.recipe.epochs
    colour, dash, symbol = look(0)
    line = colours(dark)[colour]
    measure, chance = points[-1][1].measure, points[-1][1].chance
    found: Figure = {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "this network",
                "x": [number for number, _ in points],
                "y": [one.percent for _, one in points],
                "line": {"color": line, "width": 2, "dash": dash},
                "marker": {"size": 7, "color": line, "symbol": symbol},
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [one.high - one.percent for _, one in points],
                    "arrayminus": [one.percent - one.low for _, one in points],
                    "color": line,
                    "thickness": 1,
                    "width": 0,
                },
                "hovertext": [f"{_when(number)}<br>{_text(one)}" for number, one in points],
                "hovertemplate": "%{hovertext}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "chance",
                "x": [-0.5, planned + 0.5],
                "y": [chance, chance],
                "line": {"color": ink(dark).muted, "width": 1.5, "dash": "dot"},
                "hoverinfo": "skip",
            },
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(
                "Epoch (0: untrained)",
                dark=dark,
                range=[-0.5, planned + 0.5],
                dtick=1 if planned <= MOST_TICKS else None,
                nticks=MOST_TICKS,
            ),
            yaxis=axis(f"{measure[:1].upper()}{measure[1:]}, %", dark=dark, rangemode="tozero"),
        ),
    }
    return found


def task_learning_alt(outcome: TaskOutcome) -> str:
    """Where the network stands, in numbers."""
    points = _points(outcome)
    if not points:
        return "Nothing is trained yet."
    number, last = points[-1]
    return (
        f"{last.measure} by epoch. After {number} of {outcome.order.recipe.epochs} epochs "
        f"{_text(last)}; chance {units.percent(last.chance)}."
    )


def _points(outcome: TaskOutcome) -> list[tuple[int, Quality]]:
    """By epoch; 0 is the untrained network."""
    before = [(0, outcome.untrained.quality[0])] if outcome.untrained else []
    return [*before, *((epoch.number, epoch.quality[0]) for epoch in outcome.epochs)]


def _when(number: int) -> str:
    return f"Epoch {number}" if number else "Untrained"


def _text(one: Quality) -> str:
    return f"{units.percent(one.percent)} ({units.percent_span(one.low, one.high)})"
