"""What the dashboard's queue does besides timing: train networks, score and ask them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from hashlib import sha256

from benchmarks.training.order import Examination, Named, Order
from benchmarks.training.tasks.order import TaskOrder
from mobilenet.tasks.names import LEAST_SCORE


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


@dataclass(frozen=True)
class Photograph:
    """A file as somebody gave it. name: what they call it. digest: of what it held at first."""

    name: str
    content: bytes = field(repr=False)
    digest: str = ""

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", sha256(self.content).hexdigest())

    def emptied(self) -> Photograph:
        """Without its content: only to be told from others."""
        return replace(self, content=b"")


@dataclass(frozen=True)
class Recognising:
    """Ask these networks what is on a photograph."""

    title: str
    photograph: Photograph
    networks: tuple[Named, ...]
    owner: str = ""
    id: str = field(default_factory=_id)

    def emptied(self) -> Recognising:
        """Without what the photograph holds."""
        return replace(self, photograph=self.photograph.emptied())


@dataclass(frozen=True)
class Teaching:
    """Train a network for a task."""

    title: str
    order: TaskOrder
    threads: int
    owner: str = ""
    id: str = field(default_factory=_id)


@dataclass(frozen=True)
class Asking:
    """What does a task's trained network say of these pictures? None: of a test picture.

    example, least_score: as `TaskQuestion`'s.
    """

    title: str
    order: TaskOrder
    pictures: tuple[Photograph, ...] = ()
    example: int = 0
    least_score: float = LEAST_SCORE
    owner: str = ""
    id: str = field(default_factory=_id)

    def emptied(self) -> Asking:
        """Without what the pictures hold."""
        return replace(self, pictures=tuple(one.emptied() for one in self.pictures))
