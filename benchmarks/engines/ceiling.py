"""What this machine does at best in PyTorch: a large matrix product, and a copy of much memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmarks.layer_times import Ceiling
from benchmarks.timing.protocol import Check

SIDES = (1024, 2048)  # of the matrices: few threads are fastest with the one, many with the other
COPY_BYTES = 128 * 1024 * 1024  # more than caches hold; it is read, and as much is written
MIN_TIMES, MAX_TIMES = 3, 50
ENOUGH_S = 0.4  # of each of the three


def find_ceiling(threads: int, check: Check) -> Ceiling:
    """With so many threads, in float32; takes about a second. Raises what `check` does."""
    torch.set_num_threads(threads)
    products = {side: _times_of(_product(side), check) for side in SIDES}
    side = max(SIDES, key=lambda one: one**3 / min(products[one]))
    return Ceiling(
        threads=threads,
        flops=2 * side**3,
        flops_ns=products[side],
        copied_bytes=2 * COPY_BYTES,
        copy_ns=_times_of(_copy(), check),
    )


def _product(side: int) -> Callable[[], object]:
    a, b, out = (torch.ones(side, side) for _ in range(3))
    return lambda: torch.mm(a, b, out=out)


def _copy() -> Callable[[], object]:
    source = torch.ones(COPY_BYTES // 4)
    target = torch.empty_like(source)
    return lambda: target.copy_(source)


def _times_of(call: Callable[[], object], check: Check) -> tuple[int, ...]:
    """Nanoseconds of each call; the first, which claims memory, is left out."""
    call()
    times_ns: list[int] = []
    while len(times_ns) < MIN_TIMES or (
        sum(times_ns) < ENOUGH_S * 1e9 and len(times_ns) < MAX_TIMES
    ):
        check()
        start = time.perf_counter_ns()
        call()
        times_ns.append(time.perf_counter_ns() - start)
    return tuple(times_ns)
