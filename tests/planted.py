"""A pretended runtime that takes exactly so much memory: `python -m tests.planted '{...}'`.

Prints what weighing finds, and what ru_maxrss says, in bytes.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.candidates import Candidate, candidate
from benchmarks.engines.session import Logits
from benchmarks.footprint import weigh
from benchmarks.messages import Task, Weigh
from benchmarks.scenarios import Scenario

SMALL, LARGE = candidate("0.25-32-n10"), candidate("0.5-64-n10")


def taken(count_bytes: int) -> object:
    """Memory that is really there, page by page; it goes back as soon as nobody has it."""
    return np.ones(count_bytes, np.uint8)


@dataclass
class PlantedSession:
    """held: as weights are; scratch_bytes: for the time of an inference."""

    held: object
    scratch_bytes: int
    wanted: Logits | None = None

    def time_ns(self) -> int:
        taken(self.scratch_bytes)
        return 1_000_000

    def logits(self) -> Logits:
        self.time_ns()
        return np.eye(1, 10, dtype=np.float32)


class PlantedRuntime:
    """own_bytes: of the runtime, from its first network on; held_bytes, scratch_bytes: of the large
    network while it is there and while it runs; loading_bytes: for a moment while it is loaded."""

    def __init__(
        self,
        *,
        own_bytes: int = 0,
        held_bytes: int = 0,
        scratch_bytes: int = 0,
        loading_bytes: int = 0,
    ) -> None:
        self._own_bytes = own_bytes
        self._own: object = None
        self._held_bytes, self._scratch_bytes = held_bytes, scratch_bytes
        self._loading_bytes = loading_bytes

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def load(
        self, candidate: Candidate, scenario: Scenario, prepared: Path | None
    ) -> PlantedSession:
        if self._own is None:
            self._own = taken(self._own_bytes)
        if candidate == SMALL:
            return PlantedSession(None, 0)
        taken(self._loading_bytes)
        return PlantedSession(taken(self._held_bytes), self._scratch_bytes)


def command() -> Weigh:
    return Weigh("a run", Task(LARGE, Scenario()), Task(SMALL, Scenario()))


def main(planted: str) -> None:
    runtime = PlantedRuntime(**json.loads(planted))
    found = weigh(command(), lambda: None, engines=lambda name: runtime)
    largest_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(asdict(found.memory) | {"ru_maxrss": largest_kib * 1024}))


if __name__ == "__main__":
    main(sys.argv[1])
