"""Runs kept and found again from code: in the store that the dashboard shows, in files, by link."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

from benchmarks import report, units
from benchmarks.results import Run
from benchmarks.snapshot import ID_CHARACTERS, Snapshot, SnapshotError, check_words, dumps, loads
from benchmarks.store import Store

MIN_BEGINNING = 6  # characters of an id: fewer are more likely a name than a number
ANSWER_LIMIT_S = 30.0
_ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")


def keep(run: Run, title: str = "", note: str = "", tags: Sequence[str] = ()) -> str:
    """Keep `run` in the store; the id of its snapshot, by which everybody finds it.

    Kept before under the same title and note it has the same id, and only the tags are added.
    Raises SnapshotError, StoreError or TagError with the way out.
    """
    check_words(title, note)
    found = loads(dumps(run, title=title, note=note))
    with closing(Store()) as store:
        if not store.add(found, tags) and tags:
            store.tag(found.id, add=tags)
    return found.id


def load(where: str | os.PathLike[str]) -> Run:
    """A run that was kept or handed on.

    where: a file (the document or a report), an id or its beginning, or a link: to a snapshot on a
        dashboard, which is looked up in this computer's store, or to a file, which is downloaded.
    Raises SnapshotError if there is none or it is not valid, StoreError if the store is no use.
    """
    return find(where).run


def find(where: str | os.PathLike[str]) -> Snapshot:
    """The same, with title, note and document."""
    text = os.fspath(where)
    if urlsplit(text).scheme in ("http", "https"):
        return _by_link(text)
    if isinstance(where, str) and not Path(text).exists() and _may_be_id(text):
        return _by_id(text)
    return read_file(Path(text))


def read_file(path: Path) -> Snapshot:
    """The snapshot in a document or a report. Raises SnapshotError."""
    try:
        with path.open("rb") as file:
            return report.read(file.read(report.MAX_BYTES + 1), str(path))
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from error


def _by_id(beginning: str) -> Snapshot:
    with closing(Store()) as store:
        if len(beginning) == ID_CHARACTERS:
            ids = [beginning]
        else:
            ids = [one.id for one in store.find(beginning).entries if one.id.startswith(beginning)]
        if len(ids) > 1:
            raise SnapshotError(
                f"{units.counted(len(ids), 'snapshot')} begin with {beginning}. "
                "Give more of the id."
            )
        found = store.get(ids[0]) if ids else None
    if found is None:
        raise SnapshotError(
            f"There is no file and no snapshot {beginning}. `mobilenet-bench snapshots list` shows "
            "what is kept here."
        )
    return found


def _by_link(link: str) -> Snapshot:
    wanted = parse_qs(urlsplit(link).query).get("snapshot", [])
    if wanted and _may_be_id(wanted[0]):
        return _by_id(wanted[0])
    try:
        with urllib.request.urlopen(link, timeout=ANSWER_LIMIT_S) as answer:
            content = answer.read(report.MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        raise SnapshotError(f"{link} cannot be downloaded: {error}.") from error
    return report.read(content, link)


def _may_be_id(text: str) -> bool:
    return MIN_BEGINNING <= len(text) <= ID_CHARACTERS and _ID_LETTERS.issuperset(text)
