"""Another Python environment, whose runtimes are timed in turns with this one's."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, replace

from benchmarks.jobs.worker_process import python_path
from benchmarks.results import Run

ANSWER_LIMIT_S = 120.0
# What a worker imports before any runtime: it fails here, with a sentence, or not at all.
_QUESTION = """
import json
import benchmarks.worker
from benchmarks.machine import read_machine
found = read_machine()
print(json.dumps([found.python, found.packages]))
"""


class OtherEnvironmentError(ValueError):
    """The other environment cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class Environment:
    """python: its version. packages: as `Machine.packages`."""

    executable: str
    python: str
    packages: tuple[tuple[str, str], ...]

    def named_in(self, run: Run) -> Run:
        """`run` with this environment's software instead of this program's own."""
        machine = replace(run.machine, python=self.python, packages=self.packages)
        return replace(run, machine=machine)


def find_environment(executable: str) -> Environment:
    """Ask the interpreter at `executable` what it has. Raises OtherEnvironmentError."""
    try:
        finished = subprocess.run(
            [executable, "-P", "-c", _QUESTION],
            env=os.environ | {"PYTHONPATH": python_path()},
            capture_output=True,
            text=True,
            timeout=ANSWER_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise OtherEnvironmentError(
            f"{executable} cannot be started: {error.strerror}. Give the path of the other "
            "environment's python, such as other/.venv/bin/python."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OtherEnvironmentError(
            f"{executable} gave no answer in {ANSWER_LIMIT_S:g} s."
        ) from error
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["it said nothing"]
        raise OtherEnvironmentError(
            f"{executable} cannot run this program: {lines[-1]}. It needs Python 3.11 or newer and "
            "what requirements.txt lists; its runtimes may be of other versions."
        )
    try:
        python, packages = json.loads(finished.stdout.splitlines()[-1])
        return Environment(executable, python, tuple((name, version) for name, version in packages))
    except (ValueError, TypeError, IndexError) as error:
        raise OtherEnvironmentError(
            f"{executable} is no Python: its answer makes no sense."
        ) from error
