"""What a snapshot does not tell of whoever made it, taken out of words that programs wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from benchmarks.results import Failure, Run
from benchmarks.texts import cleaned

HIDDEN = "…"
MIN_NAME = 2  # a single letter stands in too many words
# A path from the root of a disk, with at least one folder; its last part may tell what is wrong.
_PATH = re.compile(r"(?<![\w./\\~-])(?:~|[A-Za-z]:)?(?:[\\/][^\\/\s\"'<>|:;,()]+)+[\\/]?")


def without_private(run: Run, names: Iterable[str]) -> Run:
    """`run` without folders, and without `names` (of a host, of a user) in reasons of failures."""
    found = tuple(name for name in names if len(name) >= MIN_NAME)
    return replace(run, failures=tuple(_of(failure, found) for failure in run.failures))


def _of(failure: Failure, names: tuple[str, ...]) -> Failure:
    reason = _PATH.sub(_last_part, cleaned(failure.reason, lines=True))
    for name in names:
        reason = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", HIDDEN, reason, flags=re.IGNORECASE)
    return replace(failure, reason=reason)


def _last_part(path: re.Match[str]) -> str:
    parts = [part for part in re.split(r"[\\/]", path[0]) if part]
    return path[0] if len(parts) < 2 else f"{HIDDEN}/{parts[-1]}"
