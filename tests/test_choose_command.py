"""`choose` on the command line, and from code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import benchmarks as bench
from benchmarks import snapshot
from benchmarks.calibration import calibration_networks
from benchmarks.cli import app
from benchmarks.cli.given import InputError, latency_of, size_of
from benchmarks.latency_model import LatencyModelError
from benchmarks.machine import read_machine
from benchmarks.results import Run
from tests.builders import a_run, planted_calibration


@pytest.fixture
def planted() -> Run:
    """Timed eagerly, as it says."""
    rows = planted_calibration(engine="eager", quality="measured")
    return a_run(*rows, machine=read_machine())


@pytest.fixture
def calibration(planted: Run, tmp_path: Path) -> Path:
    snapshot.save(planted, tmp_path / "calibration.json")
    return tmp_path / "calibration.json"


def choose(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["choose", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10ms", 0.01), ("10MS", 0.01), ("0.5 s", 0.5), ("800us", 0.0008), (" 4ms ", 0.004)],
)
def test_a_latency_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert latency_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["10", "ms", "-3ms", "1e3ms", "10 minutes", "nanms", ""])
def test_anything_else_is_no_latency(text: str) -> None:
    with pytest.raises(InputError, match="such as 10ms"):
        latency_of(text)


def test_a_size_has_a_unit_too() -> None:
    assert size_of("6MB") == 6_000_000
    assert size_of("6 MiB") == 6 * 2**20
    with pytest.raises(InputError, match="such as 6MB"):
        size_of("six")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--max-latency", "10"), "such as 10ms"),
        (("--max-latency", "0ms"), "above 0"),
        (("--max-latency", "1ms", "--max-size", "big"), "such as 6MB"),
        (("--max-latency", "1ms", "--engine", "abacus"), "abacus"),
        (("--max-latency", "1ms", "--threads", "4096"), "4096"),
        (("--max-latency", "1ms", "--max-size", "6"), "no unit"),
        (("--max-latency", "1ms", "--max-size", "6kB"), "the smallest, MobileNet 0.25-128, has"),
        (("--max-latency", "1ms", "--calibration", "no/such/folder/c.json"), "no/such/folder"),
        (("--max-latency", "1ms", "--out", "no/such/folder/run.json"), "no/such/folder"),
    ],
)
def test_bad_input_ends_with_status_2_and_the_way_out(
    arguments: tuple[str, ...], words: str
) -> None:
    status, answer, problem = choose(*arguments)

    assert status == 2
    assert not answer
    assert words in problem


def test_a_calibration_of_another_way_of_running_is_refused(calibration: Path) -> None:
    status, _, problem = choose(
        "--max-latency", "9ms", "--calibration", str(calibration), "--batch", "2"
    )

    assert status == 2
    assert "Calibrate first" in problem


def test_a_calibration_of_another_machine_is_refused(planted: Run) -> None:
    elsewhere = replace(planted.machine, cpu="Another CPU")

    with pytest.raises(LatencyModelError, match="of another machine, Another CPU"):
        bench.choose(0.01, calibration=replace(planted, machine=elsewhere))


def test_what_nothing_can_meet_is_said_without_measuring(calibration: Path) -> None:
    status, answer, _ = choose("--max-latency", "1us", "--calibration", str(calibration))

    assert status == 1
    assert "None is predicted to stay within 0.00100 ms. The fastest is" in answer.replace(
        "\n", " "
    )
    assert "Learned from 14 networks" in answer.replace("\n", " ")


@pytest.mark.slow("TODO: say why")
def test_a_calibration_is_kept_where_none_is_and_used_again(tmp_path: Path) -> None:
    file = tmp_path / "eager.json"
    first = choose("--max-latency", "1us", "--calibration", str(file))
    written = file.read_bytes()
    again = choose("--max-latency", "1us", "--calibration", str(file))

    assert first[0] == 1
    assert f"Saved to {file}" in first[2]
    assert len(snapshot.load(file).measurements) == len(calibration_networks())
    assert again[1] == first[1]
    assert "Saved" not in again[2]
    assert file.read_bytes() == written


@pytest.mark.alone
@pytest.mark.slow("TODO: say why")
def test_an_answer_was_measured_here(calibration: Path, tmp_path: Path) -> None:
    """The planted calibration is wrong about this machine, as one from elsewhere would be."""
    out = tmp_path / "run.json"
    status, answer, problem = choose(
        *("--max-latency", "10s", "--max-size", "2.1MB", "--calibration", str(calibration)),
        *("--out", str(out), "--json"),
    )

    found = json.loads(answer)
    if not found["best"] and any("invalid" in one for one in found["sentences"]):
        assert status == 1, problem
        pytest.skip(f"this machine is too busy: {found['sentences']}")
    assert status == 0, problem
    measured = {one["network"] for one in found["measured"]}
    best = found["best"]
    assert best["network"] in measured
    assert best["size_bytes"] <= 2_100_000
    low, high = best["interval_s"]
    assert low <= best["median_s"] <= high <= 10
    assert {one.candidate.key for one in snapshot.load(out).measurements} <= measured


def test_from_code_the_same_is_refused_and_answered(planted: Run) -> None:
    with pytest.raises(bench.BudgetError, match="above 0"):
        bench.choose(0)
    with pytest.raises(bench.BudgetError, match="max_size_bytes is '6MB'"):
        bench.choose(0.01, "6MB")  # type: ignore[arg-type]
    found = bench.choose(1e-6, calibration=planted)

    assert found.best is None
    assert "None is predicted" in repr(found)
