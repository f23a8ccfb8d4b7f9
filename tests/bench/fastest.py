"""1.0-224 as fast as it gets here in float32, beside the bare runtimes, timm and a matrix product.

Whoever calls a runtime directly has no more than this: the harness may cost 1 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import benchmarks as bench
from benchmarks.candidates import candidate
from benchmarks.engines import ENGINES
from benchmarks.machine import read_machine
from tests.bench import turns
from tests.bench.direct import OWN
from tests.bench.figure import Figure, at_most
from tests.bench.findings import more, ratio_over_processes, times_as_long
from tests.bench.recommended import ranked
from tests.bench.sides import MATRIX, MATRIX_FLOP
from tests.bench.worth import worth

NETWORK = "1.0-224"
FLOP = 2 * candidate(NETWORK).mult_adds
RUNTIMES = {
    "openvino": "OpenVINO",
    "onnxruntime": "ONNX Runtime",
    "executorch": "ExecuTorch",
}
HARNESS = 1.01
OF_TIMM = 0.5
Rounds = list[dict[str, float]]


def figures(times: int) -> Iterator[Figure]:
    """times: sets of processes."""
    for threads in dict.fromkeys((1, read_machine().usable_cpus)):
        yield from _with(threads, times)


def _with(threads: int, times: int) -> Iterator[Figure]:
    on = f"{threads} thread{'s' if threads > 1 else ''}"
    engines = turns.available(NETWORK, threads=threads)
    for name, reason in engines.items():
        if reason:
            yield Figure(f"{on}: {ENGINES[name].label}", f"not measured: {reason}")
    run = bench.measure(
        NETWORK, engines=[name for name, reason in engines.items() if not reason], threads=threads
    )
    best, *_ = ranked(NETWORK, run)
    name, label = best.scenario.engine, ENGINES[best.scenario.engine].label
    yield Figure(f"{on}: fastest engine", f"{label}, {1000 * best.median_s:.2f} ms; {worth(run)}")

    ours = f"harness:{name}"
    if name in OWN:
        sides = (ours, f"direct:{name}")
        ratio = turns.ratio([turns.rounds(NETWORK, threads, sides) for _ in range(times)], *sides)
        what = f"{on}: {label} by the harness over called directly"
        yield Figure(what, more(ratio), "+1 % at most", at_most(HARNESS, ratio.interval))

    others = [f"direct:{other}" for other in (*RUNTIMES, "timm") if other != name]
    reasons = {side: turns.fails(NETWORK, threads, side) for side in others}
    there = [side for side in others if reasons[side] is None]
    sets = [
        turns.rounds(NETWORK, threads, (ours, "matmul", *there), apart=True) for _ in range(times)
    ]
    for side in others:
        yield _beside(on, label, ours, side, reasons[side], sets)
    yield _share(on, ours, sets)


def _beside(
    on: str, label: str, ours: str, side: str, reason: str | None, sets: list[Rounds]
) -> Figure:
    is_timm = side == "direct:timm"
    limit = OF_TIMM if is_timm else HARNESS
    other = RUNTIMES.get(side.partition(":")[2], "timm's mobilenetv1_100, eager")
    what = f"{on}: {label} by the harness over {other}"
    if reason is not None:
        return Figure(what, f"not measured: {reason}")
    ratio = turns.ratio(sets, ours, side)
    return Figure(what, times_as_long(ratio), f"{limit:g} at most", at_most(limit, ratio.interval))


def _share(on: str, ours: str, sets: list[Rounds]) -> Figure:
    """Of the rate at which the machine multiplied matrices, round by round."""
    logs = [
        [math.log(one["matmul"] / MATRIX_FLOP * FLOP / one[ours]) for one in of_set]
        for of_set in sets
    ]
    peak = max(MATRIX_FLOP / one["matmul"] for of_set in sets for one in of_set)
    return Figure(
        f"{on}: arithmetic a second, share of a {MATRIX}² product's",
        f"{times_as_long(ratio_over_processes(logs))}; that is {peak / 1e9:.0f} GFLOP/s at best",
    )
