"""One measurement at a time per machine, first come first served, across all processes.

Whoever wants to measure leaves a ticket, a small file that it keeps locked while it lives; the
earliest living ticket may take the machine lock. The lock's descriptor is handed on to the workers,
so the machine is free again only when supervisor and workers are both gone, however they went.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import lock_descriptor, unlock_descriptor
from platformdirs import user_cache_path

FOLDER_VARIABLE = "MOBILENET_BENCH_LOCKS"
POLL_QUEUE_S = 0.2


@dataclass(frozen=True)
class Place:
    """ahead: measurements that come first, the running one included; `first` is what it does."""

    ahead: int
    first: str | None


class Ticket:
    """A place in the machine's queue. Leave it, or end the process, to give it up."""

    def __init__(self, folder: Path, title: str) -> None:
        # This clock is the same for all processes of a machine; the time of day may be set back.
        name = f"{time.perf_counter_ns():020d}-{uuid.uuid4().hex[:8]}"
        hidden = folder / f".{name}"
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = hidden.open("xb", buffering=0)
            lock_descriptor(self._file.fileno())
            with suppress(OSError):  # on a full disk the place counts, its name does not
                self._file.write(json.dumps({"title": title}).encode())
            self._path = hidden.rename(folder / f"{name}.ticket")  # seen only once locked

    def place(self) -> Place:
        """How many are ahead; tickets of processes that died are removed on the way."""
        titles = [
            title
            for path in sorted(self._path.parent.glob("*.ticket"))
            if path.name < self._path.name and (title := _title_if_alive(path)) is not None
        ]
        return Place(ahead=len(titles), first=titles[0] if titles else None)

    def leave(self) -> None:
        with suppress(OSError):  # unlocked it counts for nothing, and whoever sees it removes it
            self._path.unlink()
        self._file.close()


class MachineLock:
    """The lock itself. One open file for this object's life, so that workers can inherit it."""

    def __init__(self, folder: Path) -> None:
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "machine.lock").open("ab")

    @property
    def descriptor(self) -> int:
        return self._file.fileno()

    def try_acquire(self) -> bool:
        return lock_descriptor(self.descriptor, blocking=False)

    def release(self) -> None:
        """Free the machine, for the workers that inherited the lock too."""
        unlock_descriptor(self.descriptor)

    def close(self) -> None:
        self._file.close()


def take_machine(
    ticket: Ticket, lock: MachineLock, stop: threading.Event, tell: Callable[[Place], None]
) -> bool:
    """Wait until it is the ticket's turn and take the lock; False if `stop` was set before.

    tell: called with each change of the place.
    """
    told: Place | None = None
    while not stop.is_set():
        place = ticket.place()
        if place.ahead == 0 and lock.try_acquire():
            return True
        if place != told:
            tell(place)
            told = place
        stop.wait(POLL_QUEUE_S)
    return False


def is_anybody_measuring(folder: Path) -> bool:
    """Whether a ticket lives, of this process or another."""
    return any(_title_if_alive(path) is not None for path in folder.glob("*.ticket"))


def lock_folder() -> Path:
    """MOBILENET_BENCH_LOCKS, or a folder of this user for this machine.

    Not the system's folder for running programs: whether that is known differs between a login, a
    service and a container of one user, and all of them must meet at the same lock. The machine's
    name keeps apart the machines that share a home folder.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_cache_path("mobilenet-bench") / "locks" / platform.node()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """An error of the file system, said with its way out."""
    try:
        yield
    except OSError as error:
        sentence = (
            f"the queue of measurements cannot be kept in {folder} ({error.strerror or error}); "
            f"set {FOLDER_VARIABLE} to a folder that can be written"
        )
        raise OSError(error.errno, sentence) from error


def _title_if_alive(path: Path) -> str | None:
    """What the ticket's owner measures; None, and the file removed, if there is no owner."""
    try:
        file = path.open("r+b")
    except OSError:  # just given up; or not ours to open, then the lock alone keeps us apart
        return None
    with file:
        if lock_descriptor(file.fileno(), blocking=False):
            unlock_descriptor(file.fileno())
            with suppress(OSError):
                path.unlink()
            return None
        try:
            return str(json.loads(file.read())["title"])
        except (ValueError, KeyError, TypeError):
            return "another measurement"
