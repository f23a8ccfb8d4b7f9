"""What the store tells of a snapshot without reading its document. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.dots import Dot, dots
from benchmarks.insight import about, way_label
from benchmarks.setups import machine_key, machine_label
from benchmarks.snapshot import Snapshot
from benchmarks.texts import problem_of_name
from benchmarks.validity import Word

MAX_TAGS, MAX_TAG = 12, 40
_SPACE = re.compile(r"\s+")


class TagError(ValueError):
    """A tag that the store does not take; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A snapshot in a listing. name: its title, or what it is of. state: None of previews."""

    id: str
    title: str
    note: str
    about: str
    saved_utc: str
    started_utc: str
    machine: str
    machine_key: str
    state: Word | None
    networks: int
    size_bytes: int
    dots: tuple[Dot, ...]
    tags: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.title or self.about


def entry(snapshot: Snapshot, saved_utc: str, tags: tuple[str, ...]) -> Entry:
    run = snapshot.run
    return Entry(
        id=snapshot.id,
        title=snapshot.title,
        note=snapshot.note,
        about=about(run),
        saved_utc=saved_utc,
        started_utc=run.started_utc,
        machine=machine_label(run.machine),
        machine_key=machine_key(run.machine),
        state=run.state.word if run.state else None,
        networks=len({one.candidate for one in run.measurements}),
        size_bytes=len(snapshot.text.encode()),
        dots=dots(run),
        tags=tags,
    )


def searched(snapshot: Snapshot) -> str:
    """All words that find it."""
    run = snapshot.run
    words = [
        snapshot.id,
        snapshot.title,
        snapshot.note,
        about(run),
        machine_label(run.machine),
        run.machine.system,
        *dict.fromkeys(one.candidate.label for one in run.measurements),
        *dict.fromkeys(way_label(one.scenario) for one in run.measurements),
        *(f"{name} {version}" for name, version in run.machine.packages),
    ]
    return folded("\n".join(words))


def folded(text: str) -> str:
    """Upper and lower case alike, any white space one blank."""
    return _SPACE.sub(" ", text).strip().casefold()


def checked_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Tags as they are kept: sorted, each once. Raises TagError."""
    spaced = (_SPACE.sub(" ", tag).strip() for tag in tags)
    found = sorted({folded(tag): tag for tag in spaced if tag}.values())
    if len(found) > MAX_TAGS:
        raise TagError(f"{len(found)} tags are too many. Keep at most {MAX_TAGS}.")
    for tag in found:
        if len(tag) > MAX_TAG:
            raise TagError(
                f"The tag {tag[:MAX_TAG]}… has {len(tag)} characters. Use at most {MAX_TAG}."
            )
        if (problem := problem_of_name(tag)) is not None:
            raise TagError(f"A tag cannot be kept. {problem}")
    return tuple(found)
