"""`python -m tests.store_writer URL ACKS`: programs that save at once, and that tests kill.

For every line on standard input it starts a process and prints its id. `save` saves until it is
killed; `write N` saves some, half of them the same in every such process; `read` reads until the
file ACKS.done is there. An id is written to ACKS only once the store has said that it keeps it.
Processes are forked, since each would take a second to start.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, make_url

from benchmarks.snapshot import Snapshot, dumps, loads
from benchmarks.store import Store
from tests.builders import a_run, measurement

SHARED, OWN = 5, 5
RUN = a_run(measurement("0.5-160", rounds=3, calls=3), measurement("resnet18", rounds=3, calls=3))


def made(title: str) -> Snapshot:
    return loads(dumps(RUN, title=title))


def save(store: Store, acks: int) -> None:
    number = 0
    while True:
        number += 1
        _keep(store, made(f"{os.getpid()} {number}"), acks)


def write(store: Store, acks: int, name: str) -> None:
    for number in range(SHARED):
        _keep(store, made(f"shared {number}"), acks)
        _keep(store, made(f"own {name} {number}"), acks)


def read(store: Store, done: Path) -> None:
    """Whatever is listed is there, whole, and listed once."""
    while not done.exists():
        entries = store.find(limit=1000).entries
        assert len({entry.id for entry in entries}) == len(entries)
        for entry in entries[:5]:
            found = store.get(entry.id)
            assert found is not None
            assert found.title == entry.title


def _keep(store: Store, snapshot: Snapshot, acks: int) -> None:
    store.add(snapshot)
    os.write(acks, f"{snapshot.id}\n".encode())  # one write: never half a line


def main() -> None:
    url, path = make_url(sys.argv[1]), Path(sys.argv[2])
    acks = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    children: list[int] = []
    for line in sys.stdin:
        command, *rest = line.split()
        work: dict[str, Callable[[Store], None]] = {
            "save": lambda store: save(store, acks),
            "write": lambda store, rest=rest: write(store, acks, rest[0]),
            "read": lambda store: read(store, path.with_suffix(".done")),
        }
        pid = os.fork()
        if pid == 0:
            _work(url, work[command])
        children.append(pid)
        print(pid, flush=True)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    print(*statuses, flush=True)


def _work(url: URL, work: Callable[[Store], None]) -> None:
    status = 1
    try:
        work(Store(url))
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
