"""How well six MobileNets of like size are known after half a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from benchmarks.api import carry_out, request_for
from benchmarks.engines import ENGINES
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import EFFORTS, LIKE_SIZED
from tests.bench import turns
from tests.bench.figure import Figure, judged
from tests.bench.recommended import soon_prepared
from tests.bench.worth import worth

# Widths whose channels come in eights or nearly: ONNX Runtime takes twice as long for 0.45.
NETWORKS = ("0.5-160", "0.5-144", "0.5-176", "0.625-128", "0.75-112", "0.75-96")
HALF_WIDTH = 0.02
BUDGET_S = 30.0
EFFORT = replace(EFFORTS["standard"], max_workers=1000, half_width=HALF_WIDTH, budget_s=BUDGET_S)
MEANT = ("onnxruntime", "openvino")  # the others report what they reach


def figures(times: int) -> Iterator[Figure]:
    """times: runs an engine."""
    for name, reason in turns.available(NETWORKS, soon_prepared()).items():
        label = ENGINES[name].label
        if reason:
            yield Figure(f"{label}: six of like size", f"not measured: {reason}")
            continue
        for _ in range(times):
            start = time.monotonic()
            request = request_for(NETWORKS, (Scenario(name),), "standard")
            run = carry_out(replace(request, effort=EFFORT), lambda update: None)
            yield from _figures(label, run, time.monotonic() - start, name in MEANT)


def _figures(label: str, run: Run, seconds: float, is_meant: bool) -> Iterator[Figure]:
    anchor, *others = run.measurements
    found = [ratio for row in others if (ratio := row.ratio_to(anchor)) and ratio.interval]
    control = run.controls[0].ratio_to(anchor)
    widths = [one.half_width for one in (*found, control) if one and one.half_width is not None]
    if len(widths) < len(NETWORKS):
        yield Figure(f"{label}: six of like size", f"too little came of it; {worth(run)}")
        return
    is_known = max(widths) <= HALF_WIDTH
    yield Figure(
        f"{label}: six of like size, ratios to the first",
        f"{'all within ± 2 %' if is_known else 'stopped'} after {seconds:.1f} s, "
        f"{anchor.workers} processes; widest ± {100 * max(widths):.1f} %, "
        f"median ± {100 * median(widths):.1f} %",
        f"± 2 % within {BUDGET_S:.0f} s" if is_meant else "",
        judged(is_known and seconds <= BUDGET_S) if is_meant else "",
    )
    differ = [
        one for one in found if one.interval and not one.interval.low <= 1 <= one.interval.high
    ]
    alike = sum(LIKE_SIZED[0] <= one.value <= LIKE_SIZED[1] for one in found)
    yield Figure(
        "  differences found (interval without 1)",
        f"{len(differ)} of {len(found)}, from {min(one.value for one in found):.2f} to "
        f"{max(one.value for one in found):.2f}, {alike} of them of like size; {worth(run)}",
    )
