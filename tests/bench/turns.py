"""Sides that take turns, in one process or in processes of their own; ratios round by round."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from types import TracebackType

import benchmarks as bench
from benchmarks.engines import ENGINES
from benchmarks.timing.statistics import Ratio
from tests.bench.findings import ratio_over_processes
from tests.serving import PROJECT

ROUNDS = 40
ROUNDS_APART = 20  # these compare runtimes, which differ by more


class Child:
    """One process of `tests.bench.sides`; all that are alive wait but the one whose turn it is.

    Raises RuntimeError with its last words where it ends early.
    """

    def __init__(self, network: str, threads: int, sides: Sequence[str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sides", network, str(threads), *sides],
            cwd=PROJECT,
            env=os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdin is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._in.close()
        self._process.wait()
        self._out.close()
        self._log.close()

    def await_ready(self) -> None:
        self._line()

    def turn(self, side: str) -> float:
        self._in.write(f"{side}\n")
        self._in.flush()
        return float(self._line())

    def _line(self) -> str:
        line = self._out.readline()
        if not line:
            self._log.seek(0)
            words = self._log.read().decode(errors="replace").split("\n")
            raise RuntimeError(next((last for last in reversed(words) if last.strip()), "no word"))
        return line.strip()


def rounds(
    network: str, threads: int, sides: Sequence[str], *, apart: bool = False
) -> list[dict[str, float]]:
    """Seconds of a call by side, round by round, of one set of fresh processes.

    apart: in a process each, for runtimes whose threads would get into each other's way.
    """
    groups = [[side] for side in sides] if apart else [list(sides)]
    with ExitStack() as stack:
        started = [stack.enter_context(Child(network, threads, group)) for group in groups]
        for child in started:
            child.await_ready()
        children = {
            side: child for child, group in zip(started, groups, strict=True) for side in group
        }
        return [
            {side: children[side].turn(side) for side in random.sample(sides, len(sides))}
            for _ in range(ROUNDS_APART if apart else ROUNDS)
        ]


def ratio(sets: Sequence[Sequence[dict[str, float]]], a: str, b: str) -> Ratio:
    """Of side `a` to side `b`, over sets of processes."""
    return ratio_over_processes(
        [[math.log(one[a] / one[b]) for one in of_process] for of_process in sets]
    )


def fails(network: str, threads: int, side: str) -> str | None:
    """Why this side does not run here; None where it does."""
    module = side.partition(":")[2]
    if module in ("executorch", "timm") and find_spec(module) is None:
        return f"{module} is not installed; run: pip install {module}"
    try:
        with Child(network, threads, [side]) as child:
            child.await_ready()
            child.turn(side)
    except RuntimeError as error:
        return str(error)
    return None


def available(
    networks: str | Iterable[str], names: Iterable[str] = tuple(ENGINES), *, threads: int = 1
) -> dict[str, str]:
    """Each engine in float32, and why it does not run here ("" where it does).

    Exports these networks for them as well, so that no measurement waits for that.
    """
    names = list(names)
    run = bench.measure(networks, engines=names, threads=threads, preset="preview")
    reasons = {failure.scenario.engine: failure.reason for failure in run.failures}
    return {name: reasons.get(name, "") for name in names}
