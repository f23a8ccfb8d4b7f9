"""Memory on top of times: found out afterwards, and where that fails the times stay."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.candidates import candidate
from benchmarks.jobs import request as request_module
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.jobs.weighing import smallest
from benchmarks.messages import Progress, Task
from benchmarks.scenarios import Scenario, ScenarioError
from tests.fake_worker import FLOOR_BYTES, FakeMachine
from tests.jobs import request, run
from tests.talk import TINY
from tests.wording import Wording

OTHER = "0.25-64-n10"


@pytest.fixture
def runner(fake_machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """On a system that keeps a process's peak, as Linux does."""
    monkeypatch.setattr(request_module, "can_measure_peak", lambda: True)
    runner = Runner()
    yield runner
    runner.close()


def wanted(*networks: str, engine: str = "eager") -> Request:
    timed = request(*networks, engines=(engine,), fresh=True, quality="measured")
    return replace(timed, memory=True)


def is_weighing(update: Update) -> bool:
    return isinstance(update, Progress) and update.phase.startswith("Weighing")


def test_each_network_gets_its_memory_beside_its_times(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    done = run(runner, wanted("1.0-32", TINY, engine="onnxruntime"))

    assert done.failures == ()
    for row in done.measurements:
        assert row.median_s > 0
        assert row.memory is not None
        assert row.memory.floor_bytes == FLOOR_BYTES
        assert row.memory_bytes == row.candidate.size_bytes + 1_000_000
    weighed = [one.commands for one in fake_machine.workers if "weigh" in one.commands]
    assert weighed == [["weigh"], ["weigh"]]  # each in a worker that does nothing else


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


@pytest.mark.parametrize("how", ["declines", "dies_of"])
def test_where_memory_cannot_be_measured_it_says_so_and_the_times_stay(
    runner: Runner, fake_machine: FakeMachine, how: str, wording: Wording
) -> None:
    getattr(fake_machine, how)["weigh"] = "no peak is kept"

    done = run(runner, wanted(TINY))

    (found,) = done.measurements
    (failure,) = done.failures
    assert (found.quality, found.memory, found.energy) == ("measured", None, None)
    assert failure.candidate == found.candidate
    wording(failure.reason)


def test_a_run_that_is_stopped_while_it_weighs_keeps_its_times(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("weigh")
    stop = threading.Event()

    def listen(update: Update) -> None:
        if is_weighing(update):
            stop.set()

    done = run(runner, wanted(TINY, OTHER), listen, stop)

    assert done.cancelled
    assert done.failures == ()
    assert [(found.quality, found.memory) for found in done.measurements] == [
        ("measured", None),
        ("measured", None),
    ]


def test_a_system_that_keeps_no_peak_is_told_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setattr(request_module, "can_measure_peak", lambda: False)

    with pytest.raises(ScenarioError) as refused:
        replace(request(), memory=True)
    wording(refused.value)


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
