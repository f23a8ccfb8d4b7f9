"""Latency over time: one mark a kept run, and a line wherever versions of software changed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from benchmarks import units
from benchmarks.charts.axes import QUANTITIES
from benchmarks.charts.figure import SMALL_FONT_SIZE, Figure, axis, empty, layout
from benchmarks.charts.palette import BLUE, colours, ink
from benchmarks.history import Change, Session

HEIGHT = 360
MARGIN = {"l": 58, "r": 14, "t": 40, "b": 52}
ROOM = 0.15  # of the largest time, above it


def history(sessions: Sequence[Session], changes: Sequence[Change], *, dark: bool) -> Figure:
    """Medians with 95 % intervals of their sessions; the axis begins at zero, so that 10 % more
    look like 10 % more."""
    if not sessions:
        return empty("No run of it is kept.", dark=dark)
    colour = colours(dark)[BLUE]
    arms = [_in_ms(one) for one in sessions]
    highest = max(high for _, _, high in arms)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "median, 95 % interval of the session",
                "x": [one.started_utc for one in sessions],
                "y": [middle for _, middle, _ in arms],
                "line": {"color": colour, "width": 1, "dash": "dot"},
                "marker": {
                    "size": 9,
                    "color": colour,
                    "symbol": [
                        "circle" if one.quality == "measured" else "circle-open" for one in sessions
                    ],
                },
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [high - middle for _, middle, high in arms],
                    "arrayminus": [middle - low for low, middle, _ in arms],
                    "color": ink(dark).muted,
                    "thickness": 1.3,
                    "width": 0,
                },
                "customdata": [[one.id] for one in sessions],
                "hovertext": [_card(one) for one in sessions],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            xaxis=axis("", dark=dark, type="date"),
            yaxis=axis(
                QUANTITIES["latency"].title,
                dark=dark,
                range=[0, highest * (1 + ROOM)],
            ),
            shapes=[_line(change, dark) for change in changes],
            annotations=[_mark(number, change, dark) for number, change in enumerate(changes, 1)],
        ),
    }


def history_alt(sessions: Sequence[Session], changes: Sequence[Change]) -> str:
    """What the chart shows, in numbers."""
    told = ", ".join(
        f"{one.started_utc[:10]} {units.milliseconds(one.median_s)}" for one in sessions
    )
    changed = "; ".join(f"{one.started_utc[:10]} {', '.join(one.texts)}" for one in changes)
    text = f"Latency in {units.counted(len(sessions), 'kept run')}: {told}."
    return f"{text} Changed: {changed}." if changed else text


def _in_ms(one: Session) -> tuple[float, float, float]:
    """Low end, median and high end."""
    low_s = one.median_s if one.low_s is None else one.low_s
    high_s = one.median_s if one.high_s is None else one.high_s
    return 1e3 * low_s, 1e3 * one.median_s, 1e3 * high_s


def _card(one: Session) -> str:
    bounds = (
        f" ({units.significant(1e3 * one.low_s)} to {units.significant(1e3 * one.high_s)} ms)"
        if one.low_s is not None and one.high_s is not None
        else ""
    )
    return (
        f"<b>{escape(one.name)}</b><br>{units.moment(one.started_utc)}<br>"
        f"{units.milliseconds(one.median_s)}{bounds}<br>{one.quality}"
    )


def _line(change: Change, dark: bool) -> Figure:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": change.started_utc,
        "x1": change.started_utc,
        "y0": 0,
        "y1": 1,
        "line": {"color": ink(dark).muted, "width": 1, "dash": "dash"},
    }


def _mark(number: int, change: Change, dark: bool) -> Figure:
    return {
        "text": str(number),
        "xref": "x",
        "yref": "paper",
        "x": change.started_utc,
        "y": 1,
        "yanchor": "top",
        "xshift": 8,
        "showarrow": False,
        "font": {"size": SMALL_FONT_SIZE, "color": ink(dark).muted},
    }
