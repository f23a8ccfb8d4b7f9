"""The command paper: what of the paper holds here, from a saved run or from a new one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks import api
from benchmarks.candidates import candidate
from benchmarks.claims import claims
from benchmarks.cli import app
from benchmarks.jobs.request import Request
from benchmarks.results import Failure, Run
from benchmarks.snapshot import load, save
from benchmarks.timing.protocol import Preset
from tests.builders import EAGER, a_run, measurement, paper_run
from tests.builders import PAPER_NETWORKS as NETWORKS


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["paper", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "paper.json"
    save(paper_run(), path, title="", note="")
    return path


def carried_out(monkeypatch: pytest.MonkeyPatch, run: Run) -> list[Request]:
    """Nothing is timed: what was asked for, and `run` is what comes of it."""
    asked: list[Request] = []

    def carry_out(request: Request, listen: object) -> Run:
        asked.append(request)
        return run

    monkeypatch.setattr(api, "carry_out", carry_out)
    return asked


def test_a_saved_run_is_judged_table_by_table(file: Path) -> None:
    found = call("--from", file)

    assert found.exit_code == 0, found.output
    assert "PyTorch eager, 1 thread" in found.stdout
    assert "\nTable 9\nHOLDS: 0.5-160 and AlexNet" in found.stdout
    assert "FAILS: The first convolution takes 1.19 % of the mult-adds." in found.stdout
    assert "HOLDS HERE: 1.0-224 is faster than VGG-16." in found.stdout
    assert "CANNOT BE TOLD: Separable convolutions cost about 1 point" in found.stdout
    assert found.stdout.endswith(
        "\nThe paper's own: 32 hold, 6 fail, 2 cannot be told. Asked here: 12 hold, 2 fail.\n"
    )


def test_a_program_gets_every_finding(file: Path) -> None:
    (found,) = json.loads(call("--from", file, "--json").stdout)

    assert found["scenario"]["engine"] == "eager"
    assert found["counts"] == {
        "paper": {"holds": 32, "fails": 6, "cannot tell": 2, "not measured": 0},
        "asked_here": {"holds": 12, "fails": 2, "cannot tell": 0, "not measured": 0},
    }
    assert [one["id"] for one in found["findings"]] == [claim.id for claim in claims()]
    by_id = {one["id"]: one for one in found["findings"]}
    assert by_id["table-2-first"]["outcome"] == "fails"
    assert by_id["table-2-first"]["paper"] == "first 3x3 1.19 %"
    assert by_id["table-2-first"]["source"] == "arXiv:1704.04861, Table 2"
    assert by_id["table-2-first"]["is_papers"]
    assert by_id["equations-time"]["networks"] == ["1.0-224-full", "1.0-224"]
    assert not by_id["equations-time"]["is_papers"]
    assert by_id["since-1.0-224"]["source"] is None


def test_what_is_not_in_a_run_is_not_measured_yet(tmp_path: Path) -> None:
    save(a_run(measurement("0.5-160")), tmp_path / "small.json", title="", note="")

    found = call("--from", tmp_path / "small.json")

    assert found.exit_code == 0
    assert "NOT MEASURED YET: 1.0-224 is faster than VGG-16." in found.stdout


@pytest.mark.parametrize("preset", ["quick", "certify"])
def test_everything_is_measured_in_one_run_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: Preset
) -> None:
    asked = carried_out(monkeypatch, paper_run())

    found = call("--engine", "eager,onnxruntime", "--preset", preset, "--out", tmp_path / "a.json")

    assert found.exit_code == 0, found.output
    (request,) = asked
    assert {one.key for one in request.candidates} == set(NETWORKS)
    assert [one.engine for one in request.scenarios] == ["eager", "onnxruntime"]
    assert request.preset == preset
    assert load(tmp_path / "a.json") == paper_run()
    assert "Saved to" in found.stderr


def test_a_network_that_failed_is_named_and_leaves_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = paper_run()
    rows = tuple(row for row in run.measurements if row.candidate.key != "vgg16")
    failure = Failure(candidate("vgg16"), EAGER, "too large\x1b[31m")
    carried_out(monkeypatch, replace(run, measurements=rows, failures=(failure,)))

    found = call()

    assert found.exit_code == 1
    assert "Failed: VGG-16 in PyTorch eager: too large" in found.stderr
    assert "CANNOT BE TOLD: 1.0-224 is faster than VGG-16." in found.stdout
    assert "\x1b" not in found.output


def test_an_interrupt_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out(monkeypatch, replace(a_run(measurement("1.0-224")), cancelled=True))

    found = call()

    assert found.exit_code == 130
    assert "NOT MEASURED YET" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--from missing.json", "missing.json cannot be read: No such file"),
        ("--from a.json --engine eager", "--from measures nothing"),
        ("--from a.json --out b.json", "--from measures nothing"),
        ("--engine tensorrt", "Engine 'tensorrt' is not known"),
        ("--engine eager,,openvino", "--engine has an empty entry"),
        ("--threads 1000", "1000 threads were asked for"),
        ("--preset preview", "'preview' is not one of"),
        ("--out missing/run.json", "missing is no folder"),
    ],
)
def test_bad_input_ends_with_status_2_and_the_way_out(arguments: str, reason: str) -> None:
    refused = call(*arguments.split())

    assert refused.exit_code == 2
    assert reason in refused.stderr
    assert refused.stdout == ""
