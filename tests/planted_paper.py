"""Runs in which the paper's networks took the times that a test wants them to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.candidates import candidate
from benchmarks.claims import claims
from benchmarks.layer_times import LayerTime, LayerTimes
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from mobilenet.cost import cost
from tests.builders import a_run, measurement

EAGER = Scenario()
NETWORKS = tuple(dict.fromkeys(key for claim in claims() for key in claim.networks))
WITH_LAYERS = tuple(dict.fromkeys(key for claim in claims() for key in claim.layers))
MS_PER_MILLION = 0.01


def timed(key: str, ms: float, *, workers: Sequence[float] = (1.0, 1.0, 1.0)) -> Measurement:
    """Properly: in several processes, each by its factor slower."""
    parts = [measurement(key, median_ms=ms * factor) for factor in workers]
    blocks = tuple(
        replace(block, worker=number) for number, part in enumerate(parts) for block in part.blocks
    )
    return replace(parts[0], blocks=blocks)


def dissected(key: str, *, ns_per_thousand: Mapping[str, float] | None = None) -> LayerTimes:
    """Layer times that follow mult-adds; of some kinds of layers at another pace."""
    pace = ns_per_thousand or {}
    config = candidate(key).config
    assert config is not None
    layers = tuple(
        LayerTime(
            layer.name,
            tuple(
                1 + round(layer.mult_adds / 1000 * pace.get(layer.kind, 10) * wobble)
                for wobble in (1.0, 1.01, 0.99) * 4
            ),
        )
        for layer in cost(config).layers
    )
    return LayerTimes("profiler", layers, (1000,) * 12, (10**7,) * 12)


def by_arithmetic(key: str) -> float:
    """Milliseconds of a network whose time is its mult-adds."""
    return candidate(key).mult_adds / 1e6 * MS_PER_MILLION


def paper_run(changed_ms: Mapping[str, float] | None = None) -> Run:
    """All networks: their times follow arithmetic, except those that are given by their keys."""
    wanted = {key: by_arithmetic(key) for key in NETWORKS} | dict(changed_ms or {})
    rows = [timed(key, ms) for key, ms in wanted.items()]
    return a_run(
        *(
            replace(row, layer_times=dissected(row.candidate.key))
            if row.candidate.key in WITH_LAYERS
            else row
            for row in rows
        )
    )
