"""One network in one scenario on one machine, over the runs that are kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Session:
    """What one kept run says of it. name: of the snapshot. packages: as `Machine.packages`."""

    id: str
    name: str
    started_utc: str
    packages: tuple[tuple[str, str], ...]
    quality: str
    median_s: float
    low_s: float | None
    high_s: float | None


@dataclass(frozen=True)
class Change:
    """Software that is another than in the session before: "torch 2.13 → 2.14"."""

    started_utc: str
    texts: tuple[str, ...]


def changes(sessions: Sequence[Session]) -> tuple[Change, ...]:
    """Where versions changed, oldest first; sessions in the order of time."""
    found = []
    for before, after in pairwise(sessions):
        texts = tuple(_differences(before.packages, after.packages))
        if texts:
            found.append(Change(after.started_utc, texts))
    return tuple(found)


def _differences(
    before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]
) -> Iterable[str]:
    old, new = dict(before), dict(after)
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield f"{name} {old.get(name, 'none')} → {new.get(name, 'none')}"
