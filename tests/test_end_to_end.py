"""A few measurements by real workers; all else of jobs is tested with fakes."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.jobs.learning import Training
from benchmarks.jobs.manager import JobManager
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.results import Measurement
from benchmarks.timing.protocol import EFFORTS, PLANS
from benchmarks.training.order import Order
from mobilenet.tasks.recipe import Recipe
from tests.builders import undisturbed
from tests.jobs import LONG, MANY, machine_is_free, names, request, run, workers
from tests.talk import TINY
from tests.waiting import LIMIT_S
from tests.wording import Wording

pytestmark = pytest.mark.real
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """Its warm worker imports PyTorch once for all tests."""
    runner = Runner()
    yield runner
    runner.close()


def with_memory(*networks: str, engine: str) -> Request:
    timed = request(*networks, engines=(engine,), fresh=True, quality="measured")
    return replace(timed, memory=True)


@pytest.mark.parametrize("engine", ["eager", "channels_last", "onnxruntime", "openvino"])
def test_an_engine_times_a_network(runner: Runner, engine: str) -> None:
    done = run(runner, request(engines=(engine,)))

    assert (done.failures, done.cancelled) == ((), False)
    assert names(done) == [(engine, TINY)]
    (row,) = done.measurements
    assert row.quality == "preliminary"
    assert [block.round for block in row.blocks] == list(range(PLANS["preview"].rounds))
    assert 1e-6 < row.median_s < 5
    assert machine_is_free()


def test_a_proper_measurement_comes_from_several_workers_that_are_gone_afterwards(
    runner: Runner,
) -> None:
    run(runner, request(engines=("onnxruntime",)))  # so that it is exported
    before = workers()
    wanted = request(engines=("onnxruntime",), preset="quick", quality="measured", fresh=True)

    done = run(runner, wanted)

    assert done.failures == ()
    (row,), (control,) = done.measurements, done.controls
    assert (row.quality, row.workers) == ("measured", EFFORTS["quick"].min_workers)
    ratio = undisturbed(row).ratio_to(undisturbed(control))
    assert ratio is not None
    assert ratio.workers == EFFORTS["quick"].min_workers
    for block in row.blocks:
        assert block.signals is not None
        assert block.signals.wall_ns >= block.settle_ns + sum(block.times_ns)
    assert done.conditions.others_cpus is not None
    assert set(workers()) <= set(before)


@posix
def test_a_worker_that_the_system_kills_is_a_failure_and_the_next_one_works(
    runner: Runner, wording: Wording
) -> None:
    run(runner, request(engines=("onnxruntime",)))  # so that it is exported
    before = workers()

    def kill(update: Update) -> None:
        if isinstance(update, Measurement):
            for one in workers():
                if one not in before:
                    one.send_signal(signal.SIGKILL)

    failed = run(runner, request(engines=("onnxruntime",), preset=LONG), kill)
    done = run(runner, request(engines=("onnxruntime",)))

    (failure,) = failed.failures
    wording(failure.reason)
    assert {row.quality for row in failed.measurements} == {"preview"}
    assert (names(done), done.failures) == ([("onnxruntime", TINY)], ())


def test_a_cancel_is_obeyed_between_two_inferences(runner: Runner) -> None:
    stop = threading.Event()

    def listen(update: Update) -> None:
        if isinstance(update, Measurement):
            stop.set()
            runner.poke()

    done = run(runner, request(*MANY, preset=LONG), listen, stop)

    assert done.cancelled
    assert {row.quality for row in done.measurements} == {"preview"}


def test_a_runtime_that_cannot_be_imported_is_a_failure_in_its_own_words(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "openvino.py").write_text("raise ImportError('this installation is broken')")
    run(runner, request())  # the warm worker has started before
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    done = run(runner, request(engines=("openvino", "eager")))

    (failure,) = done.failures
    assert failure.reason.endswith("ImportError: this installation is broken")
    assert names(done) == [("eager", TINY)]


@linux
def test_the_runtime_is_no_part_of_the_memory_that_a_network_takes(runner: Runner) -> None:
    (found,) = run(runner, with_memory("1.0-32", engine="eager")).measurements

    size_bytes = found.candidate.size_bytes
    assert found.memory is not None
    assert found.memory.floor_bytes > 5 * size_bytes
    assert size_bytes < found.memory.needed_bytes < 3 * size_bytes


@linux
@pytest.mark.slow("exports two networks")
def test_a_runtime_that_loads_files_takes_memory_by_the_size_of_the_network(
    runner: Runner,
) -> None:
    large, tiny = run(
        runner, with_memory("0.25-32-full-n10", TINY, engine="onnxruntime")
    ).measurements

    assert large.memory_bytes is not None
    assert tiny.memory_bytes is not None
    assert large.candidate.size_bytes < large.memory_bytes < 10 * large.candidate.size_bytes
    assert tiny.memory_bytes < large.memory_bytes / 4


@pytest.mark.slow("starts another worker with PyTorch; test_fake_worker.py trains in one it has")
def test_a_network_is_trained_in_the_queue(tmp_path: Path) -> None:
    order = Order(0.05, 32, "digits", str(tmp_path / "run"), Recipe(epochs=1, batch=128))
    manager = JobManager(Runner())

    done = manager.wait_for(manager.submit(Training("Train", (order,), 1)), LIMIT_S)
    manager.close()

    assert (done.state, done.problem) == ("done", None)
    assert order.weights.stat().st_size > 10_000
