"""Ways to run one network, held ready: `python -m tests.bench.sides NETWORK THREADS SIDE ...`.

A side is KIND:ENGINE, such as harness:openvino. Whoever starts this writes the name of one on a
line; that side takes its turn, a settle call and then its block, and the seconds of a typical call
come back on a line.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache
from statistics import fmean, median

from benchmarks.candidates import candidate
from benchmarks.engines import load_engine
from benchmarks.engines.session import Session
from benchmarks.layer_times import NANOSECONDS
from benchmarks.prepared import form_for
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import PLANS, take_turn
from tests.bench.direct import OWN, Own

PLAN = PLANS["standard"]
WARMUP = 20
MATRIX = 1536  # larger ones are computed no faster
MATRIX_FLOP = 2 * MATRIX**3

Turn = Callable[[int], float]  # from a number of calls to the seconds of a typical one
Load = tuple[str, str, int]  # engine, network, threads


def harness(load: Load) -> Turn:
    """As a worker of a run does it."""
    return _watched(_session(load))


def direct(load: Load) -> Turn:
    """A plain loop over the engine's own call."""
    return looped(_own(load).call)


# The following time one and the same network, so that they differ by their clocks alone.


def session(load: Load) -> Turn:
    """The harness's clock."""
    found = _clocked(load).session
    assert found is not None
    return _watched(found)


def loop(load: Load) -> Turn:
    return looped(_clocked(load).call)


def timer(load: Load) -> Turn:
    """torch.utils.benchmark.Timer. It reads its clock once a block: what it gives is a mean."""
    from torch.utils.benchmark import Timer

    own = Timer("call()", globals={"call": _clocked(load).call}, num_threads=load[2])
    return lambda calls: float(own.timeit(calls).mean)  # warms up by itself


def mean(load: Load) -> Turn:
    """The harness's clock once more, its times summed up as the Timer does."""
    found = _clocked(load).session
    assert found is not None

    def turn(calls: int) -> float:
        found.time_ns()
        found.time_ns()  # as the Timer does
        return fmean(found.time_ns() for _ in range(calls)) * NANOSECONDS

    return turn


def benchmark(load: Load) -> Turn:
    """The runtime's own benchmark and its clock."""
    own = _clocked(load)
    assert own.benchmark is not None

    def turn(calls: int) -> float:
        own.call()
        assert own.benchmark is not None
        return median(own.benchmark(calls))

    return turn


def matmul(load: Load) -> Turn:
    """A product of two square matrices, float32: the most that this machine computes."""
    import torch

    torch.set_num_threads(load[2])
    a, b, out = (torch.rand(MATRIX, MATRIX) for _ in range(3))
    return looped(lambda: torch.mm(a, b, out=out))


KINDS = {
    kind.__name__: kind for kind in (harness, direct, session, mean, loop, timer, benchmark, matmul)
}


def looped(call: Callable[[], object]) -> Turn:
    def turn(calls: int) -> float:
        call()  # the first call after a switch is slower
        times = []
        for _ in range(calls):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return median(times)

    return turn


def _watched(session: Session) -> Turn:
    return lambda calls: take_turn(session.time_ns, 0, calls, lambda: None).median_s


@cache
def _own(load: Load) -> Own:
    engine, network, threads = load
    return OWN[engine](candidate(network), threads)


def _clocked(load: Load) -> Own:
    """The engine's own call; where none is known that the harness can time, the harness's."""
    if load[0] in OWN and (own := _own(load)).session is not None:
        return own
    session = _session(load)
    return Own(session.time_ns, session)


@cache
def _session(load: Load) -> Session:
    engine, network, threads = load
    scenario = Scenario(engine=engine, threads=threads)
    form = form_for(candidate(network), scenario)
    return load_engine(engine).load(candidate(network), scenario, form and form.folder())


def main(network: str, threads: int, names: list[str]) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    turns = {}
    for name in names:
        kind, _, engine = name.partition(":")
        turns[name] = KINDS[kind]((engine, network, threads))
    warm_s = {name: turn(WARMUP) for name, turn in turns.items()}
    calls = PLAN.calls_per_block(min(warm_s.values()))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(turns[line.strip()](calls), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
