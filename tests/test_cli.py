"""The command line, as a person or a script meets it: measure, engines and machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from benchmarks import snapshot
from benchmarks.cli.given import engine_names, pairs
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import runnable
from benchmarks.jobs.machine_queue import Ticket, lock_folder
from tests.commands import LIMIT_S, ROOT, TINY, answer, call, interrupted, refused, start
from tests.fake_worker import FakeMachine
from tests.waiting import has_ended, soon
from tests.wording import Wording

needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
PREVIEW = (*TINY, "--preset", "preview")
CERTIFY = (*TINY, "--preset", "certify")  # goes on for minutes, or until it is ended


def test_json_is_the_snapshot_and_nothing_else(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    path = tmp_path / "run.json"
    networks = ("--width", "0.25,0.5", "--resolution", "32", "--classes", "10")

    result = call("measure", *networks, "--preset", "preview", "--json", "--out", path)

    found = snapshot.loads(result.stdout).run
    assert result.exit_code == 0
    assert [row.candidate.key for row in found.measurements] == ["0.25-32-n10", "0.5-32-n10"]
    assert found == snapshot.load(path)
    wording(result.stderr.replace(str(tmp_path), "FOLDER"))


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("", "--width"),
        ("--engine openvino", "--width"),
        ("--width wide", "'wide'"),
        ("--width 0.5,,1", "--width"),
        ("--width nan", "nan"),
        ("--width 3", "3.0"),
        ("--resolution 160.5", "'160.5'"),
        ("--resolution 16", "16"),
        ("--width 1 --classes 0", "0"),
        ("--reference resnet19", "'resnet19'"),
        ("--width 1 --engine tensorrt", "'tensorrt'"),
        ("--width 1 --threads 0", "0"),
        ("--width 1 --out missing/run.json", "missing"),
        ("--width 1 --out .", "."),
        ("--width 1 --title T", "--out"),
    ],
)
def test_bad_input_to_measure_is_refused_with_the_way_out(
    arguments: str, fact: str, wording: Wording
) -> None:
    reason = refused("measure", *arguments.split())

    assert fact in reason
    wording(reason)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [  # put by typer, or with figures of this machine
        ("--width 1 --block round", "'round'"),
        ("--width 1 --preset slow", "'slow'"),
        ("--width 1 --batch many", "--batch"),
        ("--width 1 --speed 9", "--speed"),
        ("--width 1 --threads 1000", "1000"),
    ],
)
def test_bad_input_to_measure_is_named(arguments: str, fact: str) -> None:
    assert fact in refused("measure", *arguments.split())


def test_lists_span_their_product_and_options_repeat() -> None:
    assert pairs(["0.25, 0.5", "1"], ["128", "160"]) == [
        (0.25, 128),
        (0.25, 160),
        (0.5, 128),
        (0.5, 160),
        (1.0, 128),
        (1.0, 160),
    ]


def test_a_width_or_a_resolution_alone_is_enough() -> None:
    assert pairs(["0.5"], None) == [(0.5, 224)]
    assert pairs(None, ["160"]) == [(1.0, 160)]


def test_all_engines_are_those_that_are_installed_and_offer_the_precision() -> None:
    assert engine_names(None, ["float32"], "cpu") == ["eager"]
    assert engine_names(["all"], ["float32"], "cpu") == list(runnable("cpu"))
    assert set(engine_names(["all"], ["float32"], "cuda")) < set(runnable("cpu"))
    reduced = engine_names(["eager,all"], ["bfloat16"], "cpu")
    assert reduced == [n for n in runnable("cpu") if "bfloat16" in ENGINES[n].precisions]


def test_one_network_in_several_engines_ends_with_which_is_fastest(
    fake_machine: FakeMachine,
) -> None:
    result = call("measure", *TINY, "--engine", "eager,openvino", "--preset", "quick")

    last = " ".join(result.stdout.split("\n\n")[-1].split())
    assert result.exit_code == 0
    assert last.startswith("OpenVINO is fastest for 0.25-32 (10 classes)")
    assert "PyTorch eager" in last


def test_what_failed_leaves_status_1_and_its_reason(fake_machine: FakeMachine) -> None:
    fake_machine.refuses["eager"] = "no device 'abacus'"

    result = call("measure", *TINY, "--device", "abacus", "--json")

    assert result.exit_code == 1
    assert "MobileNet 0.25-32 (10 classes) in PyTorch eager: no device 'abacus'" in result.stderr
    assert snapshot.loads(result.stdout).run.failures


def test_memory_is_measured_if_it_is_asked_for(fake_machine: FakeMachine) -> None:
    asked = ("measure", *PREVIEW, "--json")

    (with_it,) = snapshot.loads(call(*asked, "--memory").stdout).run.measurements
    (without,) = snapshot.loads(call(*asked).stdout).run.measurements

    assert with_it.memory is not None
    assert without.memory is None


def test_a_crashed_worker_leaves_status_1_and_its_last_words(fake_machine: FakeMachine) -> None:
    fake_machine.dies_of["turns"] = "the worker process was ended by SIGKILL"

    result = call("measure", *TINY)

    assert result.exit_code == 1
    assert "the worker process was ended by SIGKILL" in " ".join(result.stdout.split())


def test_an_interrupt_prints_and_saves_what_was_measured(
    fake_machine: FakeMachine, tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    fake_machine.hold("turns 4")

    def is_timed() -> bool:
        return any(worker.commands.count("turns") > 4 for worker in fake_machine.workers)

    result = interrupted(is_timed, "measure", *CERTIFY, "--out", path)

    (found,) = snapshot.load(path).measurements
    assert result.exit_code == 130
    assert snapshot.load(path).cancelled
    assert len(found.blocks) == 4
    assert "0.25-32 (10 classes)" in result.stdout
    assert "Cancelled" in result.stdout
    assert not fake_machine.living()


@pytest.mark.parametrize(("step", "engine"), [("ready", "eager"), ("prepare", "onnxruntime")])
def test_an_interrupt_before_the_first_inference_measures_nothing(
    fake_machine: FakeMachine, step: str, engine: str, wording: Wording
) -> None:
    fake_machine.hold(step)
    kinds = {"ready": [], "prepare": ["prepare"]}[step]

    def is_there() -> bool:
        return any(worker.commands == kinds for worker in fake_machine.workers)

    result = interrupted(is_there, "measure", *TINY, "--width", "0.4", "--engine", engine)

    assert result.exit_code == 130
    assert not fake_machine.living()
    wording(result.stdout.rsplit("\n\n")[-1])  # after what machine it is


@pytest.mark.parametrize("name", ["measure", "report", "compare", "engines", "machine", "validate"])
def test_every_command_explains_itself_within_80_columns(name: str) -> None:
    shown = call(name, "--help", columns=80).stdout

    assert max(map(len, shown.splitlines())) <= 80
    assert "--json" in shown


def test_machine_shows_its_facts_as_json() -> None:
    found = answer("machine")

    assert found["machine"]["usable_cpus"] >= 1
    assert {"code", "severity", "text", "advice"} <= found["findings"][0].keys()


def test_machine_shows_its_facts_to_people() -> None:
    shown = call("machine", columns=80)

    titles = {line.split("  ")[0] for line in shown.stdout.splitlines()}
    assert shown.exit_code == 0
    assert {"CPU", "Memory", "Accelerators", "System", "Python", "Load", "Packages"} <= titles
    assert max(map(len, shown.stdout.splitlines())) <= 80


@pytest.mark.real
class TestInAProcess:
    """What only a process of its own shows."""

    def test_a_measurement_succeeds_in_any_encoding_and_loads_no_runtime(
        self, tmp_path: Path
    ) -> None:
        """And help before it loads nothing heavy, so that it is quick."""
        path = tmp_path / "run.json"
        code = (
            "import atexit, contextlib, sys\n"
            "from benchmarks.cli import main\n"
            "wanted, sys.argv[2:] = sys.argv[2:], ['--help']\n"
            "with contextlib.suppress(SystemExit):\n"
            "    main()\n"
            "print('help:', *sys.modules)\n"
            "sys.argv[2:] = wanted\n"
            "atexit.register(lambda: print('measured:', *sys.modules))\n"
            "main()\n"
        )
        finished = subprocess.run(
            [sys.executable, "-c", code, "measure", *PREVIEW, "--out", str(path)],
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
            capture_output=True,
            timeout=LIMIT_S,
        )

        said = finished.stdout.decode("latin-1")
        after_help = set(said.split("help:")[1].splitlines()[0].split())
        after_all = set(said.split("measured:")[1].split())
        assert finished.returncode == 0, finished.stderr
        assert len(snapshot.load(path).measurements) == 1
        assert finished.stderr.decode().split() == ["Saved", "to", f"{path}."]
        assert "0.25-32 (10 classes)" in said
        assert "PyTorch eager" in said
        assert "?" in said  # instead of signs that it lacks
        assert not after_help & {"numpy", "pandas", "psutil", "rich", "streamlit"}
        assert not after_all & {"torch", "torchvision", "onnxruntime", "openvino", "onnx"}

    @needs_terminals
    def test_an_interrupt_saves_what_was_measured_and_ends_the_workers(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "run.json"

        with under_way("--out", str(path)) as (process, workers):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT_S)

        (found,) = snapshot.load(path).measurements
        assert process.returncode == 130
        assert 1 <= len(found.blocks) <= 4
        assert not living(workers)

    @pytest.mark.slow("starts one more worker with PyTorch")
    def test_workers_end_with_the_command_however_it_ends(self) -> None:
        process = start("measure", *CERTIFY)
        here = psutil.Process(process.pid)
        assert soon(lambda: bool(here.children()))
        workers = here.children()
        process.kill()
        process.communicate(timeout=LIMIT_S)

        assert not living(workers)

    @pytest.mark.parametrize(
        ("sigint", "status"),
        [(signal.SIG_DFL, 130), (signal.SIG_IGN, 0)],
        ids=["default", "ignore"],
    )
    def test_a_command_that_waits_says_for_what_and_respects_an_ignored_interrupt(
        self, sigint: signal.Handlers, status: int, wording: Wording
    ) -> None:
        ticket = Ticket(lock_folder(), "Measure 16 networks")
        process = start("measure", *PREVIEW, "--json", sigint=sigint, fakes=FakeMachine())
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            process.send_signal(signal.SIGINT)
            if status:
                process.wait(timeout=LIMIT_S)
        finally:
            ticket.leave()
        table, _ = process.communicate(timeout=LIMIT_S)

        assert process.returncode == status
        assert len(snapshot.loads(table).run.measurements) == (0 if status else 1)
        assert "Measure 16 networks" in line
        wording(line)


@contextmanager
def under_way(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A measurement that has begun to time and does not end, and its worker processes."""
    import pty

    ours, theirs = pty.openpty()  # progress is drawn on a terminal only
    machine = FakeMachine(holds={"turns 4"})
    process = start("measure", *CERTIFY, *arguments, stderr=theirs, fakes=machine)
    os.close(theirs)
    try:
        drawn = b""
        while b"Timing" not in drawn:
            drawn += os.read(ours, 4096)  # fails if the command ends too early
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        os.close(ours)
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended soon."""
    return [one for one in processes if not soon(lambda one=one: has_ended(one))]
