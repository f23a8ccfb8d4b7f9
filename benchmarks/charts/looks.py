"""Curves and marks of a handful of networks, told apart without colour too."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.charts.palette import BLUE, GREEN, ORANGE, PINK, TEAL, VERMILION, WINE


class Look(NamedTuple):
    """Place in the palette, and plotly's names of a line and of a mark."""

    colour: int
    dash: str
    symbol: str


_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PINK, TEAL, WINE)
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon", "star")


def look(number: int) -> Look:
    """Of the first 168 none is like another: seven colours, six lines and eight marks go round."""
    return Look(
        _COLOURS[number % len(_COLOURS)],
        _DASHES[number % len(_DASHES)],
        _SYMBOLS[number % len(_SYMBOLS)],
    )
