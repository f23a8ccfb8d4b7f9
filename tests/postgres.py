"""A PostgreSQL server of the tests' own, from Debian's package, on a private loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

START_LIMIT_S = 60
UNPRIVILEGED = ("postgres", "nobody")  # initdb refuses root


def find_programs() -> Path | None:
    """The folder of initdb and postgres; None where they are not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server(programs: Path) -> Iterator[URL]:
    """The address of its first database while it runs."""
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="mobilenet-bench-postgres-"))
    if user is not None:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    subprocess.run(
        [
            *(programs / "initdb", "--no-sync", "--no-instructions", "-D", folder / "data"),
            *("-U", "bench", "-A", "trust", "-E", "UTF8"),
        ],
        user=user,
        cwd=folder,
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            *(programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder),
            *("-c", "listen_addresses=127.0.0.1"),
            *("-c", "fsync=off"),  # the server itself is never killed
        ],
        user=user,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = URL.create("postgresql+psycopg", "bench", None, "127.0.0.1", port, "postgres")
    try:
        _wait_until_up(url)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # to PostgreSQL: end at once, and in good order
        process.wait()
        shutil.rmtree(folder)


def new_database(server_url: URL, name: str) -> URL:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return server_url.set(database=name)


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


def _wait_until_up(url: URL) -> None:
    engine = create_engine(url)
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            engine.dispose()
            return
