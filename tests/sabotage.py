"""Plants faults, one by one, and shows that `make test` catches each: `python -m tests.sabotage`.

Each fault is planted in a copy of the project. First the tests that are expected to catch it run;
if they pass, everything that `make test` runs. A fault is caught if a test fails: an error while
tests are collected does not count. Exit status 1 if a fault survives, or if the expected tests fail
without any fault.

    python -m tests.sabotage              all faults, some minutes
    python -m tests.sabotage --only lock  those whose names contain "lock"
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
LEVEL = "not slow and not alone"  # what `make test` runs side by side
TESTS_FAILED = 1  # pytest's exit status; anything above is another trouble
LIMIT_S = 900.0
HANGS_S = "90"  # a test of those that are expected to catch a fault: some faults make them hang
_FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Fault:
    """before: stands exactly once in `file`. tests: files that are expected to catch it."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


FAULTS = (
    Fault(
        "padding is swapped: the odd pixel goes first",
        "mobilenet/model.py",
        "(width // 2, width - width // 2, height // 2, height - height // 2)",
        "(width - width // 2, width // 2, height - height // 2, height // 2)",
        ("test_model", "test_weights"),
    ),
    Fault(
        "the paper's parameters include batch norm",
        "mobilenet/cost.py",
        "return sum(layer.weights for layer in self.layers)",
        "return sum(layer.parameters for layer in self.layers)",
        ("test_cost",),
    ),
    Fault(
        "map sizes are rounded down",
        "mobilenet/cost.py",
        "-(-side // stride)",
        "side // stride",
        ("test_cost",),
    ),
    Fault(
        "a ratio is inverted",
        "benchmarks/timing/statistics.py",
        "math.log(a[worker][number] / b[worker][number])",
        "math.log(b[worker][number] / a[worker][number])",
        ("test_statistics",),
    ),
    Fault(
        "an interval is halved",
        "benchmarks/timing/statistics.py",
        "half = quantile_t * stdev(values) / math.sqrt(len(values))",
        "half = quantile_t * stdev(values) / math.sqrt(len(values)) / 2",
        ("test_statistics",),
    ),
    Fault(
        "the settle call counts",
        "benchmarks/timing/protocol.py",
        "        settle = call()\n",
        "        settle = call()\n        times.append(settle)\n",
        ("test_protocol",),
    ),
    Fault(
        "disturbed blocks count",
        "benchmarks/results.py",
        "return tuple(block for block in self.blocks if not disturbances(block.signals))",
        "return self.blocks",
        ("test_contamination",),
    ),
    Fault(
        "a long wait for a CPU is no disturbance",
        "benchmarks/timing/contamination.py",
        "if (signals.delay_ns or 0) > max(",
        "if (signals.delay_ns or 0) < -max(",
        ("test_contamination",),
    ),
    Fault(
        "the machine's lock is not released",
        "benchmarks/jobs/runner.py",
        "            finally:\n                self._lock.release()\n",
        "            finally:\n                pass\n",
        ("test_runner",),
    ),
    Fault(
        "a place in the queue is not given up",
        "benchmarks/jobs/runner.py",
        "        finally:\n            ticket.leave()\n",
        "        finally:\n            pass\n",
        ("test_runner",),
    ),
    Fault(
        "a cancelled run counts as finished",
        "benchmarks/jobs/runner.py",
        "            cancelled = True\n",
        "            cancelled = False\n",
        ("test_runner",),
    ),
    Fault(
        "a job is started twice",
        "benchmarks/jobs/manager.py",
        "                run = self._runner.run(task, ticket, listen, stop)\n",
        "                self._runner.run(task, ticket, listen, stop)\n"
        "                run = self._runner.run(task, ticket, listen, stop)\n",
        ("test_manager",),
    ),
    Fault(
        "a preview takes the place of another tab's",
        "benchmarks/jobs/manager.py",
        "if view.is_live and view.is_preview and view.request.owner == owner:",
        "if view.is_live and view.is_preview:",
        ("test_manager",),
    ),
    Fault(
        "the queue is last come, first served",
        "benchmarks/jobs/manager.py",
        "job_id, ticket = self._waiting.popitem(last=False)",
        "job_id, ticket = self._waiting.popitem(last=True)",
        ("test_manager",),
    ),
    Fault(
        "a worker that hangs is waited for",
        "benchmarks/jobs/conversation.py",
        "if time.monotonic() - silent_since > self.silence_limit_s:",
        "if time.monotonic() - silent_since > 1000 * self.silence_limit_s:",
        ("test_runner",),
    ),
    Fault(
        "a network that failed is tried again by every worker",
        "benchmarks/jobs/replication.py",
        "if (left := tuple(task for task in own if not self._out.has_failed(task)))",
        "if (left := tuple(own))",
        ("test_runner", "test_replicate"),
    ),
    Fault(
        "a wrong answer is timed",
        "benchmarks/loading.py",
        "if not error <= allowed:",
        "if not error <= 1000 * allowed:",
        ("test_engines",),
    ),
    Fault(
        "an export does not depend on its batch",
        "benchmarks/prepared.py",
        "own = [self.candidate.key, str(self.batch), self.export, self.precision]",
        "own = [self.candidate.key, self.export, self.precision]",
        ("test_engines",),
    ),
    Fault(
        "a budget is met by the median alone",
        "benchmarks/choosing.py",
        "if interval.high <= budget.max_latency_s:",
        "if self.measurement.median_s <= budget.max_latency_s:",
        ("test_choosing",),
    ),
    Fault(
        "estimated accuracies are on the Pareto front",
        "benchmarks/variants.py",
        "        and variant.top1.error_percent is None\n",
        "",
        ("test_variants",),
    ),
    Fault(
        "megabytes of 1024 × 1024 bytes",
        "benchmarks/units.py",
        'f"{significant(count_bytes / 1e6)} MB"',
        'f"{significant(count_bytes / 2**20)} MB"',
        ("test_units",),
    ),
    Fault(
        "a summary that was changed is believed",
        "benchmarks/snapshot/__init__.py",
        "        if off is not None:\n",
        "        if off is not None and not off:\n",
        ("test_snapshot",),
    ),
    Fault(
        "a failed measurement ends with status 0",
        "benchmarks/cli/measure.py",
        "raise typer.Exit(INTERRUPTED if run.cancelled else FAILED if run.failures else 0)",
        "raise typer.Exit(INTERRUPTED if run.cancelled else 0)",
        ("test_cli",),
    ),
    Fault(
        "an epoch's chances do not depend on its number",
        "mobilenet/tasks/loop.py",
        "torch.manual_seed(recipe.seed + number * 1_000_003)",
        "torch.manual_seed(recipe.seed + len(epochs) // 2)",
        ("test_training",),
    ),
    Fault(
        "a difference is believed although two copies differ as much",
        "benchmarks/timing/verdicts.py",
        "or abs(_percent(ratio)) < 2 * abs(null_effect(null))",
        "",
        ("test_verdicts",),
    ),
    Fault(
        "the page is drawn with what the browser had before",
        "benchmarks/dashboard/fragments.py",
        "    if not differing:\n",
        "    if news or not differing:\n",
        ("test_fragments",),
    ),
)


def plant(fault: Fault, folder: Path) -> None:
    """Raises ValueError if what it replaces does not stand there exactly once."""
    path = folder / fault.file
    text = path.read_text(encoding="utf-8")
    if (count := text.count(fault.before)) != 1:
        raise ValueError(f"{fault.name}: its place was found {count} times in {fault.file}")
    path.write_text(text.replace(fault.before, fault.after), encoding="utf-8")


def copy_of_project(folder: Path) -> None:
    """What git knows of, as it is in the working tree."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run_tests(folder: Path, *arguments: str) -> tuple[int, str]:
    """pytest's exit status, and the first test that failed or what else it said at the end."""
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments,
         "-m", LEVEL],
        cwd=folder, capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    found = _FIRST_FAILURE.search(finished.stdout)
    last = (finished.stdout.strip().splitlines() or [finished.stderr.strip()])[-1]
    return finished.returncode, found[1] if found else last


def catch(fault: Fault) -> str | None:
    """The test that catches it; None if none does."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        copy_of_project(folder)
        plant(fault, folder)
        expected = ["--timeout", HANGS_S, *(f"tests/{name}.py" for name in fault.tests)]
        for arguments in (expected, ["--numprocesses", "2", "--dist", "loadfile"]):
            status, said = run_tests(folder, *arguments)
            if status == TESTS_FAILED:
                return said
            if status > TESTS_FAILED:
                raise RuntimeError(f"{fault.name}: pytest ended with status {status}: {said}")
    return None


def main(only: Annotated[str, typer.Option(help="part of the names of the faults")] = "") -> None:
    chosen = [fault for fault in FAULTS if only in fault.name]
    expected = sorted({f"tests/{name}.py" for fault in chosen for name in fault.tests})
    status, said = run_tests(ROOT, *expected)
    if status:
        raise SystemExit(f"without any fault the expected tests do not pass: {said}")
    survivors = 0
    for fault in chosen:
        start = time.monotonic()
        caught = catch(fault)
        survivors += caught is None
        seconds = time.monotonic() - start
        print(f"{seconds:5.0f} s  {fault.name}: {caught or 'NOT CAUGHT'}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} faults are caught")
    raise SystemExit(survivors > 0)


if __name__ == "__main__":
    typer.run(main)
