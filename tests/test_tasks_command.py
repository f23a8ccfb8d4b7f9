"""The paper's applications, and the command tasks: counted beside the paper, timed on request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import api, units
from benchmarks.application_table import agreement, notes, rows, runnable
from benchmarks.applications import APPLICATIONS, Printed
from benchmarks.candidates import candidate
from benchmarks.jobs.request import Request
from benchmarks.results import Failure, Run
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import load
from tests.builders import a_run, measurement
from tests.commands import answer, call, refused
from tests.wording import Wording


def carried_out(monkeypatch: pytest.MonkeyPatch, run: Run) -> list[Request]:
    """Nothing is timed: what was asked for, and `run` is what comes of it."""
    asked: list[Request] = []

    def carry_out(request: Request, listen: object) -> Run:
        asked.append(request)
        return run

    monkeypatch.setattr(api, "carry_out", carry_out)
    return asked


@pytest.mark.parametrize("key", APPLICATIONS)
def test_wherever_we_count_otherwise_than_the_paper_a_sentence_says_something_of_it(
    key: str,
) -> None:
    for entry in APPLICATIONS[key].entries:
        network, paper = entry.candidate, entry.paper
        if network is None or paper is None:
            continue
        is_met = paper.mult_adds.is_met_by(network.mult_adds) and paper.parameters.is_met_by(
            network.parameters
        )
        assert is_met or entry.note, entry


def test_most_of_the_papers_counts_are_met_to_their_last_digit() -> None:
    assert agreement(APPLICATIONS.values()) == (28, 46)
    assert agreement([APPLICATIONS["detection"]]) == (10, 12)


@pytest.mark.parametrize(
    ("count", "is_met"), [(568_500_000, True), (569_499_999, True), (568_400_000, False)]
)
def test_a_count_meets_a_figure_that_it_would_be_printed_as(count: int, is_met: bool) -> None:
    assert Printed(569e6, 1e6).is_met_by(count) is is_met


@pytest.mark.parametrize("key", APPLICATIONS)
def test_each_application_has_the_whole_network_and_a_small_one_and_a_baseline(key: str) -> None:
    application = APPLICATIONS[key]
    names = [row.network for row in rows(application, lambda _: None)]

    assert any("1.0" in name for name in names)
    assert any("0.5" in name for name in names)
    assert sum(entry.is_baseline for entry in application.entries) >= 1
    assert len(set(names)) == len(names)
    assert all(one.detector is None or one.mult_adds < 1e11 for one in application.timed)


def test_without_a_name_all_are_shown_and_nothing_is_timed(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    asked = carried_out(monkeypatch, a_run())

    found = call("tasks")

    assert found.exit_code == 0, found.output
    assert not asked
    for application in APPLICATIONS.values():
        assert f"{application.title} ({application.table})" in found.stdout
    wording(found.stdout)


def test_a_note_names_its_networks_and_stands_once(wording: Wording) -> None:
    found = notes(APPLICATIONS["dogs"])

    assert len(found) == 2
    assert found[0].startswith("MobileNet 1.0-224; MobileNet 1.0-192: ")
    for note in found:
        wording(note)


def test_a_task_is_timed_in_one_run_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = measurement("ssd-1.0-300", median_ms=41.0)
    run = a_run(whole, measurement("ssd-0.5-300"))
    asked = carried_out(monkeypatch, run)

    found = call(
        "tasks", "detection", "--measure", "--preset", "standard", "--out", tmp_path / "a.json"
    )

    assert found.exit_code == 0, found.output
    (request,) = asked
    assert request.candidates == APPLICATIONS["detection"].timed
    assert (request.preset, request.quality) == ("standard", "measured")
    assert units.milliseconds(whole.median_s) in found.stdout
    assert "PyTorch eager" in found.stdout
    assert load(tmp_path / "a.json") == run


def test_an_engine_times_what_it_can_take_and_the_rest_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = carried_out(monkeypatch, a_run(measurement("ssd-1.0-300", engine="onnxruntime")))

    found = call("tasks", "detection", "--measure", "--engine", "onnxruntime")

    assert found.exit_code == 0, found.output
    assert asked[0].candidates == runnable(APPLICATIONS["detection"], Scenario("onnxruntime"))
    assert [one.key for one in asked[0].candidates] == [
        "ssd-1.0-300",
        "ssd-0.5-300",
        "ssd-vgg16-300",
    ]
    assert "ONNX Runtime" in found.stderr
    assert "Faster R-CNN 300, MobileNet 1.0" in found.stderr


def test_a_program_gets_counts_times_and_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    carried_out(monkeypatch, a_run(measurement("1.0-224-n120", median_ms=15.0)))

    found = answer("tasks", "dogs", "--measure")

    (dogs,) = found
    first, second, *_ = dogs["networks"]
    assert dogs["table"] == "Table 10"
    assert first["key"] == "1.0-224-n120"
    assert first["mult_adds"] == candidate("1.0-224-n120").mult_adds
    assert first["paper_mult_adds"] == 569_000_000
    assert first["median_s"] == pytest.approx(0.015, rel=0.01)
    assert second["median_s"] is None


def test_a_network_that_failed_is_named_and_leaves_a_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failure = Failure(candidate("inception_v3"), Scenario(), "too large\x1b[31m")
    run = replace(a_run(measurement("1.0-224-n120")), failures=(failure,))
    carried_out(monkeypatch, run)

    found = call("tasks", "dogs", "--measure")

    assert found.exit_code == 1
    assert "Inception V3 in PyTorch eager: too large" in found.stderr
    assert "\x1b" not in found.output


def test_an_interrupt_keeps_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = measurement("1.0-224-n120")
    carried_out(monkeypatch, replace(a_run(timed), cancelled=True))

    found = call("tasks", "dogs", "--measure")

    assert found.exit_code == 130
    assert units.milliseconds(timed.median_s) in found.stdout


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ("cats", "'cats'"),
        ("--measure", "--measure"),
        ("dogs --out a.json", "--measure"),
        ("dogs --measure --engine tensorrt", "'tensorrt'"),
        ("dogs --measure --out missing/run.json", "missing"),
        ("dogs --width 0.35", "--resolution"),
        ("dogs --width 9 --resolution 192", "9"),
    ],
)
def test_bad_input_to_tasks_is_refused_with_the_way_out(
    arguments: str, fact: str, wording: Wording
) -> None:
    reason = refused("tasks", *arguments.split())

    assert fact in reason or fact == "--measure"
    wording(reason)


def test_more_threads_than_there_are_time_no_task() -> None:
    assert "1000" in refused("tasks", "dogs", "--measure", "--threads", "1000")


def test_a_network_of_ones_own_choice_is_counted_too() -> None:
    shown = call("tasks", "geolocation", "--width", "0.35", "--resolution", "192").stdout
    assert "MobileNet 0.35-192" in shown
    assert "MobileNet 0.35-192" in call("tasks", "--width", "0.35", "--resolution", "192").stdout
    known = call("tasks", "detection", "--width", "0.5", "--resolution", "300").stdout
    assert known == call("tasks", "detection").stdout
