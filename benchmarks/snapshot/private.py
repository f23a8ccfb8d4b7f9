"""What a snapshot does not tell of whoever made it, taken out of words that may hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from benchmarks.candidates import Candidate, OwnNetwork, free_name
from benchmarks.results import Failure, Measurement, Run
from benchmarks.texts import cleaned

HIDDEN = "…"
MIN_NAME = 2  # a single letter stands in too many words
# A path from the root of a disk, with at least one folder; its last part may tell what is wrong.
_PATH = re.compile(r"(?<![\w./\\~-])(?:~|[A-Za-z]:)?(?:[\\/][^\\/\s\"'<>|:;,()]+)+[\\/]?")
_Named = TypeVar("_Named", Measurement, Failure)


def without_private(run: Run, names: Iterable[str]) -> Run:
    """`run` without folders, and without `names` (of a host, of a user), in reasons of failures and
    in what people call their own networks."""
    found = tuple(name for name in names if len(name) >= MIN_NAME)
    every = [one.candidate for one in (*run.measurements, *run.controls)]
    every += [one.candidate for one in run.failures]
    renamed = _renamed(every, found)

    def all_of(parts: Sequence[_Named]) -> tuple[_Named, ...]:
        return tuple(replace(one, candidate=renamed[one.candidate]) for one in parts)

    failures = tuple(
        replace(one, reason=_without(cleaned(one.reason, lines=True), found))
        for one in all_of(run.failures)
    )
    return replace(
        run,
        measurements=all_of(run.measurements),
        controls=all_of(run.controls),
        failures=failures,
    )


def _renamed(every: Iterable[Candidate], names: tuple[str, ...]) -> dict[Candidate, Candidate]:
    """Each as it is to be called; two that differed still do."""
    found = {one: one for one in every}
    taken = {one.key for one in found}
    for one in found:
        if one.own is not None and (wanted := _without(one.own.name, names)) != one.own.name:
            called = _called(one.own, wanted, taken)
            taken.add(called.key)
            found[one] = Candidate(own=called)
    return found


def _called(own: OwnNetwork, wanted: str, taken: set[str]) -> OwnNetwork:
    name = free_name(wanted, lambda name: replace(own, name=name).key not in taken)
    return replace(own, name=name)


def _without(text: str, names: tuple[str, ...]) -> str:
    text = _PATH.sub(_last_part, text)
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, text, flags=re.IGNORECASE)
    return text


def _last_part(path: re.Match[str]) -> str:
    parts = [part for part in re.split(r"[\\/]", path[0]) if part]
    return path[0] if len(parts) < 2 else f"{HIDDEN}/{parts[-1]}"
