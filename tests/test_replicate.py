"""Proper measurements: fresh processes that take turns, a control, and what is kept of failures."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from benchmarks.jobs.replicate import MAX_EXTRA, RETRIES
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.messages import Progress
from benchmarks.results import Measurement, Run
from benchmarks.timing.contamination import disturbances
from benchmarks.timing.protocol import EFFORTS, PLANS
from tests.builders import undisturbed
from tests.fake_worker import FakeMachine, installed
from tests.jobs import machine_is_free, names, request, run
from tests.talk import TINY

OTHER = "0.25-64-n10"
ENGINES = ("onnxruntime", "openvino")
WORKERS, ROUNDS = EFFORTS["quick"].min_workers, PLANS["quick"].max_rounds


@pytest.fixture
def runner(fake_machine: FakeMachine) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def proper(*networks: str, engines: tuple[str, ...] = ENGINES) -> Request:
    return request(*networks, engines=engines, preset="quick", quality="measured", fresh=True)


@pytest.fixture(scope="module")
def measured() -> Iterator[Run]:
    """Two networks in two runtimes."""
    with installed():
        runner = Runner()
        yield run(runner, proper(TINY, OTHER))
        runner.close()


def test_every_network_is_timed_in_every_runtime_by_several_workers(measured: Run) -> None:
    assert sorted(names(measured)) == sorted(
        (engine, network) for engine in ENGINES for network in (TINY, OTHER)
    )
    assert [row.workers for row in measured.measurements] == [WORKERS] * 4
    assert {row.quality for row in measured.measurements} == {"measured"}


def test_workers_are_fresh_and_every_other_set_starts_in_reversed_order(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    run(runner, proper(TINY))  # so that it is exported
    before = len(fake_machine.workers)

    run(runner, proper(TINY))

    there, back = list(ENGINES), list(ENGINES)[::-1]
    assert [one.engine for one in fake_machine.workers[before:]] == there + back + there
    assert [one.engine for one in fake_machine.living()] == ["eager"]  # which had exported it


def test_each_runtime_times_a_second_copy_of_the_anchor(measured: Run) -> None:
    controls = [(one.scenario.engine, one.candidate.key) for one in measured.controls]

    assert sorted(controls) == [(engine, TINY) for engine in sorted(ENGINES)]


def test_networks_pair_within_a_runtime_and_across_runtimes(measured: Run) -> None:
    first, *others = map(undisturbed, measured.measurements)

    for other in others:
        ratio = other.ratio_to(first)
        assert ratio is not None
        assert (ratio.workers, ratio.rounds) == (WORKERS, WORKERS * ROUNDS)


def test_all_rounds_of_all_workers_are_there(measured: Run) -> None:
    planned = {(worker, number) for worker in range(WORKERS) for number in range(ROUNDS)}
    for row in measured.measurements:
        assert {(block.worker, block.round) for block in row.blocks} == planned


@pytest.mark.parametrize("repeats", [1, RETRIES])
def test_a_disturbed_round_is_repeated_and_kept(
    runner: Runner, fake_machine: FakeMachine, repeats: int
) -> None:
    """Repeats have numbers of their own, after those that were planned."""
    fake_machine.disturbed = {3, *range(ROUNDS, ROUNDS + repeats - 1)}

    done = run(runner, proper(TINY, OTHER, engines=("eager",)))

    for row in done.measurements:
        rounds = [block.round for block in row.blocks if block.worker == 0]
        assert sorted(rounds) == list(range(ROUNDS + repeats))
        disturbed = [block.round for block in row.blocks if disturbances(block.signals)]
        assert set(disturbed) == fake_machine.disturbed


def test_a_machine_that_is_always_busy_is_not_asked_for_ever(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    fake_machine.disturbed = set(range(10 * ROUNDS))

    done = run(runner, proper(TINY, OTHER, engines=("eager",)))

    for row in done.measurements:
        blocks = [block for block in row.blocks if block.worker == 0]
        assert ROUNDS < len(blocks) <= (1 + MAX_EXTRA) * ROUNDS


def test_nothing_is_shown_while_turns_are_taken_because_drawing_it_would_disturb_them(
    runner: Runner,
) -> None:
    heard: list[Update] = []

    done = run(runner, proper(TINY, engines=("eager",)), heard.append)

    shown = [update for update in heard if isinstance(update, Measurement)]
    assert len(shown) == 2 + 3 + 1  # each copy loaded, each worker done, the end
    assert all(len(one.blocks) <= len(next_one.blocks) for one, next_one in pairwise(shown))
    assert {row.quality for row in shown[:-1]} == {"preview"}
    assert shown[-1] == done.measurements[-1]
    fractions = [update.fraction for update in heard if isinstance(update, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1


def test_a_killed_worker_costs_its_runtime_and_no_other(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    fake_machine.hold("turns")

    def kill(update: Update) -> None:
        """Once all have loaded: OpenVINO's worker comes second."""
        if isinstance(update, Measurement) and update.scenario.engine == "openvino":
            for one in fake_machine.living():
                if one.engine == "openvino":
                    one.die("ended by SIGKILL")
            fake_machine.release()

    done = run(runner, proper(TINY, OTHER), kill)

    failed = [(one.scenario.engine, one.reason) for one in done.failures]
    assert failed == [("openvino", "ended by SIGKILL")] * 2
    finals = [row for row in done.measurements if row.quality == "measured"]
    assert [(row.scenario.engine, row.candidate.key) for row in finals] == [
        ("onnxruntime", TINY),
        ("onnxruntime", OTHER),
    ]
    assert [one.engine for one in fake_machine.living()] == ["eager"]
    assert machine_is_free()


def test_a_network_that_cannot_be_loaded_is_not_tried_again(
    runner: Runner, fake_machine: FakeMachine
) -> None:
    fake_machine.refuses[TINY] = "too large"

    done = run(runner, proper(TINY, engines=("eager",)))

    assert done.measurements == ()
    assert [one.reason for one in done.failures] == ["too large"]
    assert [one.commands for one in fake_machine.workers] == [["load"]]


def test_a_preview_takes_one_worker_and_no_control() -> None:
    assert EFFORTS["preview"].max_workers == 1
    assert not EFFORTS["preview"].has_control
    assert all(EFFORTS[name].has_control for name in ("quick", "standard", "certify"))
