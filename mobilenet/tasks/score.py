"""How many images were recognised, and what that says of all others like them. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

CONFIDENCE = 0.95
TOP = 5  # a right answer among so many counts for top-5


class Bounds(NamedTuple):
    """Percent."""

    low: float
    high: float


@dataclass(frozen=True)
class Score:
    """Of `total` images, how many had their class first, and among the first five.

    top5: None where there are five classes or fewer, and everything would count.
    """

    total: int
    top1: int
    top5: int | None = None

    @property
    def top1_percent(self) -> float:
        return 100 * self.top1 / self.total

    @property
    def top5_percent(self) -> float | None:
        return None if self.top5 is None else 100 * self.top5 / self.total

    @property
    def top1_bounds(self) -> Bounds:
        """Wilson's interval: right also near 0 and 100 %, where mean and deviation are not."""
        return wilson(self.top1, self.total)

    @property
    def top5_bounds(self) -> Bounds | None:
        return None if self.top5 is None else wilson(self.top5, self.total)


@dataclass(frozen=True)
class Quality:
    """One measure of how well a task is done, in percent.

    measure: for people, such as "within 25 km". low, high: of its 95 % interval. chance: what
    guessing without looking gives. count: of the images, or pairs of them, that it is of.
    """

    measure: str
    percent: float
    low: float
    high: float
    chance: float
    count: int

    @property
    def is_above_chance(self) -> bool:
        return self.low > self.chance


@dataclass(frozen=True)
class Change:
    """What another way of computing the same network does to its answers to the same images.

    same: images whose first class is the same, right or wrong. lost, gained: that were right before
    and are wrong now, and the other way round.
    """

    same: int
    lost: int
    gained: int

    @property
    def is_told(self) -> bool:
        """Whether the accuracy has changed by more than chance explains: an exact sign test of the
        images whose answer became right or wrong (McNemar), at 5 %."""
        from scipy.stats import binomtest  # takes a second to import

        moved = self.lost + self.gained
        return moved > 0 and float(binomtest(self.lost, moved).pvalue) < 1 - CONFIDENCE


@dataclass(frozen=True)
class Epoch:
    """number: from 1 on. loss: mean over the training images. seconds: that it took, with its test.

    score: of the images that train nothing.
    """

    number: int
    loss: float
    score: Score
    seconds: float


@dataclass(frozen=True)
class TaskEpoch:
    """An epoch of any task; as `Epoch`, with the qualities that the task measures."""

    number: int
    loss: float
    quality: tuple[Quality, ...]
    seconds: float


def is_above(one: Score, other: Score) -> bool:
    """Whether the intervals separate; only then may two networks be put in an order."""
    return one.top1_bounds.low > other.top1_bounds.high


def wilson(successes: int, total: int) -> Bounds:
    """Of the share in everything that `total` stands for, at 95 %: Wilson (1927)."""
    from scipy.stats import binomtest  # as above

    found = binomtest(successes, total).proportion_ci(CONFIDENCE, method="wilson")
    return Bounds(100 * float(found.low), 100 * float(found.high))
