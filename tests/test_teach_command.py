"""The commands teach and ask, and `bench.teach`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from PIL import Image

import benchmarks as bench
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.training.tasks.record import RECORD, read, record_of
from tests.commands import LIMIT_S, answer, call, interrupted, refused, run, start
from tests.fake_worker import FakeMachine
from tests.waiting import soon
from tests.wording import Wording

ASKED = ("teach", "attributes", "--resolution", "32", "--epochs", "2")


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))


def test_what_is_taught_is_scored_saved_and_recorded(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    outcome = answer(*ASKED, "--out", tmp_path)
    shown = call(*ASKED, "--out", tmp_path)

    kept = record_of(tmp_path / "weights.safetensors")
    assert outcome["weights"] == str(tmp_path / "weights.safetensors")
    assert [epoch["number"] for epoch in outcome["epochs"]] == [1, 2]
    assert shown.exit_code == 0
    assert kept is not None
    assert kept.is_done
    wording(shown.stdout)  # beside untrained and chance
    wording(shown.stderr.replace(str(tmp_path), "FOLDER"))


def test_an_interrupt_keeps_what_was_taught(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    fake_machine.hold("epoch 2")

    result = interrupted((tmp_path / RECORD).exists, *ASKED, "--out", tmp_path, "--json")

    outcome = json.loads(result.stdout)
    assert result.exit_code == 130
    assert len(outcome["epochs"]) == 1
    assert outcome["weights"] is None
    wording(result.stderr)


def test_what_died_or_was_not_taught_to_its_end_has_a_status_and_cannot_be_asked(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    fake_machine.dies_of["teach"] = "the worker process was ended by SIGKILL"

    result = call(*ASKED, "--out", tmp_path)

    assert result.exit_code == 1
    assert "the worker process was ended by SIGKILL" in result.stderr
    reason = refused("ask", tmp_path / "weights.safetensors")
    assert RECORD in reason
    wording(reason.replace(str(tmp_path), "FOLDER"))


def test_a_network_says_what_it_sees_in_words_and_in_json(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    weights = tmp_path / "weights.safetensors"
    call("teach", "detection", "--epochs", 1, "--out", tmp_path)

    found = answer("ask", weights, "--least", "0.25")
    wording(call("ask", weights, "--least", "0.25").stdout)

    assert found["guesses"][0] == ["tabby", 0.75]
    assert found["least_score"] == 0.25
    assert found["truth"] == ""


def test_a_picture_that_is_not_there_is_named(fake_machine: FakeMachine, tmp_path: Path) -> None:
    call(*ASKED, "--out", tmp_path)

    assert "nowhere.png" in refused("ask", tmp_path / "weights.safetensors", "nowhere.png")
    fake_machine.dies_of["ask"] = "the worker process was ended by SIGKILL"
    assert "SIGKILL" in refused("ask", tmp_path / "weights.safetensors", status=1)


@pytest.mark.parametrize(
    ("asked", "fact"),
    [
        (("dogs", "--data", "nowhere"), "nowhere"),
        (("dogs", "--width", "9"), "9"),
        (("dogs", "--epochs", "0"), "0"),
        (("dogs", "--learning-rate", "99"), "99"),
        (("attributes", "--teacher", "nowhere.safetensors"), "nowhere.safetensors"),
        (("detection", "--from", "nowhere.h5"), "nowhere.h5"),
    ],
)
def test_what_cannot_be_taught_is_refused(
    asked: tuple[str, ...], fact: str, wording: Wording
) -> None:
    reason = refused("teach", *asked)

    assert fact in reason
    wording(reason)


def test_a_task_that_is_none_is_named() -> None:
    assert "'cats'" in refused("teach", "cats")


@pytest.mark.slow("starts PyTorch six times, and trains four epochs of the generated faces")
def test_a_killed_training_goes_on_to_the_same_network_which_can_then_be_asked(
    tmp_path: Path,
) -> None:
    import torch

    from mobilenet import weights

    asked = ("teach", "attributes", "--resolution", "32", "--epochs", "2", "--threads", "1")
    whole = run(*asked, "--out", tmp_path / "whole", "--json")
    assert whole.returncode == 0, whole.stderr
    outcome = json.loads(whole.stdout)
    assert (outcome["untrained"]["train"], outcome["untrained"]["test"]) == (420, 180)
    assert len(outcome["epochs"]) == 2
    process = start(*asked, "--out", tmp_path / "parts")
    assert soon((tmp_path / "parts" / RECORD).exists, LIMIT_S)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    killed = read(tmp_path / "parts" / RECORD)
    assert killed is not None
    parts = run(*asked, "--out", tmp_path / "parts", "--json")

    assert parts.returncode == 0, parts.stderr
    assert json.loads(parts.stdout)["epochs"][0]["seconds"] == killed.epochs[0].seconds
    one, other = (
        weights.read(tmp_path / name / "weights.safetensors").tensors for name in ("whole", "parts")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)

    moved = (tmp_path / "parts").rename(tmp_path / "moved")
    seen = answer("ask", moved / "weights.safetensors", "--out", tmp_path / "seen.png")
    assert "glasses" in {name for name, _ in seen["guesses"]}
    assert seen["truth"]
    with Image.open(tmp_path / "seen.png") as picture:
        assert picture.size == (32, 32)
    Image.new("CMYK", (70, 50), (10, 200, 30, 0)).save(tmp_path / "mine.jpg")
    mine = answer("ask", moved / "weights.safetensors", tmp_path / "mine.jpg")
    assert len(mine["guesses"]) == 6
    assert mine["truth"] == ""
    (tmp_path / "text.png").write_text("no picture")
    refusal = refused("ask", moved / "weights.safetensors", tmp_path / "text.png", status=1)
    assert "text.png" in refusal


@pytest.mark.slow("trains an epoch of the generated pictures")
def test_code_trains_and_asks_too(tmp_path: Path, wording: Wording) -> None:
    told: list[object] = []
    taught = bench.teach(
        "dogs",
        resolution=32,
        epochs=1,
        folder=tmp_path / "dogs",
        optimiser="adamw",
        listen=told.append,
    )

    assert "0.25-32" in repr(taught)
    assert "<table>" in taught._repr_html_()
    assert len(taught.learning().data) == 2
    assert any(type(one).__name__ == "Learned" for one in told)
    seen = taught.ask(example=2)
    assert len(repr(seen).splitlines()) > 1
    assert "data:image/png;base64," in seen._repr_html_()
    with pytest.raises(bench.TeachingError) as missing:
        taught.ask(tmp_path / "nowhere.png")
    assert "nowhere.png" in str(missing.value)
    with pytest.raises(bench.TeachingError) as no_data:
        bench.teach("dogs", "nowhere", folder=tmp_path / "none")
    assert "nowhere" in str(no_data.value)
    wording(str(no_data.value).replace(f"{Path.cwd()}/", ""))
