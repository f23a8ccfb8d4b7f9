"""What the page calls its choices. Streamlit puts these words into the link, so they are unique."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from benchmarks.charts import GridMetric, LayerUnit
from benchmarks.engines import ENGINES
from benchmarks.references import references
from benchmarks.reproduce import Detail
from benchmarks.timing.protocol import Preset
from benchmarks.variants import Metric
from mobilenet.accuracy import SOURCES
from mobilenet.config import BlockKind, Depth

MOBILENET = "mobilenet"
METRICS: Mapping[Metric, str] = {
    "latency": "Latency here",
    "mult_adds": "Mult-adds",
    "parameters": "Parameters",
    "size": "Size",
}
CELLS: Mapping[GridMetric, str] = {
    "latency": "Latency here",
    "top1": "Top-1",
    "mult_adds": "Mult-adds",
    "parameters": "Parameters",
    "size": "Size",
    "vs_theory": "Latency against arithmetic",
}
DETAILS: Mapping[Detail, str] = {
    "grid": "Width × resolution",
    "layers": "Layers",
    "distribution": "Distribution",
    "table": "Table",
}
LAYER_UNITS: Mapping[LayerUnit, str] = {
    "mult_adds": "Mult-adds",
    "parameters": "Parameters",
    "activation": "Activations",
}
EFFORTS: Mapping[Preset, str] = {"quick": "Quick", "standard": "Standard", "certify": "Certify"}
WEIGHTS = {
    "IMAGENET1K_V1": "First-generation weights",
    "best": "Best published weights",
}


def networks() -> dict[str, str]:
    return {MOBILENET: "MobileNet v1"} | {key: one.label for key, one in references().items()}


def name_of(key: str) -> str:
    """A candidate's name in a list: "0.5-160" or "ResNet-18"."""
    return references()[key].label if key in references() else key


def key_of(name: str) -> str:
    """The other way round; a name that nobody has comes back as it is."""
    by_label = {one.label.casefold(): key for key, one in references().items()}
    return by_label.get(name.casefold(), name)


CHOICES: Mapping[str, Callable[[], Mapping[Any, str]]] = {
    "network": networks,
    "engine": lambda: {name: info.label for name, info in ENGINES.items()},
    "block": lambda: {kind: kind for kind in get_args(BlockKind)},
    "depth": lambda: {depth: depth for depth in get_args(Depth)},
    "effort": lambda: EFFORTS,
    "x": lambda: METRICS,
    "detail": lambda: DETAILS,
    "cells": lambda: CELLS,
    "layer_unit": lambda: LAYER_UNITS,
    "source": lambda: {key: source.title for key, source in SOURCES.items()},
    "weights": lambda: WEIGHTS,
}
"""Parameters of a link with a closed list of values: from key to word."""
