"""The paper's sixteen networks: width multiplier against resolution, a number in each cell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from benchmarks.candidates import Candidate
from benchmarks.charts.axes import QUANTITIES
from benchmarks.charts.cards import card
from benchmarks.charts.figure import Figure, axis, layout
from benchmarks.charts.palette import CIVIDIS, ink, on_scale, readable_on
from benchmarks.units import NOT_MEASURED, percent, times
from benchmarks.variants import Variant
from mobilenet.config import BASE_RESOLUTION, PAPER_RESOLUTIONS, PAPER_WIDTHS, MobileNetConfig

GridMetric = Literal["latency", "top1", "mult_adds", "parameters", "size", "vs_theory"]
GRID_METRICS: tuple[GridMetric, ...] = get_args(GridMetric)
TITLES: Mapping[GridMetric, str] = {
    "latency": "Median latency",
    "top1": "ImageNet top-1 accuracy",
    "mult_adds": "Mult-adds",
    "parameters": "Parameters",
    "size": "Size of the weights",
    "vs_theory": "Latency compared with what mult-adds predict from 1.0-224",
}
BASE_KEY = Candidate(MobileNetConfig(1.0, BASE_RESOLUTION)).key
HEIGHT = 360
MARGIN = {"l": 52, "r": 8, "t": 30, "b": 52}
GAP_PX = 7  # the outline of the selected cell lies in it
SMALL = "<span style='font-size:11px'>{}</span>"


class _Cell(NamedTuple):
    column: int
    row: int
    candidate: Candidate
    variant: Variant | None
    value: float | None  # None: not known
    predicted_s: float | None = None  # only where it has not been measured

    def text(self, metric: GridMetric) -> str:
        if self.predicted_s is not None and metric == "latency":
            return f"≈ {QUANTITIES[metric].text(self.predicted_s)}"
        if self.value is None or self.variant is None:
            return NOT_MEASURED
        if metric == "top1":
            top1 = self.variant.top1
            return percent(self.value, error_percent=top1.error_percent if top1 else None)
        return times(self.value) if metric == "vs_theory" else QUANTITIES[metric].text(self.value)

    def is_preview(self, metric: GridMetric) -> bool:
        measured = self.variant.measurement if self.variant is not None else None
        return (
            metric in ("latency", "vs_theory")
            and measured is not None
            and measured.quality == "preview"
        )


def grid(
    variants: Iterable[Variant],
    *,
    metric: GridMetric,
    selected: str | None,
    dark: bool,
    predicted_s: Mapping[str, float] = MappingProxyType({}),
) -> Figure:
    """The 4 × 4 of the paper's Figures 4 and 5, `selected` outlined; others are left out.

    predicted_s: by the candidate's key, seconds for cells that nobody has measured: they stay
        hollow.
    `customdata[0]` of a cell is its candidate's key, also where nothing is known yet. The cells
    answer to clicks through invisible markers, because plotly selects no heatmap's cells.
    """
    cells = _cells(variants, metric, predicted_s)
    shades = _shades(cells, metric)
    columns = [f"{resolution} px" for resolution in PAPER_RESOLUTIONS]
    rows = [f"{width:g}" if width % 1 else f"{width:.1f}" for width in PAPER_WIDTHS]
    return {
        "data": [
            {
                "type": "heatmap",
                "x": columns,
                "y": rows,
                "z": [
                    shades[start : start + len(columns)]
                    for start in range(0, len(cells), len(columns))
                ],
                "zmin": 0,
                "zmax": 1,
                "colorscale": [[i / (len(CIVIDIS) - 1), c] for i, c in enumerate(CIVIDIS)],
                "showscale": False,
                "xgap": GAP_PX,
                "ygap": GAP_PX,
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "markers+text",
                "showlegend": False,
                "x": [columns[cell.column] for cell in cells],
                "y": [rows[cell.row] for cell in cells],
                "customdata": [[cell.candidate.key] for cell in cells],
                "text": [_cell_text(cell, metric) for cell in cells],
                "textfont": {
                    "size": 14,
                    "color": (inks := [_text_ink(shade, dark) for shade in shades]),
                },
                "hovertext": [_cell_card(cell, metric) for cell in cells],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": {"symbol": "square", "size": 60, "opacity": 0, "color": inks},
                "selected": {"marker": {"opacity": 0}},
                "unselected": {"marker": {"opacity": 0}},
            },
        ],
        "layout": layout(
            dark=dark,
            height=HEIGHT,
            margin=MARGIN,
            hoverdistance=-1,  # anywhere in a cell
            xaxis=axis("Resolution", dark=dark, grid=False, **_categories(columns)),
            yaxis=axis("Width multiplier α", dark=dark, grid=False, **_categories(rows)),
            shapes=[
                *(_missing(cell, dark) for cell in cells if cell.value is None),
                *(_outline(cell, dark) for cell in cells if cell.candidate.key == selected),
            ],
        ),
    }


def grid_alt(variants: Iterable[Variant], *, metric: GridMetric, selected: str | None) -> str:
    """What the grid shows, in numbers."""
    cells = _cells(variants, metric)
    known = sorted(
        (cell.value, index) for index, cell in enumerate(cells) if cell.value is not None
    )
    subject = f"{TITLES[metric]} of the paper's sixteen MobileNets"
    if not known:
        return f"{subject}: nothing measured yet."
    low, high = cells[known[0][1]], cells[known[-1][1]]
    parts = [
        f"{subject}: from {low.text(metric)} ({low.candidate.label}) "
        f"to {high.text(metric)} ({high.candidate.label})."
    ]
    if len(known) < len(cells):
        parts.append(f"{len(cells) - len(known)} of {len(cells)} have no value.")
    if previews := sum(cell.is_preview(metric) for cell in cells):
        parts.append(f"Previews: {previews}.")
    for cell in cells:
        if cell.candidate.key == selected:
            value = cell.text(metric) if cell.value is not None else "no value"
            parts.append(f"Selected {cell.candidate.label}: {value}.")
    return " ".join(parts)


def _cells(
    variants: Iterable[Variant],
    metric: GridMetric,
    predicted_s: Mapping[str, float] = MappingProxyType({}),
) -> list[_Cell]:
    """Row by row from the lower left: narrowest and smallest first."""
    by_key = {variant.candidate.key: variant for variant in variants}
    base = by_key.get(BASE_KEY)
    cells = []
    for row, width in enumerate(PAPER_WIDTHS):
        for column, resolution in enumerate(PAPER_RESOLUTIONS):
            candidate = Candidate(MobileNetConfig(width, resolution))
            variant = by_key.get(candidate.key)
            value = None if variant is None else _value(variant, metric, base)
            guess = predicted_s.get(candidate.key) if value is None else None
            cells.append(_Cell(column, row, candidate, variant, value, guess))
    return cells


def _value(variant: Variant, metric: GridMetric, base: Variant | None) -> float | None:
    if metric == "top1":
        return variant.top1.percent if variant.top1 is not None else None
    if metric != "vs_theory":
        return variant.metric(metric)
    if base is None or base.measurement is None or variant.measurement is None:
        return None
    measured = variant.measurement.median_s / base.measurement.median_s
    return measured / (variant.candidate.mult_adds / base.candidate.mult_adds)


def _shades(cells: Sequence[_Cell], metric: GridMetric) -> list[float | None]:
    """Places on the colour scale, 0 to 1: costs by their logarithm, accuracy as it is."""
    values = [
        cell.value if cell.value is None or metric == "top1" else math.log(cell.value)
        for cell in cells
    ]
    known = [value for value in values if value is not None]
    low, span = min(known, default=0.0), max(known, default=0.0) - min(known, default=0.0)
    return [None if value is None else (value - low) / span if span else 0.5 for value in values]


def _cell_text(cell: _Cell, metric: GridMetric) -> str:
    if cell.predicted_s is not None and metric == "latency":
        return f"{cell.text(metric)}<br>{SMALL.format('predicted')}"
    first, sign, error = cell.text(metric).partition(" ± ")
    second = f"{sign.strip()} {error}" if sign else "preview" if cell.is_preview(metric) else ""
    return f"{first}<br>{SMALL.format(second)}" if second else first


def _cell_card(cell: _Cell, metric: GridMetric) -> str:
    if cell.predicted_s is not None and metric == "latency":
        return f"<b>{escape(cell.candidate.name)}</b><br>{cell.text(metric)}, predicted"
    if cell.variant is None:
        return f"<b>{escape(cell.candidate.name)}</b><br>Not measured"
    if metric != "vs_theory" or cell.value is None:
        return card(cell.variant)
    return f"{card(cell.variant)}<br>{times(cell.value)} the time that mult-adds predict"


def _text_ink(shade: float | None, dark: bool) -> str:
    return ink(dark).muted if shade is None else readable_on(on_scale(shade))


def _categories(names: Sequence[str]) -> Figure:
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(names),
        "range": [-0.5, len(names) - 0.5],
        "fixedrange": True,
    }


def _missing(cell: _Cell, dark: bool) -> Figure:
    """Neither a colour of the scale nor nothing: a pale field with a dotted rim."""
    return _rectangle(cell, 0.45) | {
        "fillcolor": ink(dark).missing,
        "line": {"color": ink(dark).faint, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _outline(cell: _Cell, dark: bool) -> Figure:
    return _rectangle(cell, 0.5) | {"line": {"color": ink(dark).strong, "width": 2.5}}


def _rectangle(cell: _Cell, half: float) -> Figure:
    return {
        "type": "rect",
        "x0": cell.column - half,
        "x1": cell.column + half,
        "y0": cell.row - half,
        "y1": cell.row + half,
    }
