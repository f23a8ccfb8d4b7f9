"""Commands of the program, as people type them: in this process, or in one of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from benchmarks.cli import app
from tests.fake_worker import FakeMachine, environment
from tests.waiting import soon

ROOT = Path(__file__).resolve().parents[1]
TINY = ("--width", "0.25", "--resolution", "32", "--classes", "10")
LIMIT_S = 600.0  # of a command, on a busy machine too; only ends what hangs
WITH_FAKES = (
    "from benchmarks.jobs import worker_process\n"
    "worker_process.MODULE = 'tests.fake_worker'\n"
    "from benchmarks.cli import main\n"
    "main()\n"
)


def call(*arguments: object, columns: int = 100) -> Result:
    """In this process. Use the fixture `fake_machine` if it would start workers."""
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": str(columns)})


def answer(*arguments: object) -> Any:
    """What a command prints with --json, which must be all that it prints."""
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments: object, status: int = 2) -> str:
    """Standard error of a command that ends with `status` and prints no answer."""
    result = call(*arguments)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    return result.stderr


def interrupted(when: Callable[[], bool], *arguments: object) -> Result:
    """In this process, with a Ctrl-C as soon as `when` is true: once work is under way."""

    def press() -> None:
        if soon(when):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    result = call(*arguments)
    thread.join()
    return result


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "benchmarks", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S
    )


def start(
    *arguments: object,
    stderr: int = subprocess.PIPE,
    sigint: signal.Handlers = signal.SIG_DFL,
    fakes: FakeMachine | None = None,
) -> subprocess.Popen[str]:
    """In a process of its own that goes on.

    sigint: what it inherits. Without that, a script that runs the suite in the background hands
    down SIG_IGN. fakes: the machine that its workers, other processes still, pretend to be on.
    """
    started = command(*arguments)
    if fakes is not None:
        started[1:3] = ["-c", WITH_FAKES]
    before = signal.signal(signal.SIGINT, sigint)  # what is ignored here is ignored there
    try:
        return subprocess.Popen(
            started,
            cwd=ROOT,
            env=os.environ | (environment(fakes) if fakes is not None else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
