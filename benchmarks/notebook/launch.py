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
from dataclasses import dataclass
from typing import IO, Any

from benchmarks.jobs.worker_process import python_path
from benchmarks.steering.announcement import Announcement, announced, withdraw
from benchmarks.steering.client import DashboardError, is_there

START_LIMIT_S = 60.0
END_LIMIT_S = 10.0
POLL_S = 0.1
_TAIL_CHARACTERS = 400
# Loopback is asked directly, whatever proxy this computer uses for the rest.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class _Started:
    """A server of this process's own. It ends with its standard input, however this one ends."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def end(self) -> str:
        """End it, with its workers; what it has said last."""
        self.process.terminate()
        try:
            self.process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()
        with self.log:
            self.log.seek(0)
            return self.log.read().decode("utf-8", "replace").strip()[-_TAIL_CHARACTERS:]


_started: dict[int, _Started] = {}  # by process id


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
    log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the server
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "benchmarks.dashboard", str(port)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": python_path()},
        start_new_session=True,  # a kernel's interrupt goes to all of its own session
    )
    if not _started:
        atexit.register(stop)
    _started[process.pid] = _Started(process, log)
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        found = next((one for one in announced() if one.pid == process.pid), None)
        if found is not None and _is_healthy(port):
            return found
        time.sleep(POLL_S)
    said = _started.pop(process.pid).end()
    raise DashboardError(f"The dashboard did not start: {said or 'it said nothing.'}")


def is_own(pid: int) -> bool:
    """Whether this process has started it."""
    return pid in _started


def stop() -> None:
    """End every server that this process has started."""
    while _started:
        pid, server = _started.popitem()
        server.end()
        withdraw(pid)


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
