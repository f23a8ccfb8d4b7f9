"""How a clock settles a claim: which networks, and what the ratio of their times must be."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import units
from mobilenet.cost import LayerKind

BETWEEN_PROCESSES = 0.1  # identical code has been seen to differ by that much between processes
OTHERS_SLACK = 0.05  # torchvision's networks are not in all layers those that the paper counted
DIGIT = "Counted exactly; holds if every number is off by less than one unit of its last digit."
OTHERS = (
    f"{DIGIT} Other networks are torchvision's, whose layers are not in all the same: for them "
    f"within {units.share(OTHERS_SLACK)}."
)
ASKED_HERE = "The paper counts, and does not say how long."
TIMED = "Both in turns; holds if it is faster for certain, fails if it is slower or the same."


@dataclass(frozen=True)
class TimeRatio:
    """`slow` takes `low` to `high` times as long as `fast`.

    scale: by which one multiplier of the two differs; the text then tells the power of it.
    """

    slow: str
    fast: str
    low: float
    high: float
    scale: float | None = None

    @property
    def networks(self) -> tuple[str, ...]:
        return (self.slow, self.fast)


@dataclass(frozen=True)
class Faster:
    """`fast` takes less time than `slow`."""

    fast: str
    slow: str

    @property
    def networks(self) -> tuple[str, ...]:
        return (self.fast, self.slow)


@dataclass(frozen=True)
class Unbeaten:
    """None of `rivals`, all at least as accurate, is faster than `network`."""

    network: str
    rivals: tuple[str, ...]

    @property
    def networks(self) -> tuple[str, ...]:
        return (self.network, *self.rivals)


@dataclass(frozen=True)
class TimeShare:
    """Layers of one kind take at least this share of the time of all layers."""

    network: str
    kind: LayerKind
    least: float

    @property
    def networks(self) -> tuple[str, ...]:
        return (self.network,)


@dataclass(frozen=True)
class BlocksFaster:
    """Blocks 7 to 11 of `fast` take less time than those of `slow`: the layer of Table 3."""

    fast: str
    slow: str

    @property
    def networks(self) -> tuple[str, ...]:
        return (self.fast, self.slow)


LayerTest = TimeShare | BlocksFaster
TimeTest = TimeRatio | Faster | Unbeaten | LayerTest
