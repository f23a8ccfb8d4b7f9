"""Copies of 0.5-160, timed as is usual: `python -m tests.bench.copies HOW COUNT`.

timer: each copy by torch's `adaptive_autorange`. loop: each call by call, one copy after the other.
Prints the seconds of a call, sample by sample, for each copy.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from benchmarks.candidates import Candidate
from benchmarks.validation import NETWORK
from tests.bench.direct import eager
from tests.bench.sides import WARMUP

CALLS = 100


def timer(call: Callable[[], object]) -> list[float]:
    from torch.utils.benchmark import Timer

    times: list[float] = Timer("call()", globals={"call": call}).adaptive_autorange().times
    return times


def loop(call: Callable[[], object]) -> list[float]:
    for _ in range(WARMUP):
        call()
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def main(how: str, count: int) -> None:
    timed = {"timer": timer, "loop": loop}[how]
    calls = [eager(Candidate(config=NETWORK), 1).call for _ in range(count)]
    print(json.dumps([timed(call) for call in calls]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
