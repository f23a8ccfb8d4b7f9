"""The command line, as a person or a script meets it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from typer.testing import CliRunner

from benchmarks import snapshot
from benchmarks.cli import app
from benchmarks.cli.given import engine_names, pairs
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import runnable
from benchmarks.jobs.machine_queue import Ticket, lock_folder

ROOT = Path(__file__).resolve().parents[1]
TINY = ("--width", "0.25", "--resolution", "32", "--classes", "10")
needs_terminals = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks", *arguments]


def run(*arguments: str, limit_s: float = 100) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=limit_s
    )


class Answer(NamedTuple):
    """What a real measurement of two tiny networks printed, and the file it wrote."""

    finished: subprocess.CompletedProcess[str]
    file: Path


@pytest.fixture(scope="session")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    path = tmp_path_factory.mktemp("out") / "run.json"
    networks = ("--width", "0.25,0.5", "--resolution", "32", "--classes", "10")
    finished = run("measure", *networks, "--preset", "preview", "--json", "--out", str(path))
    return Answer(finished, path)


def test_a_measurement_that_succeeds_ends_with_status_0(answer: Answer) -> None:
    assert answer.finished.returncode == 0, answer.finished.stderr


def test_json_is_the_snapshot_and_nothing_else(answer: Answer) -> None:
    found = snapshot.loads(answer.finished.stdout).run

    assert [row.candidate.key for row in found.measurements] == ["0.25-32-n10", "0.5-32-n10"]
    assert found == snapshot.load(answer.file)


def test_standard_error_says_where_the_run_was_saved(answer: Answer) -> None:
    assert answer.finished.stderr == f"Saved to {answer.file}.\n"


def test_a_table_is_printed_where_no_json_is_asked_for() -> None:
    finished = run("measure", *TINY, "--preset", "preview")

    assert "0.25-32 (10 classes)" in finished.stdout
    assert "PyTorch eager" in finished.stdout
    assert finished.stderr == ""
    assert finished.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("", "No network was named. For example: mobilenet-bench measure --width"),
        ("--engine openvino", "No network was named"),
        ("--width wide", "--width: 'wide' is not a number, such as 0.5."),
        ("--width 0.5,,1", "--width has an empty entry"),
        ("--width nan", "Width multiplier nan is outside 0.05 to 2.0"),
        ("--width 3", "Width multiplier 3.0 is outside 0.05 to 2.0"),
        ("--resolution 160.5", "--resolution: '160.5' is not a whole number, such as 160."),
        ("--resolution 16", "Resolution 16 is outside 32 to 1024"),
        ("--width 1 --classes 0", "Number of classes 0 is outside"),
        ("--width 1 --block round", "'round' is not one of"),
        ("--width 1 --preset slow", "'slow' is not one of"),
        ("--reference resnet19", "Reference network 'resnet19' is not known"),
        ("--width 1 --engine tensorrt", "Engine 'tensorrt' is not known. Choose from: eager"),
        ("--width 1 --threads 0", "Threads must be a whole number"),
        ("--width 1 --threads 1000", "1000 threads were asked for"),
        ("--width 1 --batch many", "should be a valid integer"),
        ("--width 1 --out missing/run.json", "missing is no folder. Choose another place"),
        ("--width 1 --out .", "no ordinary file"),
        ("--width 1 --speed 9", "No such option"),
    ],
)
def test_bad_input_ends_with_status_2_and_the_way_out(arguments: str, reason: str) -> None:
    refused = CliRunner().invoke(app, ["measure", *arguments.split()])

    assert refused.exit_code == 2
    assert reason in refused.stderr
    assert refused.stdout == ""


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


def test_one_network_in_several_engines_ends_with_which_is_fastest() -> None:
    finished = run("measure", *TINY, "--engine", "eager,openvino", "--preset", "quick")

    said = " ".join(finished.stdout.split())
    assert finished.returncode == 0, finished.stderr
    assert re.search(
        r"OpenVINO is fastest for 0\.25-32 \(10 classes\) with 1 thread: [\d.]+ × as fast as "
        r"PyTorch eager|Which engine is fastest for .* cannot be told|cannot be told apart",
        said,
    )


def test_an_accelerator_that_is_not_there_fails_with_status_1() -> None:
    finished = run("measure", *TINY, "--device", "abacus", "--json")

    assert finished.returncode == 1
    assert "Failed: MobileNet 0.25-32 (10 classes) in PyTorch eager: " in finished.stderr
    assert "no device 'abacus'" in finished.stderr
    assert snapshot.loads(finished.stdout).run.failures


@needs_terminals
def test_a_crashed_worker_fails_with_status_1_and_its_reason() -> None:
    with under_way() as (process, workers):
        workers[0].kill()
        table, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "was ended by SIGKILL" in " ".join(table.split())


@needs_terminals
def test_an_interrupt_keeps_prints_and_saves_what_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "run.json"

    with under_way("--out", str(path)) as (process, workers):
        process.send_signal(signal.SIGINT)
        table, _ = process.communicate(timeout=30)

    kept = snapshot.load(path)
    assert process.returncode == 130
    assert kept.cancelled
    assert len(kept.measurements) == 1
    assert "0.25-32 (10 classes)" in table
    assert "Cancelled" in table
    assert not living(workers)


@needs_terminals
@pytest.mark.parametrize(
    ("phase", "arguments"),
    [("Starting", ()), ("Exporting 0.4", ("--width", "0.4", "--engine", "onnxruntime"))],
)
def test_an_interrupt_before_the_first_inference_ends_it_too(
    phase: str, arguments: tuple[str, ...]
) -> None:
    with under_way(*arguments, phase=phase) as (process, workers):
        process.send_signal(signal.SIGINT)
        table, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Nothing was measured." in table
    assert not living(workers)


@needs_terminals
def test_workers_end_with_the_command_however_it_ends() -> None:
    with under_way() as (process, workers):
        process.kill()
        process.communicate(timeout=30)

    assert not living(workers)


def test_a_command_that_has_to_wait_says_for_what() -> None:
    ticket = Ticket(lock_folder(), "Measure 16 networks")
    process = subprocess.Popen(
        command("measure", *TINY, "--preset", "preview"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    patience = threading.Timer(30, process.kill)
    patience.start()
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
    finally:
        patience.cancel()
        ticket.leave()
    table, _ = process.communicate(timeout=100)

    assert told == "1 measurement ahead: Measure 16 networks\n"
    assert "0.25-32 (10 classes)" in table


def test_an_encoding_without_our_signs_does_not_break_the_table() -> None:
    finished = subprocess.run(
        command("measure", *TINY, "--preset", "preview"),
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        timeout=100,
    )

    assert finished.returncode == 0, finished.stderr
    assert b"0.25-32" in finished.stdout


def test_the_command_never_loads_a_runtime() -> None:
    loaded = modules_after("measure", *TINY, "--preset", "preview")

    assert not loaded & {"torch", "torchvision", "onnxruntime", "openvino", "onnx"}


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    loaded = modules_after("measure", "--help")

    assert not loaded & {"numpy", "pandas", "psutil", "rich", "streamlit"}


@pytest.mark.parametrize("name", ["measure", "report", "compare", "engines", "machine", "validate"])
def test_every_command_explains_itself_within_80_columns(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "80"}).stdout

    assert max(map(len, shown.splitlines())) <= 80
    assert "--json" in shown


@pytest.mark.slow("TODO: say why")
def test_engines_really_run_what_they_say_they_run() -> None:
    finished = run("engines", "--json", limit_s=600)  # a compiler and an exporter start cold

    rows = json.loads(finished.stdout)
    found = {(row["engine"], row["device"], row["precision"]): row for row in rows}
    tried = {(engine, precision) for engine, _, precision in found}
    offered = {(name, given) for name, info in ENGINES.items() for given in info.precisions}
    assert finished.returncode == 0
    assert tried == offered
    assert found["eager", "cpu", "float32"]["available"]
    assert found["eager", "cpu", "float32"]["versions"].keys() == {"torch"}
    assert all(row["available"] == (row["reason"] is None) for row in rows)


def test_machine_shows_its_facts_as_json() -> None:
    shown = CliRunner().invoke(app, ["machine", "--json"])

    answer = json.loads(shown.stdout)
    assert answer["machine"]["usable_cpus"] >= 1
    assert {"code", "severity", "text", "advice"} <= answer["findings"][0].keys()


def test_machine_shows_its_facts_to_people() -> None:
    shown = CliRunner().invoke(app, ["machine"], env={"COLUMNS": "80"})

    assert shown.exit_code == 0
    assert "usable" in shown.stdout
    assert "Waiting for a CPU" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


@contextmanager
def under_way(
    *arguments: str, phase: str = "Timing"
) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """A long measurement that has come as far as `phase`, and its worker processes."""
    import pty

    ours, theirs = pty.openpty()  # progress is drawn on a terminal only
    process = subprocess.Popen(
        command("measure", *TINY, "--preset", "certify", *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    try:
        drawn = b""
        while phase.encode() not in drawn:
            drawn += os.read(ours, 4096)  # fails where the command ends too early
        yield process, psutil.Process(process.pid).children(recursive=True)
    finally:
        os.close(ours)
        with suppress(ProcessLookupError):
            process.kill()


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended within ten seconds."""
    return psutil.wait_procs(processes, timeout=10)[1]


def modules_after(*arguments: str) -> set[str]:
    code = (
        "import sys\n"
        "from benchmarks.cli import app\n"
        f"app({list(arguments)!r}, standalone_mode=False)\n"
        "print('loaded:', *sys.modules)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    return set(finished.stdout.rsplit("loaded:", 1)[1].split())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")
def test_memory_is_measured_where_it_is_asked_for() -> None:
    finished = run("measure", *TINY, "--preset", "preview", "--memory", "--json")

    (found,) = snapshot.loads(finished.stdout).run.measurements
    assert finished.returncode == 0, finished.stderr
    assert found.memory is not None
    assert found.memory.floor_bytes > 10 * found.candidate.size_bytes
