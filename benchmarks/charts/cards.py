"""What a hover card says about a network. Everything that comes from data is escaped."""

from __future__ import annotations

from html import escape

from benchmarks.results import Measurement
from benchmarks.units import megabytes, millions, milliseconds, milliseconds_interval, percent
from benchmarks.variants import Top1, Variant

QUALITY_NAMES = {
    "preview": "preview, a first look",
    "preliminary": "preliminary, in a warm process",
    "measured": "measured, in a fresh process",
}


def card(variant: Variant) -> str:
    """A few short lines: name, accuracy with its source, latency with its quality, size."""
    candidate = variant.candidate
    lines = [
        f"<b>{escape(candidate.name)}</b>",
        *_top1_lines(variant.top1),
        *_latency_lines(variant.measurement),
        f"{millions(candidate.parameters)} parameters · {megabytes(candidate.size_bytes)}",
        f"{millions(candidate.mult_adds)} mult-adds",
    ]
    return "<br>".join(lines)


def _top1_lines(top1: Top1 | None) -> list[str]:
    if top1 is None:
        return ["No published accuracy"]
    shown = percent(top1.percent, error_percent=top1.error_percent)
    kind = "" if top1.error_percent is None else ", estimate"
    return [f"Top-1 {shown}{kind}", escape(top1.source)]


def _latency_lines(measurement: Measurement | None) -> list[str]:
    if measurement is None:
        return ["Latency not measured"]
    interval = measurement.interval_s
    within = "" if interval is None else f" ({milliseconds_interval(interval)})"
    rounds = len(measurement.blocks)
    return [
        f"Latency {milliseconds(measurement.median_s)}{within}",
        f"{rounds} round{'' if rounds == 1 else 's'}, {len(measurement.times_s):,} inferences",
        QUALITY_NAMES[measurement.quality],
    ]
