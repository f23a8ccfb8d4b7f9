"""What a network takes a photograph for: its five likeliest classes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks import units
from benchmarks.charts.figure import Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, colours, ink
from benchmarks.training.order import Guess

ROW_HEIGHT = 38
MARGIN = {"l": 150, "r": 56, "t": 8, "b": 44}
LONGEST = 22  # characters of a name beside its bar


def guesses(found: Sequence[Guess], *, dark: bool) -> Figure:
    """Bars from the likeliest down, each with its percentage."""
    if not found:
        return empty("No answer.", dark=dark)
    shares = [100 * guess.probability for guess in found]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": shares,
                "y": list(range(len(found))),
                "marker": {"color": colours(dark)[BLUE]},
                "text": [units.percent(share) for share in shares],
                "textposition": "outside",
                "textfont": {"color": ink(dark).strong},
                "cliponaxis": False,
                "hovertext": [
                    f"<b>{escape(guess.name)}</b><br>{units.percent(share)}"
                    for guess, share in zip(found, shares, strict=True)
                ],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        ],
        "layout": layout(
            dark=dark,
            height=ROW_HEIGHT * len(found) + MARGIN["t"] + MARGIN["b"],
            margin=MARGIN,
            showlegend=False,
            xaxis=axis("How sure it says it is, %", dark=dark, range=[0, 100]),
            yaxis=axis(
                "",
                dark=dark,
                grid=False,
                autorange="reversed",
                tickvals=list(range(len(found))),
                ticktext=[escape(short(guess.name)) for guess in found],
            ),
        ),
    }


def guesses_alt(found: Sequence[Guess]) -> str:
    """The same in words."""
    if not found:
        return "No answer."
    told = ", ".join(f"{one.name} {units.percent(100 * one.probability)}" for one in found)
    return f"Likeliest classes: {told}."


def short(name: str) -> str:
    """ "Staffordshire bull ter…"."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
