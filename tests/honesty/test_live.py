"""What can be held against the real clock on a busy machine: both sides see the same calls, or CPU
seconds are counted, or the difference is of another order. Faults are planted into the program.

Where the machine is so busy that a test fails all the same, the counters by which the program
judges its blocks must say so: then it is inconclusive.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, wraps
from statistics import median
from types import SimpleNamespace
from typing import Any, ParamSpec

import numpy as np
import pytest
import torch
from torch.utils.benchmark import Timer

from benchmarks.candidates import Candidate, candidate
from benchmarks.engines import load_engine, torch_session
from benchmarks.engines.openvino import OpenVinoSession
from benchmarks.engines.torch_session import TorchSession
from benchmarks.jobs import conversation
from benchmarks.jobs.runner import Runner
from benchmarks.machine import read_counters
from benchmarks.messages import Result
from benchmarks.networks import build
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.protocol import take_turn, watched_turn
from tests.jobs import request, run
from tests.talk import TINY, exported, measure, only, ready_worker

pytestmark = [pytest.mark.alone, pytest.mark.real]
NETWORK = "0.5-160"  # some two milliseconds
MS = 1_000_000
TimedCall = Callable[[], int]
Parameters = ParamSpec("Parameters")


def no_check() -> None: ...


def conclusive(test: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Passes, fails, or is skipped: it may fail only if this process hardly waited for a CPU."""

    @wraps(test)
    def judged(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        before = read_counters()
        try:
            test(*args, **kwargs)
        except AssertionError:
            found = {"waited", "throttled"} & set(disturbances(read_counters().since(before)))
            if not found:
                raise
            pytest.skip(f"inconclusive: this process {' and '.join(sorted(found))}")

    return judged


@dataclass
class Spin:
    """A workload of known time. It notes what each call really took: others may interrupt it."""

    ns: int
    took_ns: list[int] = field(default_factory=list)

    def __call__(self, image: Any = None) -> Any:
        start = time.perf_counter_ns()
        while (now := time.perf_counter_ns()) - start < self.ns:
            pass
        self.took_ns.append(now - start)
        return image


@pytest.mark.parametrize("ms", [2, 20])
@conclusive
def test_a_known_workload_is_timed_within_two_thousandths(ms: int) -> None:
    """Besides three times what Python itself takes to call it, here and now: the machine may be a
    slow one, and others use it. The two ways of calling it take turns.
    """
    spin = Spin(ms * MS)
    batch = torch.zeros(1)
    session = TorchSession(spin, batch)
    off_ns: list[int] = []
    plain_ns: list[int] = []
    for number in range(20):
        block = take_turn(session.time_ns, number, 2, no_check)
        off_ns += [ns - took for ns, took in zip(block.times_ns, spin.took_ns[-2:], strict=True)]
        plain_ns += [call_ns(spin, batch) - spin.took_ns[-1] for _ in range(2)]

    assert 0 <= median(off_ns) <= max(2 * ms * MS // 1000, 3 * median(plain_ns))
    assert median(plain_ns) < 50_000  # or the line above would allow anything


def call_ns(work: Callable[[torch.Tensor], object], batch: torch.Tensor) -> int:
    with torch.inference_mode():
        start = time.perf_counter_ns()
        work(batch)
        return time.perf_counter_ns() - start


@conclusive
def test_counting_what_disturbs_takes_no_time_from_a_call() -> None:
    """Whether the counters are read or not, a call takes what the workload takes."""
    spin = Spin(26 * MS // 10)
    session = TorchSession(spin, torch.zeros(1))
    off: dict[bool, list[float]] = {True: [], False: []}
    for number in range(20):
        for is_watched in (True, False):
            if is_watched:
                block = watched_turn(session.time_ns, number, 4, no_check, read_counters)
            else:
                block = take_turn(session.time_ns, number, 4, no_check)
            took = spin.took_ns[-4:]
            off[is_watched] += [ns / own for ns, own in zip(block.times_ns, took, strict=True)]

    assert abs(median(off[True]) - median(off[False])) <= 0.005


@cache
def session_of(engine: str) -> Any:
    prepared = None if engine == "eager" else exported(NETWORK)
    return load_engine(engine).load(candidate(NETWORK), Scenario(engine=engine), prepared)


@pytest.mark.parametrize("engine", ["eager", "onnxruntime", "openvino"])
@conclusive
def test_pytorchs_own_timer_sees_the_same(engine: str) -> None:
    """It times the harness, so that both see the same interruptions."""
    session = session_of(engine)
    timed: list[int] = []
    timer = Timer("timed.append(time_ns())", globals={"timed": timed, "time_ns": session.time_ns})
    shares = []
    for _ in range(7):
        total_s = timer.timeit(20).raw_times[0]
        shares.append(sum(timed[-20:]) / 1e9 / total_s)

    assert 0.99 <= median(shares) <= 1


def is_timed_to_its_end(time_ns: TimedCall, finish: Callable[[], object]) -> bool:
    """Whether the times of many calls add up to the time until all of them are done."""
    shares = []
    for _ in range(7):
        start = time.perf_counter_ns()
        timed = sum(time_ns() for _ in range(20))
        finish()
        shares.append(timed / (time.perf_counter_ns() - start))
    return median(shares) >= 0.97


@pytest.mark.parametrize("engine", ["eager", "onnxruntime", "openvino"])
@conclusive
def test_a_call_is_timed_to_its_end(engine: str) -> None:
    assert is_timed_to_its_end(session_of(engine).time_ns, no_check)


@conclusive
def test_a_call_that_is_not_waited_for_is_caught() -> None:
    """Planted: OpenVINO is told to begin, and not asked whether it has come to its end."""
    real = session_of("openvino")._request
    faulty = OpenVinoSession(SimpleNamespace(infer=real.start_async))

    def time_ns() -> int:
        real.wait()  # for the call before, or it would refuse
        return faulty.time_ns()

    real.start_async()
    assert not is_timed_to_its_end(time_ns, real.wait)


def answers_for_each_image_alone() -> bool:
    """Whether an image's logits do not depend on who else is in its batch."""
    engine, network = load_engine("eager"), candidate("0.25-64-n10")
    alone, beside = (
        engine.load(network, Scenario(batch=batch), None).logits()[0] for batch in (1, 2)
    )
    return bool(np.allclose(alone, beside, rtol=1e-3, atol=1e-4))


def test_a_network_answers_for_each_image_alone() -> None:
    assert answers_for_each_image_alone()


def test_a_network_left_in_training_mode_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def built_for_training(wanted: Candidate) -> torch.nn.Module:
        return build(wanted).train()

    monkeypatch.setattr(torch_session, "build", built_for_training)

    assert not answers_for_each_image_alone()


@contextmanager
def busy_page() -> Iterator[None]:
    """A thread of this process computes, as a page does that draws, and keeps Python's lock for
    long at a time, so that waiting for it cannot be taken for waiting for a CPU."""
    done, before_s = threading.Event(), sys.getswitchinterval()

    def draw() -> None:
        while not done.is_set():
            pass

    thread = threading.Thread(target=draw)
    sys.setswitchinterval(0.05)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(before_s)


def is_spared_by_a_busy_page(typical_ns: Callable[[], float]) -> bool:
    """The median of short calls: programs that share the CPU interrupt few of them, whereas a
    thread of the same process makes nearly all wait for Python's lock, ten times as long and more.
    """
    calm_ns = typical_ns()
    with busy_page():
        return typical_ns() < 8 * calm_ns


@conclusive
def test_a_busy_page_does_not_slow_what_it_measures() -> None:
    with ready_worker("eager") as worker:

        def typical_ns() -> float:
            found = only(Result, worker.ask(measure(TINY)))[-1].measurement
            return median(ns for block in found.blocks for ns in block.times_ns)

        assert is_spared_by_a_busy_page(typical_ns)


@contextmanager
def one_thread() -> Iterator[None]:
    """As a worker has: several of them wait for one another where other programs use the CPUs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@conclusive
@pytest.mark.slow("times the same in a page and in workers, until they differ")
def test_timing_in_the_page_itself_is_caught() -> None:
    session = load_engine("eager").load(candidate(TINY), Scenario(), None)

    with one_thread():
        assert not is_spared_by_a_busy_page(lambda: median(session.time_ns() for _ in range(7)))


def leaves_the_cpu_to_workers() -> bool:
    """Whether the supervisor sleeps while its workers measure: by CPU seconds."""
    wanted = request(TINY, preset="preview", fresh=True)
    runner = Runner()
    try:
        cpu_s, began = time.process_time(), time.monotonic()
        run(runner, wanted)
        return time.process_time() - cpu_s < 0.15 * (time.monotonic() - began)
    finally:
        runner.close()


@conclusive
def test_whoever_asked_sleeps_while_workers_measure() -> None:
    assert leaves_the_cpu_to_workers()


@conclusive
def test_a_supervisor_that_spins_while_it_waits_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "POLL_WORKER_S", 0.0)

    assert not leaves_the_cpu_to_workers()
