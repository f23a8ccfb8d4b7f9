"""How near each layer comes to what this machine can do: the roofline model. Pure.

A layer can be no faster than its arithmetic at the machine's best, nor than its data can be moved
from memory and back. Which of the two limits it, its arithmetic intensity says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.layer_times import Ceiling
from benchmarks.results import Measurement, Run
from mobilenet.cost import FLOAT32_BYTES, LayerCost, cost

FLOPS_PER_MULT_ADD = 2


@dataclass(frozen=True)
class Point:
    """One layer that computes, with its time for the whole batch.

    moved_bytes: input, output and weights, each once; what a layer moves at least.
    """

    layer: LayerCost
    time_s: float
    flops: int
    moved_bytes: int
    ceiling: Ceiling

    @property
    def intensity(self) -> float:
        """FLOP a byte."""
        return self.flops / self.moved_bytes

    @property
    def flops_per_s(self) -> float:
        return self.flops / self.time_s

    @property
    def attainable_flops_per_s(self) -> float:
        return attainable(self.ceiling, self.intensity)

    @property
    def share(self) -> float:
        """Of what is attainable. Above 1 where its data came out of a cache, not from memory."""
        return self.flops_per_s / self.attainable_flops_per_s

    @property
    def is_bound_by_memory(self) -> bool:
        return self.intensity < ridge(self.ceiling)


def attainable(ceiling: Ceiling, intensity: float) -> float:
    """FLOP/s."""
    return min(ceiling.flops_per_s, ceiling.bytes_per_s * intensity)


def ridge(ceiling: Ceiling) -> float:
    """The intensity from which on arithmetic is the limit; FLOP a byte."""
    return ceiling.flops_per_s / ceiling.bytes_per_s


def roofline(measurement: Measurement, ceilings: Sequence[Ceiling]) -> tuple[Point, ...]:
    """The layers in network order, without those that do no arithmetic (pooling).

    Empty where layers were not timed, or there is no ceiling for it: `why_no_roofline` says which.
    """
    ceiling = _ceiling_for(measurement, ceilings)
    config, times = measurement.candidate.config, measurement.layer_times
    if config is None or times is None or ceiling is None:
        return ()
    batch = measurement.scenario.batch
    return tuple(
        Point(
            layer=layer,
            time_s=time.median_s,
            flops=FLOPS_PER_MULT_ADD * layer.mult_adds * batch,
            moved_bytes=layer.activation_bytes * batch + FLOAT32_BYTES * layer.weights,
            ceiling=ceiling,
        )
        for layer, time in zip(cost(config).layers, times.layers, strict=True)
        if layer.mult_adds
    )


def why_no_roofline(measurement: Measurement, ceilings: Sequence[Ceiling]) -> str | None:
    """A sentence; None where there is one."""
    scenario = measurement.scenario
    if measurement.layer_times is None:
        return "Its layers were not timed."
    if (scenario.device, scenario.precision) != ("cpu", "float32"):
        return "What the machine does at best is measured on the CPU in float32 only."
    if _ceiling_for(measurement, ceilings) is None:
        return "What this machine does at best was not measured with as many threads."
    return None


def rooflines(run: Run) -> tuple[tuple[Measurement, tuple[Point, ...]], ...]:
    """Each measurement of the run that has one."""
    every = ((one, roofline(one, run.ceilings)) for one in run.measurements)
    return tuple((one, points) for one, points in every if points)


def _ceiling_for(measurement: Measurement, ceilings: Sequence[Ceiling]) -> Ceiling | None:
    scenario = measurement.scenario
    if (scenario.device, scenario.precision) != ("cpu", "float32"):
        return None
    return next((one for one in ceilings if one.threads == scenario.threads), None)
