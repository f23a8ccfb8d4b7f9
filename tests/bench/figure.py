"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.timing.statistics import Interval

Outcome = Literal["", "reached", "missed", "cannot tell"]


@dataclass(frozen=True)
class Figure:
    """What was measured, how it came out, what was hoped for, and whether it came true."""

    what: str
    found: str
    goal: str = ""
    outcome: Outcome = ""

    def __str__(self) -> str:
        line = f"  {self.what:<58} {self.found}"
        if not self.goal:
            return line
        return f"{line}   (goal: {self.goal}: {self.outcome or 'not judged'})"


def judged(reached: bool) -> Outcome:
    return "reached" if reached else "missed"


def at_most(limit: float, interval: Interval | None) -> Outcome:
    """Cannot tell: no interval, or `limit` lies inside it."""
    if interval is None or interval.low <= limit < interval.high:
        return "cannot tell"
    return judged(interval.high <= limit)


def within(share: float, interval: Interval | None) -> Outcome:
    """Whether a ratio is within ± `share` of 1; cannot tell where its interval reaches across."""
    if interval is None:
        return "cannot tell"
    low, high = 1 / (1 + share), 1 + share
    if low <= interval.low and interval.high <= high:
        return "reached"
    return "missed" if interval.high < low or high < interval.low else "cannot tell"


def quantile(values: list[float], fraction: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(fraction * len(ranked)))]
