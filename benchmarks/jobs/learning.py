"""What the dashboard's queue does besides timing: train networks, and score them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from benchmarks.training.order import Examination, Order


def _id() -> str:
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True)
class Training:
    """Train these networks in turn. owner: the tab that asked."""

    title: str
    orders: tuple[Order, ...]
    threads: int
    owner: str = ""
    id: str = field(default_factory=_id)


@dataclass(frozen=True)
class Scoring:
    """Score one network in several ways."""

    title: str
    examination: Examination
    owner: str = ""
    id: str = field(default_factory=_id)
