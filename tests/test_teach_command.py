"""The commands teach and ask, and `bench.teach`, as somebody uses them."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import benchmarks as bench
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.training.tasks.record import RECORD
from mobilenet import weights
from tests.test_learning_commands import ROOT, command, refused, run

ASKED = ("teach", "attributes", "--resolution", "32", "--epochs", "2")


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder, and what the command said of it."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "locks"))
        done = run(*ASKED, "--out", folder / "faces", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return folder / "faces", found


@pytest.mark.slow("TODO: say why")
class TestTaught:
    def test_it_is_told_beside_untrained_and_chance(
        self, trained: tuple[Path, dict[str, Any]]
    ) -> None:
        folder, outcome = trained
        assert outcome["weights"] == str(folder / "weights.safetensors")
        assert outcome["untrained"]["test"] == 180
        assert len(outcome["epochs"]) == 2

        again = run(*ASKED, "--out", folder)
        assert "Untrained" in again.stdout
        assert "generated faces with attributes: 420 images train, 180 test." in again.stdout
        assert str(folder / "weights.safetensors") in again.stderr

    def test_it_says_what_it_sees_also_where_it_was_moved(
        self, trained: tuple[Path, dict[str, Any]], tmp_path: Path
    ) -> None:
        folder, _ = trained
        moved = tmp_path / "moved"
        moved.mkdir()
        for name in ("weights.safetensors", RECORD):
            (moved / name).write_bytes((folder / name).read_bytes())

        told = run("ask", moved / "weights.safetensors", "--out", tmp_path / "seen.png")

        assert told.returncode == 0, told.stderr
        assert "The data say:" in told.stdout
        assert "glasses" in told.stdout
        with Image.open(tmp_path / "seen.png") as seen:
            assert seen.size == (32, 32)

    def test_a_picture_of_ones_own_is_answered_in_json(
        self, trained: tuple[Path, dict[str, Any]], tmp_path: Path
    ) -> None:
        folder, _ = trained
        Image.new("CMYK", (70, 50), (10, 200, 30, 0)).save(tmp_path / "mine.jpg")
        told = run("ask", folder / "weights.safetensors", tmp_path / "mine.jpg", "--json")

        answer = json.loads(told.stdout)
        assert len(answer["guesses"]) == 6
        assert answer["truth"] == ""

    def test_what_cannot_be_asked_is_said(
        self, trained: tuple[Path, dict[str, Any]], tmp_path: Path
    ) -> None:
        weights = trained[0] / "weights.safetensors"
        text = tmp_path / "text.png"
        text.write_text("no picture")
        assert "text.png is no image" in refused("ask", weights, text, status=1)
        assert "nowhere.png" in refused("ask", weights, tmp_path / "nowhere.png")
        assert "has no task.json beside it" in refused("ask", tmp_path / "weights.safetensors")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("cats",), "'cats' is not one of"),
        (("dogs", "--data", "nowhere"), "nowhere is not there"),
        (("dogs", "--width", "9"), "9"),
        (("dogs", "--epochs", "0"), "Epochs 0 is outside 1"),
        (("dogs", "--learning-rate", "99"), "Learning rate 99 is outside"),
        (("attributes", "--teacher", "nowhere.safetensors"), "nowhere.safetensors is no file"),
        (("detection", "--from", "nowhere.h5"), "nowhere.h5 is no file"),
    ],
)
def test_what_cannot_be_trained_is_refused(asked: tuple[str, ...], reason: str) -> None:
    assert reason in refused("teach", *asked)


@pytest.mark.slow("TODO: say why")
def test_a_killed_training_goes_on_and_ends_in_the_same_network(tmp_path: Path) -> None:
    asked = ("teach", "attributes", "--resolution", "32", "--epochs", "5", "--threads", "1")
    whole = run(*asked, "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    process = subprocess.Popen(
        command(*asked, "--out", tmp_path / "parts"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (tmp_path / "parts" / RECORD).exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    parts = run(*asked, "--out", tmp_path / "parts")

    assert parts.returncode == 0, parts.stderr
    one, other = (
        weights.read(tmp_path / name / "weights.safetensors").tensors for name in ("whole", "parts")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow("TODO: say why")
def test_code_trains_and_asks_too(tmp_path: Path) -> None:
    told: list[object] = []
    taught = bench.teach(
        "dogs",
        resolution=32,
        epochs=1,
        folder=tmp_path / "dogs",
        optimiser="adamw",
        listen=told.append,
    )

    assert "0.25-32 on generated pictures" in repr(taught)
    assert "<table>" in taught._repr_html_()
    assert len(taught.learning().data) == 2
    assert any(type(one).__name__ == "Learned" for one in told)
    answer = taught.ask(example=2)
    assert "The data say:" in repr(answer)
    assert "data:image/png;base64," in answer._repr_html_()
    with pytest.raises(bench.TeachingError, match=r"nowhere\.png"):
        taught.ask(tmp_path / "nowhere.png")
    with pytest.raises(bench.TeachingError, match="nowhere is not there"):
        bench.teach("dogs", "nowhere", folder=tmp_path / "none")
