"""`measure`: one call from code, which gives back what it has, also when it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import benchmarks as bench
from benchmarks.candidates import CandidateError, candidate
from benchmarks.jobs.updates import Update
from benchmarks.machine import read_machine
from benchmarks.messages import Progress
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario, ScenarioError
from mobilenet import ConfigError, MobileNetConfig
from tests.jobs import machine_is_free, names, tickets, workers
from tests.talk import ROOT, TINY, exported

TINY_CONFIG = MobileNetConfig(0.25, 32, num_classes=10)


@pytest.fixture(autouse=True)
def _exported() -> None:
    exported()


def test_networks_are_timed_in_each_engine_and_come_back_as_a_run() -> None:
    run = bench.measure([TINY_CONFIG], engines=["onnxruntime", "openvino"], preset="preview")

    assert isinstance(run, Run)
    assert names(run) == [("onnxruntime", TINY), ("openvino", TINY)]
    assert run.machine == read_machine()
    assert (run.failures, run.cancelled) == ((), False)
    assert TINY in run.to_frame()["network"].tolist() or len(run.to_frame()) == 2


@pytest.mark.parametrize("network", [TINY_CONFIG, TINY, candidate(TINY)])
def test_one_network_and_one_engine_need_no_list(network: bench.Candidate) -> None:
    run = bench.measure(network, engines="onnxruntime", preset="preview")

    assert names(run) == [("onnxruntime", TINY)]


def test_what_was_named_twice_is_timed_once() -> None:
    engines = ["onnxruntime", "onnxruntime"]

    run = bench.measure([TINY, TINY_CONFIG, TINY], engines=engines, preset="preview")

    assert names(run) == [("onnxruntime", TINY)]


def test_a_proper_measurement_says_so_and_a_preview_says_that() -> None:
    quick = bench.measure(TINY, engines="onnxruntime")
    preview = bench.measure(TINY, engines="onnxruntime", preset="preview")

    assert quick.measurements[0].quality == "measured"
    assert quick.measurements[0].workers == 3
    assert [one.candidate.key for one in quick.controls] == [TINY]
    assert preview.measurements[0].workers == 1
    assert preview.controls == ()
    assert preview.measurements[0].quality == "preview"


def test_batch_and_device_are_those_of_the_result() -> None:
    exported(TINY, 3)

    run = bench.measure(TINY, engines="onnxruntime", batch=3, preset="preview")

    assert run.measurements[0].scenario == Scenario(engine="onnxruntime", batch=3)


def test_a_listener_hears_what_happens_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    heard: list[Update] = []

    run = bench.measure(TINY, engines="onnxruntime", preset="preview", listen=heard.append)

    assert isinstance(heard[0], Progress)
    assert heard[-1] == run.measurements[0]
    assert capfd.readouterr() == ("", "")


def test_a_run_leaves_no_process_no_thread_and_no_ticket() -> None:
    before = workers(), threading.active_count()

    bench.measure(TINY, engines="onnxruntime", preset="preview")

    assert (workers(), threading.active_count()) == before
    assert tickets() == []
    assert machine_is_free()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"networks": "resnet19"}, CandidateError, "resnet18"),
        ({"networks": "9.0-224"}, ConfigError, "0.05 to 2"),
        ({"networks": []}, ScenarioError, "Choose 1 to"),
        ({"networks": [None]}, CandidateError, "is no network"),
        ({"engines": "tflite"}, ScenarioError, "openvino"),
        ({"engines": []}, ScenarioError, "No engine"),
        ({"threads": 0}, ScenarioError, "Threads must be a whole number from 1"),
        ({"threads": "2"}, ScenarioError, "Threads must be a whole number"),
        ({"threads": 1024}, ScenarioError, "CPUs are usable"),
        ({"batch": 0}, ScenarioError, "Batch must be a whole number from 1"),
        ({"batch": True}, ScenarioError, "Batch must be"),
        ({"batch": 1025}, ScenarioError, "to 1024"),
        ({"preset": "fast"}, ScenarioError, "quick, standard, certify"),
        ({"device": None}, ScenarioError, "Device must be 'cpu'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_before_anything_starts(
    arguments: dict[str, object], error: type[Exception], says: str
) -> None:
    heard: list[Update] = []

    with pytest.raises(error, match=says):
        bench.measure(**({"networks": TINY, "listen": heard.append} | arguments))  # type: ignore[arg-type]

    assert heard == []
    assert tickets() == []


def test_a_place_in_the_queue_that_cannot_be_had_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOBILENET_BENCH_LOCKS", str(tmp_path / "file"))

    with pytest.raises(OSError, match="set MOBILENET_BENCH_LOCKS to a folder that can be written"):
        bench.measure(TINY, preset="preview")


def test_an_error_in_a_listener_ends_the_run_and_reaches_the_caller() -> None:
    def fail(update: Update) -> None:
        if isinstance(update, Measurement):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        bench.measure(TINY, engines="onnxruntime", preset="certify", listen=fail)

    assert machine_is_free()
    assert tickets() == []


INTERRUPTED = """
import json, signal
import benchmarks as bench
from tests.jobs import MANY
def listen(update):
    print(type(update).__name__, flush=True)
run = bench.measure(MANY, preset="certify", listen=listen)
signal.signal(signal.SIGINT, signal.SIG_IGN)  # what comes too late is no matter of ours
qualities = [m.quality for m in run.measurements]
print(json.dumps([run.cancelled, qualities]))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(
    ("until", "interrupts", "some_measured"),
    [("Progress", 1, False), ("Measurement", 1, True), ("Measurement", 3, True)],
    ids=["starting", "measuring", "impatiently"],
)
def test_an_interrupt_gives_back_what_was_measured_and_says_that_it_is_not_all(
    until: str, interrupts: int, some_measured: bool
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert any(line.strip() == until for line in process.stdout)
        for _ in range(interrupts):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        output, errors = process.communicate(timeout=10)

    cancelled, qualities = json.loads(output.splitlines()[-1])
    assert cancelled
    assert set(qualities) == ({"preview"} if some_measured else set())
    assert errors == ""
    assert process.returncode == 0
    assert machine_is_free()
