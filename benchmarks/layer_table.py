"""What each layer of the networks of a run takes, as tables for a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from benchmarks import units
from benchmarks.insight import way_label
from benchmarks.layer_sum import sum_of
from benchmarks.layer_times import Ceiling, LayerTimes
from benchmarks.results import Measurement, Run
from benchmarks.roofline import Point, roofline, why_no_roofline
from benchmarks.tables import printable
from mobilenet.config import MobileNetConfig
from mobilenet.cost import LayerKind, cost

GAP = "  "
TITLES = ("Layer", "Time", "Of time", "Of mult-adds", "Of ceiling")
NOTHING = ("",) * len(TITLES)
KINDS: tuple[tuple[LayerKind, str], ...] = (
    ("pointwise", "1x1 convolutions"),
    ("depthwise", "Depthwise"),
    ("convolution", "Full convolutions"),
    ("pooling", "Pooling"),
    ("classifier", "Classifier"),
)


def to_text(run: Run, *, width: int = 100) -> str:
    """A table for each network whose layers were timed; empty where none was."""
    parts = [_of_network(row, run.ceilings, width) for row in run.measurements if row.layer_times]
    if not parts:
        return ""
    ceilings = [line for one in run.ceilings for line in textwrap.wrap(ceiling_text(one), width)]
    return "\n\n".join([*parts, *filter(None, ["\n".join(ceilings)])])


def ceiling_text(ceiling: Ceiling) -> str:
    """A sentence."""
    return (
        f"Ceiling in float32 with {units.counted(ceiling.threads, 'thread')}, measured here: "
        f"{units.flops_per_s(ceiling.flops_per_s)} in a large matrix product, "
        f"{units.bytes_per_s(ceiling.bytes_per_s)} in a copy. A layer may exceed it where its data "
        "comes out of a cache."
    )


def _of_network(row: Measurement, ceilings: Sequence[Ceiling], width: int) -> str:
    times, config = row.layer_times, row.candidate.config
    assert times is not None
    assert config is not None
    points = roofline(row, ceilings)
    notes = [sum_of(times).sentence, *filter(None, [why_no_roofline(row, ceilings)])]
    kinds = _kinds(config, times, points)
    lines = [
        printable(f"Layers of {row.candidate.name} in {way_label(row.scenario)}"),
        *_grid([TITLES, *_layers(config, times, points), NOTHING, *kinds]),
        *(line for note in notes for line in textwrap.wrap(note, width)),
    ]
    return "\n".join(lines)


Row = tuple[str, ...]


def _layers(config: MobileNetConfig, times: LayerTimes, points: Sequence[Point]) -> list[Row]:
    counted = cost(config)
    shares = {point.layer.name: point.share for point in points}
    return [
        (
            layer.name,
            units.milliseconds(time.median_s),
            units.percent(100 * time.median_s / times.layers_s),
            units.percent(100 * layer.mult_adds / counted.mult_adds),
            _share(shares.get(layer.name)),
        )
        for layer, time in zip(counted.layers, times.layers, strict=True)
    ]


def _kinds(config: MobileNetConfig, times: LayerTimes, points: Sequence[Point]) -> list[Row]:
    """All layers of a kind together."""
    counted = cost(config)
    rows: list[Row] = []
    for kind, name in KINDS:
        own = {layer.name for layer in counted.layers if layer.kind == kind}
        if not own:
            continue
        time_s = sum(time.median_s for time in times.layers if time.layer in own)
        rows.append(
            (
                name,
                units.milliseconds(time_s),
                units.percent(100 * time_s / times.layers_s),
                units.percent(100 * counted.share_of_mult_adds(kind)),
                _share(_together([point for point in points if point.layer.name in own])),
            )
        )
    return rows


def _together(points: Sequence[Point]) -> float | None:
    """The time that they would take at the ceiling, of the time that they take."""
    if not points:
        return None
    at_best_s = sum(point.flops / point.attainable_flops_per_s for point in points)
    return at_best_s / sum(point.time_s for point in points)


def _share(fraction: float | None) -> str:
    return units.percent(None if fraction is None else 100 * fraction)


def _grid(rows: Sequence[Row]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])],
        ).rstrip()
        for row in rows
    ]
