"""Measured from a busy notebook and from a terminal: the same ratios; neither times in itself."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median

from benchmarks import units
from benchmarks.results import Run
from benchmarks.snapshot import loads
from benchmarks.timing.statistics import Interval, mean_interval
from tests.bench.figure import Figure, judged, within
from tests.kernels import Kernel, running_kernel
from tests.talk import ROOT

# What `--width 1.0,0.25 --resolution 224,128` spans.
ANCHOR, OTHERS = "1.0-224", ("1.0-128", "0.25-224", "0.25-128")
ENGINES = ("eager", "onnxruntime")
SHARE = 0.03
IMPORT_S, IMPORTS = 0.5, 9
# A thread that spins holds the interpreter's lock for as long as it is allowed to.
SPIN = """
import threading
def spin():
    while True:
        pass
threading.Thread(target=spin, daemon=True).start()
"""


def figures(times: int) -> Iterator[Figure]:
    yield _import()
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, running_kernel(Path(folder)) as kernel:
        kernel.run("import benchmarks as bench")
        kernel.run(SPIN)
        for number in range(times):
            # The kernel spins all the while, so the terminal meets the same machine.
            sides = {"notebook": lambda: _in(kernel, Path(folder)), "terminal": _in_terminal}
            order = list(sides)[:: -1 if number % 2 else 1]
            ratios = {name: _ratios(sides[name]()) for name in order}
            for key, ratio in ratios["notebook"].items():
                found.setdefault(key, []).append(math.log(ratio / ratios["terminal"][key]))
    for (engine, network), logs in found.items():
        bounds = mean_interval(logs)
        interval = bounds and Interval(math.exp(bounds.low), math.exp(bounds.high))
        yield Figure(
            f"{network} over {ANCHOR}, {engine}: notebook over terminal",
            f"{math.exp(fmean(logs)):.3f}"
            + (
                f" (97.5 %: {units.span(interval.low, interval.high, digits=3)})"
                if interval
                else ""
            ),
            f"within {units.share(SHARE)}",
            within(SHARE, interval),
        )


def _ratios(run: Run) -> dict[tuple[str, str], float]:
    rows = {(row.scenario.engine, row.candidate.key): row for row in run.measurements}
    found = {}
    for engine in ENGINES:
        for network in OTHERS:
            ratio = rows[engine, network].ratio_to(rows[engine, ANCHOR])
            assert ratio is not None
            found[engine, network] = ratio.value
    return found


def _in(kernel: Kernel, folder: Path) -> Run:
    saved = folder / "run.json"
    kernel.run(
        f"run = bench.measure({[ANCHOR, *OTHERS]!r}, engines={list(ENGINES)!r})\n"
        f"bench.save(run, {str(saved)!r})"
    )
    return loads(saved.read_text(encoding="utf-8")).run


def _in_terminal() -> Run:
    command = [sys.executable, "-m", "benchmarks", "measure", "--json"]
    command += ["--width", "1.0,0.25", "--resolution", "224,128", "--engine", ",".join(ENGINES)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return loads(finished.stdout).run


def _import() -> Figure:
    """What `import benchmarks` adds to the start of an interpreter."""
    bare, full = (
        median(_seconds(code) for _ in range(IMPORTS)) for code in ("pass", "import benchmarks")
    )
    return Figure(
        "import benchmarks, over an interpreter that imports nothing",
        f"{1e3 * (full - bare):.0f} ms",
        f"below {1e3 * IMPORT_S:.0f} ms",
        judged(full - bare < IMPORT_S),
    )


def _seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return time.perf_counter() - start
