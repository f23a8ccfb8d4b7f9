"""Which networks to time so that the latency of all others can be predicted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from benchmarks.latency_model import MIN_NETWORKS, Kernels, Vector, terms
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from mobilenet.config import PAPER_RESOLUTIONS, PAPER_WIDTHS, MobileNetConfig
from mobilenet.cost import cost

CALIBRATION_NETWORKS = 14
RESOLUTION_STEP = 16
FINEST = 16  # of a width multiplier: a sixteenth gives whole channels in every layer


@lru_cache
def space() -> tuple[MobileNetConfig, ...]:
    """All that is predicted: widths from 0.25 to 1 by hundredths and by sixteenths, resolutions
    from 128 to 224 px by 16."""
    low, high = PAPER_WIDTHS[0], PAPER_WIDTHS[-1]
    hundredths = {round(low + step / 100, 2) for step in range(round((high - low) * 100) + 1)}
    sixteenths = {step / FINEST for step in range(round(low * FINEST), round(high * FINEST) + 1)}
    sides = range(PAPER_RESOLUTIONS[0], PAPER_RESOLUTIONS[-1] + 1, RESOLUTION_STEP)
    return tuple(
        MobileNetConfig(width, side) for width in sorted(hundredths | sixteenths) for side in sides
    )


def calibration_networks(count: int = CALIBRATION_NETWORKS) -> tuple[MobileNetConfig, ...]:
    """Those that tell most about all others, whatever the runtime's kernels: an I-optimal design.

    Chosen greedily, one after the other, for the smallest variance of predictions, averaged over
    `space` and over what kernels may ask for. Always the same.
    """
    return _design(count)


def is_calibrated(measurements: Iterable[Measurement], scenario: Scenario) -> bool:
    """Whether enough of the networks are among them that tell most; others say too little of
    channel counts, as the paper's sixteen do."""
    wanted = set(calibration_networks())
    timed = {one.candidate.config for one in measurements if one.scenario == scenario}
    return len(timed & wanted) >= MIN_NETWORKS


@lru_cache
def _design(count: int) -> tuple[MobileNetConfig, ...]:
    networks = space()
    sides = [_for_design(networks, kernels) for kernels in _DESIGNED_FOR]
    # A small multiple of the unit matrix, so that the first matrices can be inverted.
    inverses = [np.eye(rows.shape[1]) * 1e3 for rows in sides]
    chosen: list[int] = []
    for _ in range(count):
        each = [_gains(rows, inverse) for rows, inverse in zip(sides, inverses, strict=True)]
        gains: Vector = np.stack(each).sum(axis=0)
        gains[chosen] = -np.inf
        best = int(np.argmax(gains))
        chosen.append(best)
        inverses = [
            _with_one_more(inverse, rows[best])
            for rows, inverse in zip(sides, inverses, strict=True)
        ]
    return tuple(networks[number] for number in chosen)


def _gains(rows: Vector, inverse: Vector) -> Vector:
    """By how much each row would lower the variance of a prediction, relative, on average."""
    together = rows @ inverse @ rows.T
    lower = (together**2).sum(axis=0) / (1 + np.diag(together))
    gains: Vector = lower / np.trace(together)
    return gains


_DESIGNED_FOR = (Kernels(1, 1), Kernels(4, 16), Kernels(8, 16), Kernels(16, 16))


def _for_design(networks: Sequence[MobileNetConfig], kernels: Kernels) -> Vector:
    """Terms over the mult-adds of each network, since relative errors count; at most 1."""
    rows = np.array([terms(config, kernels) for config in networks])
    rows /= np.array([[cost(config).mult_adds] for config in networks])
    largest = rows.max(axis=0)
    scaled: Vector = rows / np.where(largest > 0, largest, 1.0)
    return scaled


def _with_one_more(inverse: Vector, row: Vector) -> Vector:
    """By Sherman and Morrison."""
    moved = inverse @ row
    updated: Vector = inverse - np.outer(moved, moved) / (1 + row @ moved)
    return updated
