"""How networks learned: one curve each, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple, get_args

from benchmarks import units
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.looks import look
from benchmarks.charts.palette import colours
from mobilenet.tasks.score import Epoch

LearningQuantity = Literal["top1", "loss"]
LEARNING_QUANTITIES: tuple[LearningQuantity, ...] = get_args(LearningQuantity)
HEIGHT = 300
MARGIN = {"l": 58, "r": 14, "t": 56, "b": 48}
MOST_TICKS = 12  # on whole epochs only
TITLES: dict[LearningQuantity, str] = {
    "top1": "Top-1 of the test images, %",
    "loss": "Loss of the training images",
}


class Learner(NamedTuple):
    """A network, and what it learned so far. planned: epochs in all."""

    name: str
    epochs: tuple[Epoch, ...]
    planned: int


def learning(learners: Sequence[Learner], what: LearningQuantity, *, dark: bool) -> Figure:
    """Top-1 with its 95 % interval, or the loss."""
    drawn = [one for one in learners if one.epochs]
    if not drawn:
        return empty("Nothing is trained yet.", dark=dark)
    planned = max(one.planned for one in drawn)
    return {
        "data": [_curve(one, number, what, dark) for number, one in enumerate(drawn)],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis(
                "Epoch",
                dark=dark,
                range=[0.5, planned + 0.5],
                dtick=1 if planned <= MOST_TICKS else None,
                nticks=MOST_TICKS,
            ),
            yaxis=axis(TITLES[what], dark=dark, rangemode="tozero" if what == "loss" else "normal"),
        ),
    }


def learning_alt(learners: Sequence[Learner], what: LearningQuantity) -> str:
    """Where each network stands, in numbers."""
    drawn = [one for one in learners if one.epochs]
    if not drawn:
        return f"{TITLES[what]}: nothing is trained yet."
    told = "; ".join(
        f"{one.name} after {len(one.epochs)} of {one.planned} epochs {_text(one.epochs[-1], what)}"
        for one in drawn
    )
    return f"{TITLES[what]}, by epoch. {told}."


def _curve(learner: Learner, number: int, what: LearningQuantity, dark: bool) -> Figure:
    colour, dash, symbol = look(number)
    ink = colours(dark)[colour]
    curve: Figure = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": escape(learner.name),
        "x": [epoch.number for epoch in learner.epochs],
        "y": [_value(epoch, what) for epoch in learner.epochs],
        "line": {"color": ink, "width": 2, "dash": dash},
        "marker": {"size": 7, "color": ink, "symbol": symbol},
        "hovertext": [
            f"<b>{escape(learner.name)}</b>, epoch {epoch.number}<br>{_text(epoch, what)}"
            for epoch in learner.epochs
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    if what == "top1":
        scores = [epoch.score for epoch in learner.epochs]
        curve["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [one.top1_bounds.high - one.top1_percent for one in scores],
            "arrayminus": [one.top1_percent - one.top1_bounds.low for one in scores],
            "color": ink,
            "thickness": 1,
            "width": 0,
        }
    return curve


def _value(epoch: Epoch, what: LearningQuantity) -> float:
    return epoch.score.top1_percent if what == "top1" else epoch.loss


def _text(epoch: Epoch, what: LearningQuantity) -> str:
    if what == "loss":
        return units.significant(epoch.loss)
    score = epoch.score
    return f"{units.percent(score.top1_percent)} ({units.percent_span(*score.top1_bounds)})"
