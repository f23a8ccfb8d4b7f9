"""What a page shows, as Python that measures and draws it again, and as a notebook. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.charts import GridMetric, LayerUnit
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Preset
from benchmarks.variants import DEFAULT_WEIGHTS, Metric
from mobilenet.accuracy import DEFAULT_SOURCE
from mobilenet.config import MobileNetConfig

Detail = Literal["grid", "layers", "distribution", "table"]
MANY = 6  # networks: more than that take a while
_NOTEBOOK_VERSION = {"nbformat": 4, "nbformat_minor": 5}


@dataclass(frozen=True)
class Screen:
    """What the dashboard shows, as far as a script can measure and draw it again.

    networks: the baseline first: ratios are formed to that. rows: the measurements shown for them.
    metric: on the horizontal axis of the trade-off chart. detail: the chart or table below it.
    """

    networks: tuple[Candidate, ...]
    selected: Candidate
    scenario: Scenario
    preset: Preset
    memory: bool = False
    metric: Metric = "latency"
    across: bool = False
    source: str = DEFAULT_SOURCE
    weights: str = DEFAULT_WEIGHTS
    detail: Detail = "grid"
    cells: GridMetric = "latency"
    layer_unit: LayerUnit = "mult_adds"
    rows: tuple[Measurement, ...] = ()


def python(screen: Screen) -> str:
    """A Python script that measures and draws what `screen` holds; runs in a notebook cell, too."""
    return "\n\n".join(_steps(screen)) + "\n"


def notebook(screen: Screen, machine: str) -> str:
    """A Jupyter notebook, as JSON, that measures and draws what `screen` holds, a cell a step.

    machine: the computer that measured what the page shows, in words.
    """
    cells = [_markdown("what", _heading(screen, machine))]
    cells += [_code(f"step-{number}", step) for number, step in enumerate(_steps(screen), 1)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    found = {"cells": cells, "metadata": {"kernelspec": kernel}, **_NOTEBOOK_VERSION}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def preset_for(rows: Iterable[Measurement], effort: Preset) -> Preset:
    """With how much effort what is shown was measured; `effort` where that cannot be told."""
    qualities = {row.quality for row in rows}
    if not qualities or "measured" in qualities:
        return effort
    return "quick" if "preliminary" in qualities else "preview"


def _steps(screen: Screen) -> list[str]:
    return [_imports(screen), _measuring(screen), "run", _tradeoff(screen), *_detail(screen)]


def _imports(screen: Screen) -> str:
    named = [*screen.networks, screen.selected]
    lines = ["import benchmarks as bench"]
    if any(one.config is not None for one in named):
        lines.append("from mobilenet import MobileNetConfig")
    return "\n".join(lines)


def _measuring(screen: Screen) -> str:
    scenario = screen.scenario
    arguments = {
        "engines": [scenario.engine],
        "precisions": [scenario.precision],
        "device": scenario.device,
        "threads": scenario.threads,
        "batch": scenario.batch,
        "preset": screen.preset,
    } | ({"memory": True} if screen.memory else {})
    count = len(screen.networks)
    hint = f"  # {count} networks take a while; leave some out" if count > MANY else ""
    lines = [f"networks = [{hint}"]
    lines += [f"    {_named(one)}," for one in screen.networks]
    lines += ["]", "run = bench.measure(", "    networks,"]
    lines += [f"    {name}={_literal(value)}," for name, value in arguments.items()]
    return "\n".join([*lines, ")"])


def _tradeoff(screen: Screen) -> str:
    arguments = {
        "selected": screen.selected.key,
        "baseline": screen.networks[0].key,
        "source": screen.source,
        "weights": screen.weights,
    } | ({"across": True} if screen.across else {})
    lines = [f"bench.tradeoff(\n    run,\n    {_literal(screen.metric)},"]
    lines += [f"    {name}={_literal(value)}," for name, value in arguments.items()]
    return "\n".join([*lines, ")"])


def _detail(screen: Screen) -> list[str]:
    match screen.detail:
        case "grid":
            metric, source = _literal(screen.cells), _literal(screen.source)
            return [f"bench.grid(run, {metric}, source={source})"]
        case "layers" if screen.selected.config is not None:
            return [f"bench.layers({_named(screen.selected)}, {_literal(screen.layer_unit)})"]
        case "distribution":
            return ["bench.distribution(run)"]
        case "table":
            return ["run.to_frame()"]
    return []


def _heading(screen: Screen, machine: str) -> str:
    """What stood on the page, so that whoever runs it can compare."""
    lines = [
        "# From the dashboard",
        "",
        f"Measured on {machine}. When this was made, it showed:",
        "",
    ]
    if not screen.rows:
        return "\n".join(["# From the dashboard", "", f"Made on {machine}; nothing was timed yet."])
    lines += ["| Network | Latency | Quality |", "|---|--:|---|"]
    lines += [
        f"| {row.candidate.name} | {units.milliseconds(row.median_s)} | {row.quality} |"
        for row in screen.rows
    ]
    return "\n".join(lines)


def _named(one: Candidate) -> str:
    if one.config is None:
        return _literal(one.key)
    values = {field.name: getattr(one.config, field.name) for field in fields(MobileNetConfig)}
    usual = MobileNetConfig()
    first = [repr(values.pop("width_multiplier")), repr(values.pop("resolution"))]
    rest = [
        f"{name}={_literal(value)}"
        for name, value in values.items()
        if value != getattr(usual, name)
    ]
    return f"MobileNetConfig({', '.join([*first, *rest])})"


def _literal(value: object) -> str:
    """As Python has it, with the quotation marks of this project."""
    return json.dumps(value) if isinstance(value, (str, list)) else repr(value)


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": _lines(text)}


def _code(name: str, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": _lines(text),
    }


def _lines(text: str) -> Sequence[str]:
    return text.splitlines(keepends=True)
