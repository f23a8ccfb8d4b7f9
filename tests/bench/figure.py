"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, how it came out, and what was hoped for."""

    what: str
    found: str
    goal: str = ""

    def __str__(self) -> str:
        goal = f"   (goal: {self.goal})" if self.goal else ""
        return f"  {self.what:<58} {self.found}{goal}"


def quantile(values: list[float], fraction: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(fraction * len(ranked)))]
