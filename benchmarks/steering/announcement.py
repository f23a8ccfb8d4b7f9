"""Where the dashboards of this computer are: a file each, that only its user may read.

They lie beside the queue of measurements, because a dashboard that does not wait in the same queue
must not be taken for one's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from benchmarks.jobs.machine_queue import lock_folder
from benchmarks.snapshot import digest, program_version
from benchmarks.store.connection import store_url

MAX_FILE_BYTES = 10_000


@dataclass(frozen=True)
class Announcement:
    """port: of the page. steering_port, secret: of its endpoint. kind: see `own_kind`."""

    pid: int
    port: int
    steering_port: int
    secret: str
    kind: str
    started_utc: str


_FILE: TypeAdapter[Announcement] = TypeAdapter(Announcement)


def own_kind() -> str:
    """The same for every process that a dashboard would serve like this one: program, environment
    and store. Raises StoreError for a store's address that is none."""
    store = store_url().render_as_string(hide_password=False)
    return digest("\n".join([str(program_version()), sys.prefix, store]))


def announce(*, port: int, steering_port: int, secret: str) -> Path:
    """Say that this process is a dashboard. Raises OSError if that cannot be written."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    own = Announcement(os.getpid(), port, steering_port, secret, own_kind(), now)
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{own.pid}.json"
    path.unlink(missing_ok=True)
    unfinished = folder / f".{own.pid}"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_FILE.dump_json(own))
    unfinished.rename(path)
    return path


def announced() -> Iterator[Announcement]:
    """Dashboards of this process's kind that have announced themselves, the newest first; they may
    have ended since."""
    found = []
    for path in _folder().glob("*.json"):
        with suppress(OSError, ValidationError), path.open("rb") as file:
            if _is_own(file.fileno()):
                found.append(_FILE.validate_json(file.read(MAX_FILE_BYTES)))
    kind = own_kind()
    yield from sorted(
        (one for one in found if one.kind == kind), key=lambda one: one.started_utc, reverse=True
    )


def _is_own(descriptor: int) -> bool:
    """Whether nobody but this user can have written it: what another announces would be shown under
    Jupyter's own address, and be handed runs."""
    if os.name != "posix":
        return True
    status = os.fstat(descriptor)
    return status.st_uid == os.getuid() and not status.st_mode & 0o077


def withdraw(pid: int) -> None:
    """That dashboard has ended."""
    with suppress(OSError):
        (_folder() / f"{pid}.json").unlink(missing_ok=True)


def _folder() -> Path:
    return lock_folder() / "dashboards"
