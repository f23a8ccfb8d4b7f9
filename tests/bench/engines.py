"""What the harness costs: 1.0-224 timed by it, and called through each engine's own API."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

import benchmarks as bench
from benchmarks.engines import ENGINES
from benchmarks.timing.statistics import median_interval
from mobilenet import MobileNetConfig
from tests.bench.figure import Figure
from tests.serving import PROJECT

PROCESSES = 6


def figures() -> Iterator[Figure]:
    for name, engine in ENGINES.items():
        if engine.export:
            bench.measure(MobileNetConfig(1.0, 224), engines=[name], preset="preview")
        logs = [log for _ in range(PROCESSES) for log in _log_ratios(name)]
        interval = median_interval(logs)
        assert interval is not None
        low, high = (100 * (math.exp(end) - 1) for end in (interval.low, interval.high))
        yield Figure(
            f"{engine.label}: harness over direct call, {len(logs)} pairs of turns",
            f"{100 * (math.exp(median(logs)) - 1):+.2f} % (95 %: {low:+.2f} to {high:+.2f})",
            "within 3 %",
        )


def _log_ratios(name: str) -> list[float]:
    """Of one fresh process."""
    command = [sys.executable, "-m", "tests.bench.direct", name]
    answer = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    logs: list[float] = json.loads(answer.stdout.splitlines()[-1])
    return logs
