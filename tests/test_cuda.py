"""PyTorch on an accelerator: timed by the host's clock and by its own, and it computes the same."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from statistics import median

import pytest

from benchmarks.loading import MAX_OUTPUT_ERROR
from benchmarks.messages import Dissect, Dissected, Done, Failed, Measure, Result
from benchmarks.results import Measurement
from benchmarks.scenarios import Precision, Scenario
from benchmarks.timing.contamination import disturbances
from mobilenet.cost import cost
from tests.talk import ROOT, TINY, Worker, measure, only, ready_worker

pytestmark = pytest.mark.real
ENGINES = ("eager", "channels_last", "compiled")
OPEN = """
import time
from benchmarks.candidates import candidate
from benchmarks.engines import load_engine
from benchmarks.engines.session import EngineError
from benchmarks.scenarios import Scenario
def session(key, engine="eager", device="cuda", **how):
    scenario = Scenario(engine=engine, device=device, **how)
    return load_engine(engine).load(candidate(key), scenario, None)
"""
COMPARE = (
    OPEN
    + """
import numpy as np
for engine in ("eager", "channels_last", "compiled"):
    for key in ("0.5-96", "0.25-64-full", "resnet18"):
        here = session(key, device="cpu", batch=2).logits()
        there = session(key, engine, batch=2)
        assert np.abs(here - there.wanted).max() < 1e-5 * here.std()  # it is compared with this
        print(float(np.abs(here - there.logits()).max() / here.std()))
"""
)
BOTH_CLOCKS = (
    OPEN
    + """
found = session("1.0-224", batch=64)
for _ in range(5):
    found.time_ns()
start = time.perf_counter_ns()
both = [(found.time_ns(), found.clock()) for _ in range(20)]
elapsed_ns = time.perf_counter_ns() - start
print(sum(host for host, _ in both) / elapsed_ns, sum(device for _, device in both) / elapsed_ns)
"""
)
QUEUED = (
    OPEN
    + """
import torch
found = session("0.25-128")
for _ in range(50):
    found.time_ns()
typical = sorted(found.time_ns() for _ in range(50))[25]
torch.cuda._sleep(10**9)  # half a second of work that nobody has waited for
print(found.time_ns() / typical, found.clock() / typical)
"""
)
LAYOUTS = (
    OPEN
    + """
import torch
for engine in ("eager", "channels_last"):
    found = session("0.5-96", engine, batch=2)
    model, batch = found._call, found._batch
    layout = torch.channels_last if engine == "channels_last" else torch.contiguous_format
    images = [batch, *(one for one in model.parameters() if one.dim() == 4 and one.shape[1] > 1)]
    print(all(one.is_contiguous(memory_format=layout) and one.is_cuda for one in images))
"""
)
SWITCHES = (
    OPEN
    + """
import torch
session("0.25-32-n10")
print(torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32)
print(torch.backends.cudnn.benchmark)
"""
)
TOO_LARGE = (
    OPEN
    + """
import torch
total = torch.cuda.get_device_properties(0).total_memory
torch.cuda.set_per_process_memory_fraction(100e6 / total)  # the activations alone take 400 MB
for batch in (64, 1):
    try:
        session("1.0-224", batch=batch).time_ns()
        print("fits", "-")
    except EngineError as error:
        print(type(error).__name__, "smaller-batch" if "a smaller batch" in str(error) else error)
"""
)
WATCH = (
    OPEN
    + """
from statistics import median
from benchmarks import gpu
found = session("0.5-160")
found.time_ns()
watch = gpu.watch(found.accelerator.uuid)
if watch is None:
    print("unknown")
else:
    watch()
    took = []
    for _ in range(50):
        found.time_ns()
        start = time.perf_counter()
        state = watch()
        took.append(time.perf_counter() - start)
    print(state.sm_mhz, state.reasons, state.others, median(took))
"""
)


def answer_of(code: str) -> list[str]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@lru_cache(maxsize=1)
def devices() -> list[str]:
    """Found out in a process of its own: tests that need no accelerator need no torch for this."""
    return answer_of("from benchmarks.engines.eager import engine; print(*engine().devices())")


@pytest.fixture(scope="module", autouse=True)
def _cuda() -> None:
    drivers = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # NVIDIA's, AMD's, Windows' under Linux
    is_none = sys.platform == "linux" and not any(Path(one).exists() for one in drivers)
    if is_none or "cuda" not in devices():
        pytest.skip("torch finds no accelerator called 'cuda' here")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with ready_worker("eager") as worker:
        yield worker


def on_cuda(
    *networks: str, batch: int = 1, engine: str = "eager", precision: Precision = "float32"
) -> Measure:
    command = measure(*networks, batch=batch)
    scenario = Scenario(engine=engine, device="cuda", precision=precision, batch=batch)
    tasks = tuple(replace(task, scenario=scenario) for task in command.tasks)
    return replace(command, tasks=tasks)


def measured(worker: Worker, command: Measure) -> list[Measurement]:
    """The last word on each network; none failed."""
    events = worker.ask(command)
    assert only(Failed, events) == []
    assert events[-1] == Done()
    return [event.measurement for event in only(Result, events)[-len(command.tasks) :]]


def test_networks_are_timed_on_the_accelerator(worker: Worker) -> None:
    finals = measured(worker, on_cuda(TINY, "0.5-160"))

    assert {final.scenario.device for final in finals} == {"cuda"}
    assert all(1e-6 < final.median_s < 1 for final in finals)


@pytest.mark.parametrize("engine", ["eager", "channels_last"])
def test_layers_are_waited_for_one_by_one(worker: Worker, engine: str) -> None:
    (task,) = on_cuda(TINY, engine=engine).tasks

    (found,) = only(Dissected, worker.ask(Dissect("a run", task)))

    times, config = found.layer_times, task.candidate.config
    assert config is not None
    assert [one.layer for one in times.layers] == [layer.name for layer in cost(config).layers]
    assert min(min(one.times_ns) for one in times.layers) > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_the_host_never_waits_for_less_than_the_device_takes(worker: Worker, engine: str) -> None:
    for final in measured(worker, on_cuda(TINY, "0.5-160", engine=engine)):
        assert final.device_median_s is not None
        for block in final.blocks:
            assert block.device_ns is not None
            assert len(block.device_ns) == len(block.times_ns)
            for host_ns, device_ns in zip(block.times_ns, block.device_ns, strict=True):
                assert 0 < device_ns <= host_ns + 1000  # the device's clock has steps of 500 ns


def test_the_clocks_agree_with_the_time_that_passed_where_the_device_is_what_takes_time() -> None:
    host, device = map(float, answer_of(BOTH_CLOCKS))

    assert 0.9 < host <= 1
    assert 0.8 < device <= host


def test_work_from_before_is_in_neither_time() -> None:
    host, device = map(float, answer_of(QUEUED))

    assert host < 20  # it would be in the hundreds
    assert device < 20


def test_both_devices_and_both_layouts_compute_the_same_in_float32() -> None:
    errors = [float(line) for line in answer_of(COMPARE)]

    assert len(errors) == 9
    assert max(errors) < 1e-4  # with TensorFloat-32, torch's default for convolutions, about 1e-3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precisions_run_and_are_compared_with_eager_float32(
    worker: Worker, engine: str, precision: Precision
) -> None:
    events = worker.ask(on_cuda("0.5-160", engine=engine, precision=precision))

    refusals = [failed.failure.reason for failed in only(Failed, events)]
    if precision == "bfloat16" and refusals and "no instructions" in refusals[0]:
        pytest.skip("this GPU has no instructions for bfloat16, and says so")
    assert refusals == []
    error = only(Result, events)[-1].measurement.output_error
    assert error is not None
    # Less would be float32 under another name.
    assert MAX_OUTPUT_ERROR["float32"] < error <= MAX_OUTPUT_ERROR[precision]


def test_weights_and_images_lie_on_the_device_in_the_layout_of_the_engine() -> None:
    assert answer_of(LAYOUTS) == ["True", "True"]


def test_nothing_is_rounded_in_secret_and_no_kernel_is_picked_by_timing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1")  # as some containers do

    assert answer_of(SWITCHES) == ["False"] * 3


def test_a_batch_that_does_not_fit_says_so_and_the_next_network_still_runs() -> None:
    assert answer_of(TOO_LARGE) == ["OutOfMemory", "smaller-batch", "fits", "-"]


def test_what_holds_the_gpu_back_is_read_in_much_less_than_a_turn() -> None:
    answer = answer_of(WATCH)
    if answer == ["unknown"]:
        pytest.skip("NVML does not know this GPU by its name: AMD's, or a part of one (MIG)")
    clock, reasons, others, took_s = answer

    assert reasons != "None"
    assert int(reasons) >= 0
    assert clock == "None" or 100 < int(clock) < 5000
    assert others == "None" or int(others) >= 0  # None: in a container that hides who is there
    assert float(took_s) < 0.002  # of turns that last 5 ms and more


def test_every_turn_carries_what_held_the_gpu_back(worker: Worker) -> None:
    (final,) = measured(worker, on_cuda("0.5-160"))

    signals = [block.signals for block in final.blocks]
    if all(one is not None and one.gpu is None for one in signals):
        pytest.skip("NVML does not know this GPU by its name: AMD's, or a part of one (MIG)")
    for one in signals:
        assert one is not None
        assert one.gpu is not None
        assert one.gpu.reasons is not None
    clocks = [one.gpu.mhz_after for one in signals if one and one.gpu and one.gpu.mhz_after]
    held = sum(bool(disturbances(one)) for one in signals)
    print(f"clock {median(clocks) if clocks else '?'} MHz, {held} of {len(signals)} disturbed")
