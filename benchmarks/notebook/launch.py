"""A dashboard on this computer: the one that runs, or a new one that ends with this process."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from typing import IO, Any

from benchmarks.jobs.worker_process import python_path
from benchmarks.steering.announcement import Announcement, announced, withdraw
from benchmarks.steering.client import DashboardError, is_there

START_LIMIT_S = 60.0
POLL_S = 0.1
_TAIL_CHARACTERS = 400
# Loopback is asked directly, whatever proxy this computer uses for the rest.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class _Own:
    """The server that this process has started, if any."""

    process: subprocess.Popen[bytes] | None = None
    announcement: Announcement | None = None
    log: IO[bytes] | None = field(default=None, repr=False)


_own = _Own()


def running() -> Announcement | None:
    """The newest dashboard of this user, computer, environment and store; None where none runs."""
    for found in announced():
        if is_there(found) and _is_healthy(found.port):
            return found
        withdraw(found.pid)
    return None


def start() -> Announcement:
    """A new one. Raises DashboardError with what it said."""
    port = _free_port()
    _own.log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the server
    _own.process = subprocess.Popen(
        [sys.executable, "-P", "-m", "benchmarks.dashboard", str(port)],
        stdin=subprocess.PIPE,  # it ends when this does
        stdout=_own.log,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": python_path()},
        start_new_session=True,  # a kernel's interrupt goes to all of its own session
    )
    atexit.register(stop)
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and _own.process.poll() is None:
        if _is_healthy(port):
            for found in announced():
                if found.port == port and is_there(found):
                    _own.announcement = found
                    return found
        time.sleep(POLL_S)
    raise DashboardError(f"The dashboard did not start: {_end()}")


def is_own(dashboard: Announcement) -> bool:
    """Whether this process has started it."""
    return _own.announcement == dashboard


def stop() -> None:
    """End the server that this process has started, with its workers."""
    if _own.process is None:
        return
    _own.process.terminate()
    try:
        _own.process.wait(10)
    except subprocess.TimeoutExpired:
        _own.process.kill()
        _own.process.wait()
    if _own.announcement is not None:
        withdraw(_own.announcement.pid)
    _own.process = _own.announcement = None


def _end() -> str:
    """What the server that did not start has said last; it is ended."""
    assert _own.log is not None
    stop()
    _own.log.seek(0)
    said = _own.log.read().decode("utf-8", "replace").strip()
    return said[-_TAIL_CHARACTERS:] or "it said nothing."


def _is_healthy(port: int) -> bool:
    try:
        with _DIRECT.open(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: Any = free.getsockname()[1]
        return int(port)
