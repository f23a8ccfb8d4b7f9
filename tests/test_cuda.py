"""Eager PyTorch on an accelerator: timed by the device's own clock, and it computes the same."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import pytest

from benchmarks.messages import Done, Measure, Result
from benchmarks.results import Scenario
from tests.talk import ROOT, TINY, Worker, measure, only, ready_worker

COMPARE = """
import numpy as np
from pathlib import Path
from benchmarks.candidates import candidate
from benchmarks.engines.eager import engine
from benchmarks.results import Scenario
for key in ("0.5-96", "0.25-64-full", "resnet18"):
    here, there = (
        engine().load(candidate(key), Scenario(device=device, batch=2), None).logits()
        for device in ("cpu", "cuda")
    )
    print(float(np.abs(here - there).max() / here.std()))
"""
ELAPSED = """
import time
from benchmarks.candidates import candidate
from benchmarks.engines.eager import engine
from benchmarks.results import Scenario
session = engine().load(candidate("1.0-224"), Scenario(device="cuda", batch=64), None)
for _ in range(5):
    session.time_ns()
start = time.perf_counter_ns()
timed = [session.time_ns() for _ in range(20)]
print(sum(timed) / (time.perf_counter_ns() - start))
"""


def answer_of(code: str) -> list[str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@lru_cache(maxsize=1)
def devices() -> list[str]:
    """Found out in a process of its own: tests that need no accelerator need no torch for this."""
    return answer_of("from benchmarks.engines.eager import engine; print(*engine().devices())")


@pytest.fixture(scope="module", autouse=True)
def _cuda() -> None:
    if "cuda" not in devices():
        pytest.skip("torch finds no accelerator called 'cuda' here")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with ready_worker("eager") as worker:
        yield worker


def on_cuda(*networks: str, batch: int = 1) -> Measure:
    command = measure(*networks, batch=batch)
    scenario = Scenario(device="cuda", batch=batch)
    tasks = tuple(replace(task, scenario=scenario) for task in command.tasks)
    return replace(command, tasks=tasks)


def test_networks_are_timed_on_the_accelerator(worker: Worker) -> None:
    events = worker.ask(on_cuda(TINY, "0.5-160"))

    finals = [event.measurement for event in only(Result, events)[-2:]]
    assert events[-1] == Done()
    assert {final.scenario.device for final in finals} == {"cuda"}
    assert all(1e-6 < final.median_s < 1 for final in finals)


def test_both_devices_compute_the_same_in_float32() -> None:
    errors = [float(line) for line in answer_of(COMPARE)]

    assert len(errors) == 3
    assert max(errors) < 1e-4  # with TensorFloat-32, torch's default for convolutions, about 1e-3


def test_the_devices_clock_agrees_with_the_hosts_where_the_device_is_what_takes_time() -> None:
    (share,) = answer_of(ELAPSED)

    assert 0.8 < float(share) <= 1.01
