"""The command paper: what of the paper holds here, from a saved run or from a new one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import api
from benchmarks.candidates import candidate
from benchmarks.claims import claims
from benchmarks.jobs.request import Request
from benchmarks.results import Failure, Run
from benchmarks.snapshot import load, save
from benchmarks.timing.protocol import Preset
from tests.builders import EAGER, a_run, measurement, paper_run
from tests.builders import PAPER_NETWORKS as NETWORKS
from tests.commands import answer, call, refused
from tests.wording import Wording


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


def test_a_saved_run_is_judged_table_by_table(file: Path, wording: Wording) -> None:
    found = call("paper", "--from", file)

    paragraphs = found.stdout.strip().split("\n\n")
    heads = [paragraph.split("\n")[0] for paragraph in paragraphs]
    assert found.exit_code == 0, found.output
    assert "PyTorch eager" in heads[1]
    by_head = dict(zip(heads, paragraphs, strict=True))
    assert "FAILS" in next(line for line in found.stdout.splitlines() if "1.19 %" in line)
    wording(by_head["Table 4"])
    wording(paragraphs[-1])  # how many hold, fail and cannot be told


def test_a_program_gets_every_finding(file: Path) -> None:
    (found,) = answer("paper", "--from", file)

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

    (found,) = answer("paper", "--from", tmp_path / "small.json")

    with_vgg = {one["outcome"] for one in found["findings"] if "vgg16" in one["networks"]}
    assert "not measured" in with_vgg
    assert found["counts"]["asked_here"]["not measured"] > 0


@pytest.mark.parametrize("preset", ["quick", "certify"])
def test_everything_is_measured_in_one_run_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, preset: Preset
) -> None:
    asked = carried_out(monkeypatch, paper_run())

    found = call(
        "paper", "--engine", "eager,onnxruntime", "--preset", preset, "--out", tmp_path / "a.json"
    )

    assert found.exit_code == 0, found.output
    (request,) = asked
    assert {one.key for one in request.candidates} == set(NETWORKS)
    assert [one.engine for one in request.scenarios] == ["eager", "onnxruntime"]
    assert request.preset == preset
    assert load(tmp_path / "a.json") == paper_run()
    assert str(tmp_path / "a.json") in found.stderr


def test_a_network_that_failed_is_named_and_leaves_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = paper_run()
    rows = tuple(row for row in run.measurements if row.candidate.key != "vgg16")
    failure = Failure(candidate("vgg16"), EAGER, "too large\x1b[31m")
    carried_out(monkeypatch, replace(run, measurements=rows, failures=(failure,)))

    found = call("paper")

    assert found.exit_code == 1
    assert "VGG-16 in PyTorch eager: too large" in found.stderr
    assert "\x1b" not in found.output


def test_an_interrupt_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out(monkeypatch, replace(a_run(measurement("1.0-224")), cancelled=True))

    found = call("paper", "--json")

    assert found.exit_code == 130
    assert json.loads(found.stdout)[0]["counts"]["asked_here"]["not measured"] > 0


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("--from missing.json", "missing.json"),
        ("--from a.json --engine eager", "--from"),
        ("--from a.json --out b.json", "--from"),
        ("--engine tensorrt", "'tensorrt'"),
        ("--engine eager,,openvino", "--engine"),
        ("--out missing/run.json", "missing"),
    ],
)
def test_bad_input_to_paper_is_refused_with_the_way_out(
    arguments: str, fact: str, wording: Wording
) -> None:
    reason = refused("paper", *arguments.split())

    assert fact in reason
    wording(reason)


@pytest.mark.parametrize(("option", "value"), [("--threads", "1000"), ("--preset", "preview")])
def test_bad_input_to_paper_is_named(option: str, value: str) -> None:
    assert value in refused("paper", option, value)
