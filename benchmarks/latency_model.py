"""How long a MobileNet of any width and resolution takes here, learned from a few that were timed.

A network's time is a sum over its layers: arithmetic by layer kind, bytes of maps and weights
moved, and a fixed cost. Runtimes have fast kernels for channel counts of a certain multiple, and
slower ones for the rest; which multiple that is, and to how many channels a kernel fills up, is
learned as well. Pure: times come in, a model comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from mobilenet.config import MobileNetConfig
from mobilenet.cost import FLOAT32_BYTES, KERNEL, LayerCost, cost

CLEARLY = 0.5  # as large an error, and no larger
MIN_NETWORKS = 12  # fewer say too little of ten terms

Vector = NDArray[np.float64]


class LatencyModelError(ValueError):
    """Too little was measured, or a network is of another kind; the message says which."""


class Kernels(NamedTuple):
    """What a runtime's fast convolutions ask for.

    multiple: of the input channels; other layers go to slower ones. 1: nothing.
    block: channels worked on at a time; what is missing to a multiple of it is worked on as well.
    """

    multiple: int
    block: int


KERNELS = tuple(Kernels(*both) for both in product((1, 2, 4, 8, 16), (1, 8, 16, 32)))


class Terms(NamedTuple):
    """What a time is made of, each with a coefficient of seconds: see `terms`."""

    fixed: float
    pointwise_fast: float
    pointwise_slow: float
    depthwise_fast: float
    depthwise_slow: float
    map_bytes: float
    map_bytes_slow: float
    weight_bytes: float
    relaid_bytes: float
    slow_layers: float


@dataclass(frozen=True)
class LeftOut:
    """One network as a model predicts it that has not seen it."""

    config: MobileNetConfig
    measured_s: float
    predicted_s: float

    @property
    def error(self) -> float:
        """Relative: 0.02 is predicted 2 % too long."""
        return self.predicted_s / self.measured_s - 1


@dataclass(frozen=True)
class LatencyModel:
    """Learned from networks that were timed in one scenario on this machine.

    seconds: for each of `Terms`, none below 0. left_out: each of those networks, as the others
    predict it: how far this can be relied on, a little too well, as the kernels were chosen by it.
    indifferent_error: of the best model for a runtime that likes all channel counts alike.
    """

    scenario: Scenario
    kernels: Kernels
    seconds: Terms
    left_out: tuple[LeftOut, ...]
    indifferent_error: float = 0.0

    def predict_s(self, config: MobileNetConfig) -> float:
        """Median seconds of one inference in this model's scenario.

        Raises LatencyModelError for full convolutions, and for other depths and classes.
        """
        check_kind(config)
        return float(np.dot(terms(config, self.kernels), self.seconds))

    @property
    def likes_multiples(self) -> bool:
        """Whether channel counts matter clearly; else the multiple is one guess of several."""
        return self.error < CLEARLY * self.indifferent_error

    @cached_property
    def error(self) -> float:
        """Typical, relative: the root mean square of those left out."""
        return _root_mean_square(self.left_out)


def check_kind(config: MobileNetConfig) -> None:
    """Raises LatencyModelError unless it is a network that the two multipliers alone describe."""
    if not is_of_kind(config):
        raise LatencyModelError(
            f"The latency of {config.label} cannot be predicted: only MobileNets that width and "
            "resolution alone describe are learned from. Measure it instead."
        )


def is_of_kind(config: MobileNetConfig | None) -> bool:
    return config is not None and config == MobileNetConfig(
        config.width_multiplier, config.resolution
    )


def fit(measurements: Iterable[Measurement], scenario: Scenario) -> LatencyModel:
    """The model with the smallest error on networks left out, of all `KERNELS`.

    Relative errors count: a small network's matter as much as a large one's. Coefficients are least
    squares with none below 0, since nothing gives time back.

    Raises LatencyModelError where fewer than `MIN_NETWORKS` of the right kind were timed.
    """
    timed = {
        one.candidate.config: one.median_s
        for one in measurements
        if one.scenario == scenario and is_of_kind(one.candidate.config)
    }
    known = [(config, seconds) for config, seconds in timed.items() if config is not None]
    if len(known) < MIN_NETWORKS:
        raise LatencyModelError(
            f"{len(known)} networks have been timed in this way, and a latency model takes "
            f"{MIN_NETWORKS} or more. Calibrate first."
        )
    models = [_fitted(known, kernels, scenario) for kernels in KERNELS]
    indifferent = min(model.error for model in models if model.kernels.multiple == 1)
    best = min(models, key=lambda model: model.error)
    return replace(best, indifferent_error=indifferent)


def line_in_mult_adds(
    measurements: Iterable[tuple[MobileNetConfig, float]], asked: Iterable[MobileNetConfig]
) -> tuple[float, ...]:
    """Seconds by what people otherwise do: a straight line in mult-adds, by relative errors."""
    known = list(measurements)
    design = np.array([[1.0, cost(config).mult_adds] for config, _ in known])
    seconds = np.array([value for _, value in known])
    weights = np.linalg.lstsq(design / seconds[:, None], np.ones(len(known)), rcond=None)[0]
    return tuple(float(np.dot([1.0, cost(config).mult_adds], weights)) for config in asked)


def _fitted(
    known: Sequence[tuple[MobileNetConfig, float]], kernels: Kernels, scenario: Scenario
) -> LatencyModel:
    design = np.array([terms(config, kernels) for config, _ in known])
    seconds = np.array([value for _, value in known])
    left_out = []
    for number, (config, measured_s) in enumerate(known):
        others = np.arange(len(known)) != number
        predicted_s = float(design[number] @ _least_squares(design[others], seconds[others]))
        left_out.append(LeftOut(config, measured_s, predicted_s))
    return LatencyModel(
        scenario, kernels, Terms(*_least_squares(design, seconds).tolist()), tuple(left_out)
    )


def _least_squares(design: Vector, seconds: Vector) -> Vector:
    """Of relative errors; none below 0."""
    scale = np.where(design.max(axis=0) > 0, design.max(axis=0), 1.0)
    found: Vector = nnls(design / scale / seconds[:, None], np.ones(len(seconds)))[0]
    return found / scale


def _root_mean_square(left_out: Sequence[LeftOut]) -> float:
    return float(np.sqrt(np.mean([one.error**2 for one in left_out])))


@lru_cache(maxsize=50_000)
def terms(config: MobileNetConfig, kernels: Kernels) -> Terms:
    """Mult-adds by kind and kernel, channels filled up; bytes; layers on slow kernels."""
    found = dict.fromkeys(Terms._fields, 0.0)
    found["fixed"] = 1.0
    was_fast = True
    for layer in cost(config).layers:
        if layer.kind == "classifier":
            found["weight_bytes"] += FLOAT32_BYTES * layer.weights
        if layer.kind in ("convolution", "pointwise", "depthwise"):
            found["map_bytes"] += layer.activation_bytes
        if layer.kind not in ("pointwise", "depthwise"):
            continue
        is_fast = _is_fast(layer, kernels)
        found[f"{layer.kind}_{'fast' if is_fast else 'slow'}"] += (
            _filled_up(layer, kernels.block) if is_fast else layer.mult_adds
        )
        if layer.kind == "pointwise":
            found["weight_bytes"] += FLOAT32_BYTES * layer.weights
        if not is_fast:
            found["map_bytes_slow"] += layer.activation_bytes
            found["slow_layers"] += 1
        if is_fast != was_fast:
            found["relaid_bytes"] += FLOAT32_BYTES * float(np.prod(layer.input_shape))
        was_fast = is_fast
    return Terms(**found)


def _is_fast(layer: LayerCost, kernels: Kernels) -> bool:
    """A pointwise layer with few input channels is read as it lies, whatever their number."""
    channels = layer.input_shape[0]
    return channels % kernels.multiple == 0 or (
        layer.kind == "pointwise" and channels < _READ_AS_IT_LIES
    )


_READ_AS_IT_LIES = 16


def _filled_up(layer: LayerCost, block: int) -> int:
    """Mult-adds with channels filled up to whole blocks."""
    into = -(-layer.input_shape[0] // block) * block
    out_of, height, width = layer.output_shape
    out_of = -(-out_of // block) * block
    if layer.kind == "depthwise":
        return KERNEL * KERNEL * out_of * height * width
    return into * out_of * height * width
