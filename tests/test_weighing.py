"""Memory on top of times: found out afterwards, and where that fails the times stay."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.candidates import candidate
from benchmarks.jobs import request as request_module
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.jobs.weighing import smallest
from benchmarks.messages import Progress, Task
from benchmarks.scenarios import Scenario, ScenarioError
from tests.jobs import request, run, workers
from tests.talk import TINY, exported

OTHER = "0.25-64-n10"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """Its warm worker exports the small network once."""
    runner = Runner()
    yield runner
    runner.close()


def wanted(*networks: str, engine: str = "onnxruntime") -> Request:
    for network in networks:
        exported(network)
    asked = request(*networks, engines=(engine,), fresh=True, quality="measured")
    return replace(asked, memory=True)


def is_weighing(update: Update) -> bool:
    return isinstance(update, Progress) and update.phase.startswith("Weighing")


def test_each_network_gets_its_memory_beside_its_times(runner: Runner) -> None:
    done = run(runner, wanted("1.0-32", TINY))

    large, tiny = done.measurements
    assert done.failures == ()
    assert large.memory_bytes is not None
    assert tiny.memory_bytes is not None
    assert large.candidate.size_bytes < large.memory_bytes < 10 * large.candidate.size_bytes
    assert tiny.memory_bytes < large.memory_bytes / 4
    assert large.median_s > 0


def test_in_pytorch_the_runtime_is_not_counted_either(runner: Runner) -> None:
    (found,) = run(runner, wanted("1.0-32", engine="eager")).measurements

    assert found.memory is not None
    assert found.memory.floor_bytes > 5 * found.candidate.size_bytes
    assert found.candidate.size_bytes < found.memory.needed_bytes < 3 * found.candidate.size_bytes


def test_nobody_asked_nobody_weighs(runner: Runner) -> None:
    told: list[Update] = []

    done = run(runner, replace(wanted(TINY), memory=False), told.append)

    assert done.measurements[0].memory is None
    assert not any(map(is_weighing, told))


def test_weighing_is_told_as_the_last_part_of_the_whole(runner: Runner) -> None:
    told: list[Update] = []

    run(runner, wanted(TINY, OTHER), told.append)

    progress = [update for update in told if isinstance(update, Progress)]
    weighing = [step.phase for step in progress if is_weighing(step)]
    fractions = [step.fraction for step in progress]
    assert weighing == ["Weighing 0.25-32 (10 classes)", "Weighing 0.25-64 (10 classes)"]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1
    assert all(step.remaining_s is None for step in progress if not is_weighing(step))


NO_RESET = """
from pathlib import Path
original = Path.write_text
def refusing(self, *rest, **named):
    if str(self) == "/proc/self/clear_refs":
        raise PermissionError(13, "Permission denied")
    return original(self, *rest, **named)
Path.write_text = refusing
"""


def test_where_the_peak_cannot_be_reset_it_says_so_and_the_times_stay(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(NO_RESET)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    done = run(runner, wanted(TINY))

    (found,) = done.measurements
    (failure,) = done.failures
    assert (found.quality, found.memory, found.energy) == ("measured", None, None)
    assert failure.candidate == found.candidate
    assert failure.reason.startswith("memory could not be measured: this system keeps no peak")
    assert "clear_refs" in failure.reason


def test_a_worker_that_dies_while_it_weighs_costs_its_memory_and_no_time(runner: Runner) -> None:
    """In PyTorch, which takes its time to load."""
    before = workers()

    def listen(update: Update) -> None:
        if is_weighing(update):
            for worker in workers():
                if worker not in before:
                    worker.kill()

    done = run(runner, wanted(TINY, engine="eager"), listen)

    (found,) = done.measurements
    (failure,) = done.failures
    assert (found.quality, found.memory) == ("measured", None)
    assert "memory could not be measured: the worker process was ended by SIGKILL" in failure.reason


def test_a_run_that_is_stopped_while_it_weighs_keeps_its_times(runner: Runner) -> None:
    stop = threading.Event()

    def listen(update: Update) -> None:
        if is_weighing(update):
            stop.set()

    done = run(runner, wanted(TINY, OTHER), listen, stop)

    assert done.cancelled
    assert [found.quality for found in done.measurements] == ["measured", "measured"]
    assert done.measurements[1].memory is None


def test_a_system_that_keeps_no_peak_is_told_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_module, "can_measure_peak", lambda: False)

    with pytest.raises(ScenarioError, match="Leave memory out"):
        replace(request(), memory=True)


@pytest.mark.parametrize(
    ("network", "engine", "wants_reference"),
    [
        ("0.5-160", "eager", False),
        ("resnet18", "eager", True),
        ("resnet18", "channels_last", True),
        ("resnet18", "onnxruntime", False),
    ],
)
def test_torchvision_is_in_the_floor_where_it_builds_the_network(
    network: str, engine: str, wants_reference: bool
) -> None:
    small = smallest(Task(candidate(network), Scenario(engine=engine)))

    assert (small.reference is not None) == wants_reference
    assert small.size_bytes < 6_000_000
