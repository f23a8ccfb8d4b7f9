"""Where the time of one inference goes, layer by layer, and the ceiling that this machine sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Literal

NANOSECONDS = 1e-9
Method = Literal["profiler", "stages"]


@dataclass(frozen=True)
class LayerTime:
    """One layer with whatever its runtime runs together with it: batch norm, activation.

    layer: as `mobilenet.cost` names it. times_ns: of each pass, as its runtime told them.
    """

    layer: str
    times_ns: tuple[int, ...]

    @cached_property
    def median_s(self) -> float:
        return median(self.times_ns) * NANOSECONDS


@dataclass(frozen=True)
class LayerTimes:
    """All layers of one network in one scenario, in the order in which they run.

    method: "profiler", the runtime's own; or "stages": layers called one after the other, with a
        look at the clock between them.
    other_ns: of each pass, what the runtime did besides: changes of layout, what is no layer.
    whole_ns: the same network in the same process, in turns with the passes, with nobody looking.
    """

    method: Method
    layers: tuple[LayerTime, ...]
    other_ns: tuple[int, ...]
    whole_ns: tuple[int, ...]

    @cached_property
    def whole_s(self) -> float:
        """One inference with nobody looking."""
        return median(self.whole_ns) * NANOSECONDS

    @cached_property
    def other_s(self) -> float:
        return median(self.other_ns) * NANOSECONDS

    @cached_property
    def layers_s(self) -> float:
        """The layers' times added up."""
        return sum(one.median_s for one in self.layers)


@dataclass(frozen=True)
class Ceiling:
    """What this machine does at best with so many threads in float32, measured on the spot.

    flops_ns, flops: times of a large matrix product, and its floating-point operations (two for
        each mult-add). copy_ns, copied_bytes: of copying more than any cache holds, bytes read and
        written.
    """

    threads: int
    flops: int
    flops_ns: tuple[int, ...]
    copied_bytes: int
    copy_ns: tuple[int, ...]

    @cached_property
    def flops_per_s(self) -> float:
        return self.flops / (min(self.flops_ns) * NANOSECONDS)

    @cached_property
    def bytes_per_s(self) -> float:
        return self.copied_bytes / (min(self.copy_ns) * NANOSECONDS)
