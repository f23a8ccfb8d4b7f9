"""`choose` on the command line, and from code."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks as bench
from benchmarks import snapshot
from benchmarks.calibration import calibration_networks
from benchmarks.cli.given import InputError, latency_of, size_of
from benchmarks.latency_model import LatencyModelError
from benchmarks.machine import read_machine
from benchmarks.results import Run
from tests.builders import a_run, planted_calibration
from tests.commands import answer, call, refused
from tests.fake_worker import FakeMachine
from tests.wording import Wording


@pytest.fixture
def planted() -> Run:
    """Timed eagerly, as it says."""
    rows = planted_calibration(engine="eager", quality="measured")
    return a_run(*rows, machine=read_machine())


@pytest.fixture
def calibration(planted: Run, tmp_path: Path) -> Path:
    snapshot.save(planted, tmp_path / "calibration.json")
    return tmp_path / "calibration.json"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10ms", 0.01), ("10MS", 0.01), ("0.5 s", 0.5), ("800us", 0.0008), (" 4ms ", 0.004)],
)
def test_a_latency_is_a_number_with_its_unit(text: str, seconds: float) -> None:
    assert latency_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["10", "ms", "-3ms", "1e3ms", "10 minutes", "nanms", ""])
def test_anything_else_is_no_latency(text: str, wording: Wording) -> None:
    with pytest.raises(InputError, match=re.escape(repr(text))) as refusal:
        latency_of(text)

    wording(refusal.value)


def test_a_size_has_a_unit_too(wording: Wording) -> None:
    assert size_of("6MB") == 6_000_000
    assert size_of("6 MiB") == 6 * 2**20
    for wrong in ("six", "6"):
        with pytest.raises(InputError, match=f"'{wrong}'") as refusal:
            size_of(wrong)
        wording(refusal.value)


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("--max-latency 10", "'10'"),
        ("--max-latency 0ms", "0"),
        ("--max-latency 1ms --max-size big", "'big'"),
        ("--max-latency 1ms --engine abacus", "'abacus'"),
        ("--max-latency 1ms --max-size 6kB", "MobileNet 0.25-128"),
        ("--max-latency 1ms --calibration no/such/folder/c.json", "no/such/folder"),
        ("--max-latency 1ms --out no/such/folder/run.json", "no/such/folder"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused_with_the_way_out(
    arguments: str, fact: str, wording: Wording
) -> None:
    reason = refused("choose", *arguments.split())

    assert fact in reason
    wording(reason)


def test_more_threads_than_there_are_cannot_choose() -> None:
    assert "4096" in refused("choose", "--max-latency", "1ms", "--threads", "4096")


def test_a_calibration_of_another_way_of_running_is_refused(
    calibration: Path, wording: Wording
) -> None:
    asked = ("choose", "--max-latency", "9ms", "--calibration", calibration)

    wording(refused(*asked, "--batch", "2"))


def test_a_calibration_of_another_machine_is_refused(planted: Run, wording: Wording) -> None:
    elsewhere = replace(planted.machine, cpu="Another CPU")

    with pytest.raises(LatencyModelError) as refusal:
        bench.choose(0.01, calibration=replace(planted, machine=elsewhere))

    assert "Another CPU" in str(refusal.value)
    wording(refusal.value)


def test_what_nothing_can_meet_is_said_without_measuring(
    calibration: Path, fake_machine: FakeMachine
) -> None:
    asked = ("choose", "--max-latency", "1us", "--calibration", calibration)

    shown = call(*asked)
    found = call(*asked, "--json")

    said = " ".join(shown.stdout.split())
    assert shown.exit_code == found.exit_code == 1
    assert json.loads(found.stdout)["best"] is None
    assert json.loads(found.stdout)["measured"] == []
    assert "0.00100 ms" in said
    assert f" {len(calibration_networks())} " in said
    assert not fake_machine.workers


def test_a_calibration_is_kept_where_none_is_and_used_again(
    fake_machine: FakeMachine, tmp_path: Path
) -> None:
    file = tmp_path / "eager.json"
    asked = ("choose", "--max-latency", "1us", "--calibration", file)

    first = call(*asked)
    written = file.read_bytes()
    started = len(fake_machine.workers)
    again = call(*asked)

    assert first.exit_code == again.exit_code == 1
    assert str(file) in first.stderr
    assert len(snapshot.load(file).measurements) == len(calibration_networks())
    assert again.stdout == first.stdout
    assert str(file) not in again.stderr
    assert file.read_bytes() == written
    assert len(fake_machine.workers) == started > 0


def test_an_answer_was_measured_here(
    calibration: Path, fake_machine: FakeMachine, tmp_path: Path
) -> None:
    """The planted calibration is wrong about this machine, as one from elsewhere would be."""
    out = tmp_path / "run.json"

    found = answer(
        *("choose", "--max-latency", "10s", "--max-size", "2.1MB", "--calibration", calibration),
        *("--out", out),
    )

    measured = {one["network"] for one in found["measured"]}
    best = found["best"]
    assert best["network"] in measured
    assert best["size_bytes"] <= 2_100_000
    low, high = best["interval_s"]
    assert low <= best["median_s"] <= high <= 10
    assert {one.candidate.key for one in snapshot.load(out).measurements} <= measured


def test_from_code_the_same_is_refused_and_answered(planted: Run, wording: Wording) -> None:
    with pytest.raises(bench.BudgetError) as no_time:
        bench.choose(0)
    with pytest.raises(bench.BudgetError, match="'6MB'") as no_number:
        bench.choose(0.01, "6MB")  # type: ignore[arg-type]
    wording(no_time.value)
    wording(no_number.value)
    found = bench.choose(1e-6, calibration=planted)

    assert found.best is None
    assert repr(found).splitlines()[0] in " ".join(found.sentences())
