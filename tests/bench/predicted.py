"""How well a quickly learned latency model predicts networks that it has not seen."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from benchmarks.api import carry_out, request_for
from benchmarks.calibration import calibration_networks, space
from benchmarks.chooser import calibration_request
from benchmarks.engines import ENGINES
from benchmarks.latency_model import LatencyModelError, fit, line_in_mult_adds
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Effort
from mobilenet.config import MobileNetConfig
from tests.bench import turns
from tests.bench.figure import Figure, judged, quantile
from tests.bench.recommended import soon_prepared
from tests.bench.worth import worth

MEANT = ("onnxruntime", "openvino")
HELD_OUT = 48
SIXTEENTH = 16
SEED = 20
MEDIAN_GOAL, TAIL_GOAL, SECONDS_GOAL = 0.05, 0.12, 30.0
TWO_PROCESSES = Effort(2, 2, half_width=0.0, budget_s=0.0)


def held_out(count: int) -> tuple[MobileNetConfig, ...]:
    """Off the paper's grid, by chance; none whose width is a multiple of a sixteenth."""
    known = set(calibration_networks())
    off_grid = [
        one for one in space() if (one.width_multiplier * SIXTEENTH) % 1 and one not in known
    ]
    return tuple(random.Random(SEED).sample(off_grid, count))


def figures(count: int) -> Iterator[Figure]:
    """count: held-out networks an engine."""
    networks = held_out(count)
    engines = turns.available("0.25-128", soon_prepared())
    for name in ("eager", *MEANT):
        label = ENGINES[name].label
        if reason := engines.get(name, "is not installed"):
            yield Figure(label, f"not measured: {reason}")
            continue
        yield from _of_engine(name, label, networks)


def _of_engine(name: str, label: str, networks: Sequence[MobileNetConfig]) -> Iterator[Figure]:
    scenario = Scenario(name)
    with _empty_cache():
        first, first_s = _timed(scenario)
        again, again_s = _timed(scenario)
    request = request_for(networks, (scenario,), "quick")
    run = carry_out(replace(request, effort=TWO_PROCESSES), lambda update: None)
    yield Figure(
        f"{label}: calibrated, nothing exported before / again",
        f"{first_s:.0f} s / {again_s:.0f} s",
        f"{SECONDS_GOAL:.0f} s",
        judged(first_s <= SECONDS_GOAL),
    )
    for what, learned in (("first", first), ("again", again)):
        try:
            model = fit(learned.measurements, scenario)
        except LatencyModelError as error:
            yield Figure(f"  {what} calibration", f"not learned: {error}")
            continue
        rows = {one.candidate.config: one.median_s for one in run.measurements}
        asked = [(config, s) for config, s in rows.items() if config is not None]
        known = [
            (one.candidate.config, one.median_s)
            for one in learned.measurements
            if one.candidate.config is not None
        ]
        line = line_in_mult_adds(known, [config for config, _ in asked])
        ours = [abs(model.predict_s(config) / s - 1) for config, s in asked]
        lines = [abs(by_line / s - 1) for by_line, (_, s) in zip(line, asked, strict=True)]
        off, tail = median(ours), quantile(ours, 0.95)
        yield Figure(
            f"  {len(asked)} held out, {what} calibration: median / 95th percentile",
            f"{100 * off:.1f} % / {100 * tail:.1f} %, at most {100 * max(ours):.0f} %; left out "
            f"{100 * model.error:.1f} %; channels a multiple of {model.kernels.multiple}",
            f"{MEDIAN_GOAL:.0%} / {TAIL_GOAL:.0%}",
            judged(off <= MEDIAN_GOAL and tail <= TAIL_GOAL),
        )
        yield Figure(
            "    a straight line in mult-adds, same data",
            f"{100 * median(lines):.1f} % / {100 * quantile(lines, 0.95):.1f} %",
        )
    yield Figure("  the runs", f"{worth(run)}, {len(run.failures)} failures")


def _timed(scenario: Scenario) -> tuple[Run, float]:
    started = time.monotonic()
    run = carry_out(calibration_request(scenario), lambda update: None)
    return run, time.monotonic() - started


@contextmanager
def _empty_cache() -> Iterator[None]:
    before = os.environ.get(CACHE_VARIABLE)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[CACHE_VARIABLE]
            else:
                os.environ[CACHE_VARIABLE] = before
