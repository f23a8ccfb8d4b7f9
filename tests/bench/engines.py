"""What the harness costs: 1.0-224 timed by it, and called through each engine's own API."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.engines import ENGINES
from tests.bench import turns
from tests.bench.direct import OWN
from tests.bench.figure import Figure, within
from tests.bench.findings import more

NETWORK = "1.0-224"
GOAL = 0.01


def figures(times: int) -> Iterator[Figure]:
    """times: processes an engine."""
    for name, reason in turns.available(NETWORK).items():
        what = f"{ENGINES[name].label}: harness over direct call"
        if name not in OWN:
            reason = reason or "tests/bench/direct.py knows no direct call of it"
        if reason:
            yield Figure(what, f"not measured: {reason}")
            continue
        sides = (f"harness:{name}", f"direct:{name}")
        ratio = turns.ratio([turns.rounds(NETWORK, 1, sides) for _ in range(times)], *sides)
        yield Figure(what, more(ratio), "within 1 %", within(GOAL, ratio.interval))
