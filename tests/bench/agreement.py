"""Whether others' clocks say the same: torch's Timer, a plain loop, OpenVINO's benchmark_app.

In one process clocks take turns on one and the same network, so that nothing but they can differ.
benchmark_app as people start it has a process of its own, and two processes run one network at
speeds some percent apart: how far stands beside it, and the lines above show what is the clocks'.
OpenVINO reads its clock within the call, so ours sees the way from Python and back as well.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from statistics import median, stdev

from benchmarks.api import carry_out, request_for
from benchmarks.engines import ENGINES
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import EFFORTS
from tests.bench import benchmark_app, turns
from tests.bench.figure import Figure, within
from tests.bench.findings import more, ratio_over_processes

NETWORKS = ("1.0-224", "0.25-128")
GOAL = 0.01
# Of the others' clocks and ours, by the kind of side: like with like, means with means.
PAIRS = (
    ("mean", "timer", "torch's Timer, means"),
    ("session", "loop", "a plain loop"),
    ("session", "benchmark", "benchmark_app's loop"),
)
HAVE_BENCHMARK = ("openvino",)
ONE_PROCESS = replace(EFFORTS["standard"], min_workers=1, max_workers=1)


def figures(times: int) -> Iterator[Figure]:
    """times: processes an engine, and pairs of processes with benchmark_app."""
    engines = turns.available(NETWORKS)
    for network in NETWORKS:
        for name, reason in engines.items():
            if reason:
                yield Figure(f"{network}, {ENGINES[name].label}", f"not measured: {reason}")
            else:
                yield from _in_one_process(network, name, times)
        if not engines["openvino"]:
            yield _over_benchmark_app(network, times)


def _in_one_process(network: str, engine: str, times: int) -> Iterator[Figure]:
    pairs = [
        (f"{ours}:{engine}", f"{theirs}:{engine}", name)
        for ours, theirs, name in PAIRS
        if theirs != "benchmark" or engine in HAVE_BENCHMARK
    ]
    sides = list(dict.fromkeys(side for *both, _ in pairs for side in both))
    sets = [turns.rounds(network, 1, sides) for _ in range(times)]
    for ours, side, name in pairs:
        ratio = turns.ratio(sets, ours, side)
        apart_s = median(one[ours] - one[side] for of_set in sets for one in of_set)
        yield Figure(
            f"{network}, {ENGINES[engine].label}: our clock over {name}",
            f"{more(ratio)}, {1e6 * apart_s:+.1f} µs",
            "within 1 %",
            within(GOAL, ratio.interval),
        )


def _over_benchmark_app(network: str, times: int) -> Figure:
    """Pairs of fresh processes, one after the other in random order."""
    sides = (_worker_s, _benchmark_app_s)
    pairs = [{side: side(network) for side in random.sample(sides, 2)} for _ in range(times)]
    logs = {side: [math.log(pair[side]) for pair in pairs] for side in sides}
    ours, theirs = logs.values()
    ratio = ratio_over_processes([[a - b] for a, b in zip(ours, theirs, strict=True)])
    spread = " and ".join(f"{100 * stdev(own):.1f} %" for own in (ours, theirs) if times > 1)
    return Figure(
        f"{network}, OpenVINO: a worker over benchmark_app",
        f"{more(ratio, 'pairs of processes')}; "
        f"processes of each differ among themselves by {spread or 'an unknown amount'}",
        "within 1 %",
        within(GOAL, ratio.interval),
    )


def _worker_s(network: str) -> float:
    request = request_for([network], (Scenario("openvino"),), "standard")
    run = carry_out(replace(request, effort=ONE_PROCESS), lambda update: None)
    return run.measurements[0].median_s


def _benchmark_app_s(network: str) -> float:
    return benchmark_app.latency_s(network, 1)
