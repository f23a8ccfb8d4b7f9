"""How accurate a MobileNet is on ImageNet: what was published, and the estimate between. No torch.

An accuracy always carries its source, and an estimate never mixes two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mobilenet.config import (
    BASE_RESOLUTION,
    PAPER_RESOLUTIONS,
    PAPER_WIDTHS,
    MobileNetConfig,
)
from mobilenet.published_accuracies import (
    CLASSES,
    PUBLISHED,
    SOURCES,
    Precision,
    PublishedAccuracy,
    Source,
)

__all__ = [
    "DEFAULT_SOURCE",
    "PUBLISHED",
    "SOURCES",
    "Estimate",
    "Precision",
    "PublishedAccuracy",
    "Source",
    "accuracy",
    "estimate",
    "leave_one_out_errors",
    "published",
]

DEFAULT_SOURCE = "tf_slim_2018"
"""It has all sixteen networks of the paper, so comparisons stay inside one training recipe."""


@dataclass(frozen=True)
class Estimate:
    """An accuracy nobody trained for, between sixteen that were; draw it hollow, with its error.

    error_percent: percentage points either way; the largest leave-one-out error of the source.
    """

    top1_percent: float
    error_percent: float
    source: str
    method: str


def published(config: MobileNetConfig) -> tuple[PublishedAccuracy, ...]:
    """Every published result of exactly this network, whatever its recipe and precision."""
    return _by_network().get(_network(config), ())


def accuracy(
    config: MobileNetConfig, source: str = DEFAULT_SOURCE
) -> PublishedAccuracy | Estimate | None:
    """What `source` published for this network, else the estimate from its networks, else None."""
    _check_known(source)
    for result in published(config):
        if result.source == source:
            return result
    return estimate(config, source)


def estimate(config: MobileNetConfig, source: str = DEFAULT_SOURCE) -> Estimate | None:
    """Top-1 accuracy read off a surface through the sixteen trained networks of `source`.

    The surface is quadratic in log width and log resolution (six coefficients, least squares).
    It follows the width multiplier; rounding channels to multiples of 8 is not allowed for.
    None outside the trained widths (0.25 to 1) and resolutions (128 to 224), for any other block,
    depth or number of classes, and for a source without all sixteen.

    Why this one: leave-one-out errors in percentage points, median / maximum, by source:

                                           tf_slim_2018   tf_slim_2017   mlperf
        linear in log mult-adds             1.69 / 3.72    1.80 / 3.45    1.71 / 3.55
        quadratic in log mult-adds          0.62 / 3.30    0.68 / 2.88    0.68 / 3.35
        linear in log width and resolution  1.28 / 2.91    1.56 / 3.76    1.22 / 2.75
        between neighbours in the grid      0.73 / 3.10    0.80 / 3.41    0.65 / 2.87
        quadratic in both (this one)        0.16 / 0.50    0.21 / 0.63    0.09 / 0.71
    """
    _check_known(source)
    points = _sixteen(source)
    if not points or not _inside(config):
        return None
    coefficients = _coefficients(source)
    return Estimate(
        top1_percent=float(_terms(config.width_multiplier, config.resolution) @ coefficients),
        error_percent=max(leave_one_out_errors(source)),
        source=source,
        method="quadratic in log width and log resolution, fitted to sixteen trained networks",
    )


@lru_cache
def leave_one_out_errors(source: str = DEFAULT_SOURCE) -> tuple[float, ...]:
    """How far off each trained network is when the other fifteen predict it, in percentage points.

    `Estimate.error_percent` is the largest of these sixteen: too few for a percentile, and the
    corners that make it large are extrapolations, so inside the grid it errs on the safe side.
    Empty for a source without all sixteen.
    """
    _check_known(source)
    points = _sixteen(source)
    return tuple(
        abs(
            float(_terms(left_out.width_multiplier, left_out.resolution) @ _fit(others))
            - left_out.top1_percent
        )
        for left_out in points
        for others in [tuple(point for point in points if point is not left_out)]
    )


def _inside(config: MobileNetConfig) -> bool:
    return (
        min(PAPER_WIDTHS) <= config.width_multiplier <= max(PAPER_WIDTHS)
        and min(PAPER_RESOLUTIONS) <= config.resolution <= max(PAPER_RESOLUTIONS)
        and (config.block, config.depth, config.num_classes) == ("separable", "paper", CLASSES)
    )


@lru_cache
def _coefficients(source: str) -> NDArray[np.float64]:
    return _fit(_sixteen(source))


def _fit(points: tuple[PublishedAccuracy, ...]) -> NDArray[np.float64]:
    design = np.stack([_terms(point.width_multiplier, point.resolution) for point in points])
    top1 = np.array([point.top1_percent for point in points])
    coefficients: NDArray[np.float64] = np.linalg.lstsq(design, top1, rcond=None)[0]
    return coefficients


def _terms(width: float, resolution: int) -> NDArray[np.float64]:
    w, r = math.log(width), math.log(resolution / BASE_RESOLUTION)
    return np.array([1.0, w, r, w * w, w * r, r * r])


@lru_cache
def _sixteen(source: str) -> tuple[PublishedAccuracy, ...]:
    """The source's sixteen networks of the paper; empty if it has fewer."""
    points = tuple(
        result for result in PUBLISHED if result.source == source and _inside(result.config)
    )
    return points if len(points) == len(PAPER_WIDTHS) * len(PAPER_RESOLUTIONS) else ()


@lru_cache
def _by_network() -> dict[tuple[object, ...], tuple[PublishedAccuracy, ...]]:
    networks: dict[tuple[object, ...], tuple[PublishedAccuracy, ...]] = {}
    for result in PUBLISHED:
        network = _network(result.config)
        networks[network] = (*networks.get(network, ()), result)
    return networks


def _network(config: MobileNetConfig) -> tuple[object, ...]:
    """What makes two configs the same trained network: not how its channels were asked for."""
    return config.channels, config.resolution, config.block, config.depth, config.num_classes


def _check_known(source: str) -> None:
    if source not in SOURCES:
        raise ValueError(f"Source {source!r} is not known. Choose one of {list(SOURCES)}.")
