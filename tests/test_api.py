"""`measure`: one call from code, which gives back what it has, also when it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks as bench
from benchmarks.candidates import CandidateError, candidate
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.jobs.updates import Update
from benchmarks.machine import read_machine
from benchmarks.messages import Progress
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario, ScenarioError
from mobilenet import ConfigError, MobileNetConfig
from tests.fake_worker import FakeMachine, environment
from tests.jobs import machine_is_free, names, tickets
from tests.talk import ROOT, TINY
from tests.waiting import LIMIT_S
from tests.wording import Wording

TINY_CONFIG = MobileNetConfig(0.25, 32, num_classes=10)
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
pytestmark = pytest.mark.usefixtures("fake_machine")


def test_networks_are_timed_in_each_engine_and_come_back_as_a_run() -> None:
    run = bench.measure([TINY_CONFIG], engines=["onnxruntime", "openvino"], preset="preview")

    assert isinstance(run, Run)
    assert names(run) == [("onnxruntime", TINY), ("openvino", TINY)]
    assert run.machine == read_machine()
    assert (run.failures, run.cancelled) == ((), False)
    assert len(run.to_frame()) == 2


@pytest.mark.parametrize("network", [TINY_CONFIG, TINY, candidate(TINY)])
def test_one_network_and_one_engine_need_no_list(network: bench.Candidate) -> None:
    run = bench.measure(network, engines="onnxruntime", preset="preview")

    assert names(run) == [("onnxruntime", TINY)]


def test_what_was_named_twice_is_timed_once() -> None:
    engines = ["onnxruntime", "onnxruntime"]

    run = bench.measure([TINY, TINY_CONFIG, TINY], engines=engines, preset="preview")

    assert names(run) == [("onnxruntime", TINY)]


def test_a_proper_measurement_says_so_and_a_preview_says_that() -> None:
    quick = bench.measure(TINY)
    preview = bench.measure(TINY, preset="preview")

    assert quick.measurements[0].quality == "measured"
    assert quick.measurements[0].workers == 3
    assert [one.candidate.key for one in quick.controls] == [TINY]
    assert preview.measurements[0].workers == 1
    assert preview.controls == ()
    assert preview.measurements[0].quality == "preview"


@pytest.fixture
def _two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    two = replace(read_machine(), usable_cpus=2)
    monkeypatch.setattr("benchmarks.jobs.request.read_machine", lambda: two)


@pytest.mark.usefixtures("_two_cpus")
def test_batch_and_threads_are_those_of_the_result(fake_machine: FakeMachine) -> None:
    run = bench.measure(TINY, engines="onnxruntime", batch=3, threads=2, preset="preview")

    wanted = Scenario(engine="onnxruntime", batch=3, threads=2)
    assert run.measurements[0].scenario == wanted
    assert fake_machine.workers[-1].threads == 2


def test_a_listener_hears_what_happens_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    heard: list[Update] = []

    run = bench.measure(TINY, preset="preview", listen=heard.append)

    assert isinstance(heard[0], Progress)
    assert heard[-1] == run.measurements[0]
    assert capfd.readouterr() == ("", "")


def test_a_run_leaves_no_worker_no_thread_and_no_ticket(fake_machine: FakeMachine) -> None:
    before = threading.active_count()

    bench.measure(TINY, engines="onnxruntime", preset="preview")

    assert fake_machine.living() == []
    assert threading.active_count() <= before
    assert tickets() == []
    assert machine_is_free()


REFUSED: list[tuple[dict[str, object], type[Exception], str]] = [
    ({"networks": "resnet19"}, CandidateError, "resnet18"),
    ({"networks": "9.0-224"}, ConfigError, "0.05 to 2"),
    ({"networks": []}, ScenarioError, "0 networks"),
    ({"networks": [None]}, CandidateError, "None"),
    ({"engines": "tflite"}, ScenarioError, "openvino"),
    ({"engines": []}, ScenarioError, "openvino"),
    ({"threads": 0}, ScenarioError, "Threads"),
    ({"threads": "2"}, ScenarioError, "Threads"),
    ({"threads": 1024}, ScenarioError, "1024 threads"),
    ({"batch": 0}, ScenarioError, "Batch"),
    ({"batch": True}, ScenarioError, "Batch"),
    ({"batch": 1025}, ScenarioError, "1024"),
    ({"preset": "fast"}, ScenarioError, "certify"),
    ({"device": None}, ScenarioError, "Device"),
]


@pytest.mark.usefixtures("_two_cpus")
@pytest.mark.parametrize(
    ("arguments", "error", "names"), REFUSED, ids=[str(one[0]) for one in REFUSED]
)
def test_a_wrong_argument_is_refused_before_anything_starts(
    arguments: dict[str, object],
    error: type[Exception],
    names: str,
    fake_machine: FakeMachine,
    wording: Wording,
) -> None:
    heard: list[Update] = []

    with pytest.raises(error, match=names) as refused:
        bench.measure(**({"networks": TINY, "listen": heard.append} | arguments))  # type: ignore[arg-type]

    wording(refused.value)
    assert heard == []
    assert fake_machine.workers == []
    assert tickets() == []


def test_a_place_in_the_queue_that_cannot_be_had_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))

    with pytest.raises(OSError, match=FOLDER_VARIABLE):
        bench.measure(TINY, preset="preview")


def test_an_error_in_a_listener_ends_the_run_and_reaches_the_caller() -> None:
    def fail(update: Update) -> None:
        if isinstance(update, Measurement):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        bench.measure(TINY, preset="certify", listen=fail)

    assert machine_is_free()
    assert tickets() == []


@posix
class TestInterrupts:
    """Ctrl-C, or the stop button of a notebook."""

    @pytest.fixture(autouse=True)
    def _interrupts_raise(self) -> Iterator[None]:
        """As where Python was started by a terminal, whoever has started these tests."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
        signal.signal(signal.SIGINT, before)

    def interrupted_at(self, kind: type[Update], interrupts: int = 1) -> Run:
        """What a measurement gives back that is interrupted at its first update of a kind."""
        heard: list[Update] = []

        def listen(update: Update) -> None:
            if isinstance(update, kind) and not any(isinstance(one, kind) for one in heard):
                for _ in range(interrupts):
                    signal.raise_signal(signal.SIGINT)
            heard.append(update)

        return bench.measure([TINY, "0.25-64-n10"], preset="certify", listen=listen)

    @pytest.mark.parametrize("interrupts", [1, 3], ids=["once", "impatiently"])
    @pytest.mark.parametrize("kind", [Progress, Measurement], ids=["starting", "measuring"])
    def test_an_interrupt_gives_back_what_was_measured_and_says_that_it_is_not_all(
        self, fake_machine: FakeMachine, kind: type[Update], interrupts: int
    ) -> None:
        fake_machine.hold("ready" if kind is Progress else "turns")

        run = self.interrupted_at(kind, interrupts)

        assert run.cancelled
        found = {m.quality for m in run.measurements}
        assert found == ({"preview"} if kind is Measurement else set())
        assert machine_is_free()
        assert fake_machine.living() == []

    def test_afterwards_an_interrupt_does_what_it_did_before(
        self, fake_machine: FakeMachine
    ) -> None:
        fake_machine.hold("turns")
        self.interrupted_at(Measurement)

        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    def test_interrupts_that_are_ignored_here_stay_ignored(self) -> None:
        """As in what a script has started in the background."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

        run = self.interrupted_at(Measurement)

        assert not run.cancelled
        assert len(run.measurements) == 2
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN

    INTERRUPTED = """
import json, signal
import benchmarks as bench
from benchmarks.results import Measurement
from tests.fake_worker import machine_of_environment, processes
signal.signal(signal.SIGINT, signal.default_int_handler)
def listen(update):
    print(type(update).__name__, flush=True)
with processes(machine_of_environment()):
    run = bench.measure("0.25-32-n10", preset="certify", listen=listen)
print(json.dumps([run.cancelled, [m.quality for m in run.measurements]]))
"""

    @pytest.mark.real
    def test_workers_do_not_hear_the_interrupt_of_the_terminal(self) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", self.INTERRUPTED],
            cwd=ROOT,
            env=os.environ | environment(FakeMachine(holds={"turns"})),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            assert any(line.strip() == "Measurement" for line in process.stdout)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            output, errors = process.communicate(timeout=LIMIT_S)

        assert (process.returncode, errors) == (0, "")
        assert json.loads(output.splitlines()[-1]) == [True, ["preview"]]
        assert machine_is_free()
