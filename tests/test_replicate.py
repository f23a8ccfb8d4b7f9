"""Proper measurements: fresh processes that take turns, a control, and what is kept of failures."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.jobs.updates import Update
from benchmarks.messages import Progress
from benchmarks.results import Measurement, Run
from benchmarks.timing.protocol import EFFORTS
from tests.jobs import machine_is_free, names, request, run, workers
from tests.builders import undisturbed
from tests.talk import TINY, exported

OTHER = "0.25-64-n10"
ENGINES = ("onnxruntime", "openvino")


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    started = Runner()
    yield started
    started.close()


def proper(*networks: str, engines: tuple[str, ...] = ENGINES) -> Request:
    for network in networks:
        exported(network)
    return request(*networks, engines=engines, preset="quick", quality="measured", fresh=True)


@pytest.fixture(scope="module")
def measured(runner: Runner) -> Run:
    """Two networks in two runtimes."""
    return run(runner, proper(TINY, OTHER))


def test_every_network_is_timed_in_every_runtime_in_fresh_workers(measured: Run) -> None:
    assert sorted(names(measured)) == sorted(
        (engine, network) for engine in ENGINES for network in (TINY, OTHER)
    )
    assert [row.workers for row in measured.measurements] == [3] * 4
    assert {row.quality for row in measured.measurements} == {"measured"}
    assert workers() == []


def test_each_runtime_times_a_second_copy_of_the_anchor(measured: Run) -> None:
    controls = [(one.scenario.engine, one.candidate.key) for one in measured.controls]

    assert sorted(controls) == [(engine, TINY) for engine in sorted(ENGINES)]


def test_every_block_says_what_the_system_counted(measured: Run) -> None:
    blocks = [block for row in measured.measurements for block in row.blocks]

    assert all(block.signals is not None for block in blocks)
    assert all(
        block.signals.wall_ns >= block.settle_ns + sum(block.times_ns)
        for block in blocks
        if block.signals
    )
    assert measured.conditions.others_cpus is not None


def test_networks_pair_within_a_runtime_and_across_runtimes(measured: Run) -> None:
    first, *others = map(undisturbed, measured.measurements)

    for other in others:
        ratio = other.ratio_to(first)
        assert ratio is not None
        assert ratio.workers == 3
        assert ratio.rounds >= 3 * 12


def test_all_rounds_of_all_workers_are_there(measured: Run) -> None:
    for row in measured.measurements:
        planned = {(worker, number) for worker in range(3) for number in range(12)}
        assert planned <= {(block.worker, block.round) for block in row.blocks}


def test_what_has_been_measured_is_shown_on_the_way_as_a_preview(runner: Runner) -> None:
    heard: list[Update] = []

    done = run(runner, proper(TINY), heard.append)

    shown = [update for update in heard if isinstance(update, Measurement)]
    assert {row.quality for row in shown[:-2]} == {"preview"}
    assert shown[-1] == done.measurements[-1]
    fractions = [update.fraction for update in heard if isinstance(update, Progress)]
    assert max(fractions) <= 1


def test_nothing_is_shown_while_turns_are_taken_because_drawing_it_would_disturb_them(
    runner: Runner,
) -> None:
    heard: list[Update] = []

    run(runner, proper(TINY, engines=("onnxruntime",)), heard.append)

    rounds = [len(update.blocks) for update in heard if isinstance(update, Measurement)]
    assert len(rounds) == 2 + 3 + 1  # each copy loaded, each worker done, the end
    assert rounds == sorted(rounds)


def test_a_killed_worker_costs_its_runtime_and_no_other(runner: Runner) -> None:
    killed: list[psutil.Process] = []

    def listen(update: Update) -> None:
        for worker in workers():
            if not killed and isinstance(update, Measurement) and "openvino" in worker.cmdline():
                killed.append(worker)
                os.kill(worker.pid, signal.SIGKILL)

    done = run(runner, proper(TINY, OTHER), listen)

    assert killed
    (first, second) = done.failures
    assert {first.scenario.engine, second.scenario.engine} == {"openvino"}
    assert "ended by SIGKILL" in first.reason
    proper_rows = [row for row in done.measurements if row.quality == "measured"]
    assert sorted(row.candidate.key for row in proper_rows) == sorted([TINY, OTHER])
    assert {row.scenario.engine for row in proper_rows} == {"onnxruntime"}
    assert workers() == []
    assert machine_is_free()


def test_a_runtime_that_cannot_load_a_network_is_not_asked_again(runner: Runner) -> None:
    wanted = proper(TINY, engines=("eager",))
    elsewhere = replace(wanted.scenarios[0], device="xpu")

    done = run(runner, replace(wanted, scenarios=(elsewhere,)))

    assert done.measurements == ()
    (failure,) = done.failures
    assert "finds no device 'xpu'" in failure.reason


def test_a_preview_takes_one_worker_and_no_control() -> None:
    assert EFFORTS["preview"].max_workers == 1
    assert not EFFORTS["preview"].has_control
    assert all(EFFORTS[name].has_control for name in ("quick", "standard", "certify"))
