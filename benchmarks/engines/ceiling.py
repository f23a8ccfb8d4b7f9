"""What this machine does at best in PyTorch: a large matrix product, and a copy of much memory."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from benchmarks.layer_times import Ceiling
from benchmarks.timing.protocol import Check

SIDES = (512, 1024, 2048, 4096)  # of the matrices: the more threads, the larger the fastest
COPY_BYTES = 128 * 1024 * 1024  # more than caches hold; it is read, and as much is written
MIN_TIMES, MAX_TIMES = 3, 100
ENOUGH_S = 0.3  # of one product, and of the copy

Call = Callable[[], object]


def find_ceiling(threads: int, check: Check) -> Ceiling:
    """With so many threads, in float32; takes a second or two. Raises what `check` does."""
    torch.set_num_threads(threads)
    flops, flops_ns = _best_product(check)
    return Ceiling(threads, flops, flops_ns, 2 * COPY_BYTES, _times_of(_copy(), check))


def _best_product(check: Check) -> tuple[int, tuple[int, ...]]:
    """Of the fastest: its operations, and the times of each call."""
    found: list[tuple[float, int, tuple[int, ...]]] = []
    for make in (_plain, _packed):
        best = 0.0
        for side in SIDES:
            flops = 2 * side**3
            times_ns = _times_of(make(side), check)
            found.append((flops / min(times_ns), flops, times_ns))
            if found[-1][0] < best:
                break  # larger ones are slower still
            best = found[-1][0]
    _, flops, times_ns = max(found)
    return flops, times_ns


def _plain(side: int) -> Call:
    a, b, out = (torch.ones(side, side) for _ in range(3))
    return lambda: torch.mm(a, b, out=out)


def _packed(side: int) -> Call:
    """With one of the two rearranged before, as runtimes do with weights: a tenth faster."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return _plain(side)
    a, b = (torch.ones(side, side).to_mkldnn() for _ in range(2))
    return lambda: torch._C._nn.mkldnn_linear(a, b, None)


def _copy() -> Call:
    source = torch.ones(COPY_BYTES // 4)
    target = torch.empty_like(source)
    return lambda: target.copy_(source)


def _times_of(call: Call, check: Check) -> tuple[int, ...]:
    """Nanoseconds of each call; the first, which claims memory, is left out."""
    times_ns: list[int] = []
    with torch.inference_mode():
        call()
        while len(times_ns) < MIN_TIMES or (
            sum(times_ns) < ENOUGH_S * 1e9 and len(times_ns) < MAX_TIMES
        ):
            check()
            start = time.perf_counter_ns()
            call()
            times_ns.append(time.perf_counter_ns() - start)
    return tuple(times_ns)
