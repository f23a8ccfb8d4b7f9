"""Whether the times of the layers add up to the whole, and if not, why. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import units
from benchmarks.layer_times import LayerTimes

TOLERANCE = 0.1  # of the whole


@dataclass(frozen=True)
class LayerSum:
    """Seconds. other_s: what the runtime did besides. whole_s: with nobody looking."""

    layers_s: float
    other_s: float
    whole_s: float
    is_by_profiler: bool

    @property
    def share(self) -> float:
        """What was timed in parts, of the whole."""
        return (self.layers_s + self.other_s) / self.whole_s

    @property
    def is_close(self) -> bool:
        """Within 10 %."""
        return abs(self.share - 1) <= TOLERANCE

    @property
    def sentence(self) -> str:
        """What they add up to, and where that is far off, what explains it."""
        told = f"The layers add up to {units.percent(100 * self.share)} of the whole"
        if self.other_s:
            told = (
                f"The layers, and {units.milliseconds(self.other_s)} besides, add up to "
                f"{units.percent(100 * self.share)} of the whole"
            )
        allowed = f"{units.share(TOLERANCE)} are allowed"
        if self.is_close:
            return f"{told}: {units.milliseconds(self.whole_s)} with nobody looking ({allowed})."
        return f"{told}, {units.milliseconds(self.whole_s)} with nobody looking: {self._reason}"

    @property
    def _reason(self) -> str:
        if self.share < 1 and self.is_by_profiler:
            return (
                "the rest is between the layers, where the profiler does not look. Take shares of "
                "the layers' sum, not of the whole."
            )
        if self.share < 1:
            return "the machine was slower meanwhile. Measure again when it is idle."
        if self.is_by_profiler:
            return (
                "the profiler itself takes time with every layer, which makes short ones look "
                "longer than they are."
            )
        return (
            "looking at the clock after every layer takes time, and layers that are waited for "
            "one by one cannot overlap."
        )


def sum_of(times: LayerTimes) -> LayerSum:
    return LayerSum(times.layers_s, times.other_s, times.whole_s, times.method == "profiler")
