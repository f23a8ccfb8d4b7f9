"""The commands train, evaluate, weights and export, as somebody types them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

os.environ.setdefault("KERAS_BACKEND", "torch")

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE, MachineLock, Ticket, lock_folder
from benchmarks.jobs.trainer import Trainer
from benchmarks.jobs.updates import Update, Waiting
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.training.order import Order
from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import TENSORFLOW
from mobilenet.tasks.data import Digits
from mobilenet.weights import preprocessing
from mobilenet.weights.catalogue import RELEASED
from mobilenet.weights.download import MIRROR_VARIABLE
from tests.weight_server import serving

pytestmark = pytest.mark.filterwarnings("default")  # of Keras' own code
ROOT = Path(__file__).resolve().parents[1]
QUARTER = ("--width", "0.25", "--resolution", "32")
KILLS = 8  # seen with 20 by hand: each starts PyTorch anew
SMALL = ("--width", "0.05", "--resolution", "32", "--batch", "128")


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "benchmarks", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True)


def refused(*arguments: object, status: int = 2) -> str:
    found = run(*arguments)
    assert found.returncode == status, found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    return found.stderr


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A network that was trained by the command, and what it said."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "locks"))
        trained = run("train", *QUARTER, "--epochs", 6, "--out", folder, "--json")
    assert trained.returncode == 0, trained.stderr
    (outcome,) = json.loads(trained.stdout)
    return folder, outcome


@pytest.mark.slow("TODO: say why")
def test_what_is_trained_is_told_scored_and_given_to_keras(
    tmp_path: Path, runs: tuple[Path, dict[str, Any]]
) -> None:
    folder, outcome = runs
    low, high = outcome["top1_bounds_percent"]
    assert low < outcome["top1_percent"] < high

    again = run("train", *QUARTER, "--epochs", 6, "--out", folder)
    assert "6 of 6" in again.stdout
    assert "540 test images" in again.stdout

    exported = run("export", outcome["weights"], "--to", "keras", "--out", tmp_path / "m.h5")
    assert exported.returncode == 0, exported.stderr
    import keras

    theirs = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, classes=10, classifier_activation=None
    )
    theirs.load_weights(tmp_path / "m.h5")
    images, _ = next(Digits().batches("test", 32, 64, preprocessing.SLIM))
    with torch.inference_mode():
        ours = weights.read(outcome["weights"]).network()(images)
        answers = theirs(images.permute(0, 2, 3, 1), training=False)
    assert (ours - answers).abs().max() < 1e-4

    message = refused("export", outcome["weights"], "--to", "timm", "--out", tmp_path / "t")
    assert "padding" in message
    assert not (tmp_path / "t").exists()


@pytest.mark.slow("TODO: say why")
def test_every_engine_gives_the_same_answers_and_int8_what_it_costs(
    runs: tuple[Path, dict[str, Any]],
) -> None:
    _, outcome = runs
    engines = "eager,channels_last,compiled,onnxruntime,openvino,executorch"

    found = run(
        "evaluate", outcome["weights"], "--engine", engines, "--precision", "float32,int8",
        "--batch", 37, "--json",
    )  # fmt: skip

    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert said["images"] == 540  # 37 does not divide it
    by_way = {(one["way"]["engine"], one["way"]["precision"]): one for one in said["answered"]}
    assert len(by_way) == 8
    for (engine, precision), one in by_way.items():
        score, change = one["score"], one["change"]
        assert score["total"] == 540
        if precision == "float32":
            assert change == {"same": 540, "lost": 0, "gained": 0}, engine
            assert score == outcome["epochs"][-1]["score"]
        else:  # calibrated with images, it is still the same network
            assert (
                score["top1"]
                == outcome["epochs"][-1]["score"]["top1"] - change["lost"] + (change["gained"])
            )
            assert change["same"] > 400


@pytest.mark.slow("TODO: say why")
def test_killed_again_and_again_it_ends_in_the_same_network(tmp_path: Path) -> None:
    asked = ("train", *SMALL, "--epochs", 30, "--threads", 1)
    whole = run(*asked, "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr

    chance = random.Random(4)
    kills = 0
    while kills < KILLS:
        process = subprocess.Popen(
            command(*asked, "--out", tmp_path / "parts"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(1.0, 6.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    parts = run(*asked, "--out", tmp_path / "parts")
    assert parts.returncode == 0, parts.stderr

    one, other = (
        weights.read(tmp_path / name / "0.05-32" / "weights.safetensors")
        for name in ("whole", "parts")
    )
    assert all(torch.equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    left = sorted(path.name for path in (tmp_path / "parts" / "0.05-32").iterdir())
    assert left == ["checkpoint.pt", "training.json", "weights.safetensors"]


@pytest.mark.slow("TODO: say why")
def test_an_interrupt_keeps_what_was_trained_and_says_how_to_go_on(tmp_path: Path) -> None:
    asked = ("train", *SMALL, "--epochs", 500, "--out", tmp_path)
    process = subprocess.Popen(
        command(*asked), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    checkpoint = tmp_path / "0.05-32" / "checkpoint.pt"
    deadline = time.monotonic() + 120
    while not checkpoint.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said, told = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "of 500" in said
    assert "goes on after the last epoch" in told


def test_training_waits_until_nothing_is_measured(tmp_path: Path) -> None:
    folder = lock_folder()
    ahead, lock = Ticket(folder, "Measure 0.5-160"), MachineLock(folder)
    assert lock.try_acquire()
    stop, heard = threading.Event(), []

    def hear(update: Update) -> None:
        heard.append(update)
        stop.set()

    trainer = Trainer()
    order = Order(0.05, 32, "digits", str(tmp_path / "run"))
    outcomes = trainer.train((order,), 1, Ticket(folder, "Train"), hear, stop)
    trainer.close()
    lock.close()
    ahead.leave()

    assert outcomes == ()
    assert isinstance(heard[0], Waiting)
    assert heard[0].place.first == "Measure 0.5-160"
    assert not (tmp_path / "run").exists()


class TestBadInput:
    @pytest.mark.parametrize(
        "wrong",
        [
            ("--epochs", "0"),
            ("--width", "9"),
            ("--width", "a"),
            ("--resolution", "16"),
            ("--learning-rate", "nan"),
            ("--batch", "1"),
            ("--optimiser", "adam"),
        ],
        ids=" ".join,
    )
    def test_what_nobody_can_train_is_refused_at_once(
        self, tmp_path: Path, wrong: tuple[str, str]
    ) -> None:
        refused("train", *wrong, "--out", tmp_path / "runs")

        assert not (tmp_path / "runs").exists()

    def test_images_that_are_not_there_are_named(self, tmp_path: Path) -> None:
        for place in (tmp_path / "nowhere", ""):
            message = refused("train", "--data", place, "--out", tmp_path / "runs")
            assert "is no folder" in message
        assert not (tmp_path / "runs").exists()

    def test_weights_to_start_from_must_be_here(self, tmp_path: Path) -> None:
        asked = ("train", "--out", tmp_path / "runs", "--from")

        assert "is no file" in refused(*asked, tmp_path / "nowhere.h5")
        assert "Fetch it" in refused(*asked, "keras/0.25-128")

    def test_an_export_does_not_replace_its_source(self, tmp_path: Path) -> None:
        saved(tmp_path / "w", MobileNetConfig(0.25, 32, 10))

        message = refused("export", tmp_path / "w", "--to", "keras", "--out", tmp_path / "w")

        assert "may not replace its source" in message
        assert weights.read(tmp_path / "w").config.num_classes == 10

    def test_weights_of_other_classes_of_the_same_number_are_not_scored(
        self, tmp_path: Path
    ) -> None:
        saved(tmp_path / "w", MobileNetConfig(0.05, 32, 10), classes=tuple("abcdefghij"))

        assert "other classes" in refused("evaluate", tmp_path / "w", status=1)

    def test_weights_that_know_other_classes_are_not_scored(self, tmp_path: Path) -> None:
        saved(tmp_path / "w.safetensors", MobileNetConfig(0.05, 32, 7))

        message = refused("evaluate", tmp_path / "w.safetensors", status=1)

        assert "10 classes" in message
        assert "know 7" in message

    def test_half_a_network_is_no_network(self, tmp_path: Path) -> None:
        assert "both" in refused("evaluate", tmp_path / "w", "--width", "0.5")

    def test_weights_that_are_none_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "w.h5").write_bytes(b"hello")

        message = refused(
            "export", tmp_path / "w.h5", "--to", "keras", "--out", tmp_path / "o", "--width", 1,
            "--resolution", 224,
        )  # fmt: skip

        assert "w.h5" in message
        assert not (tmp_path / "o").exists()


def saved(
    path: Path,
    config: MobileNetConfig,
    form: Any = "own",
    classes: tuple[str, ...] | None = None,
) -> None:
    network = MobileNet(config, TENSORFLOW)
    initialise(network, 0, image_shape=(3, config.resolution, config.resolution))
    found = weights.of_network(network, preprocessing.SLIM, "a test", classes=classes)
    weights.write(found, path, form)


class TestReleased:
    def test_all_are_listed_without_asking_anybody(self) -> None:
        listed = run("weights")

        assert listed.returncode == 0
        assert all(one.key in listed.stdout for one in RELEASED)
        assert "Apache 2.0" in listed.stdout

    def test_without_a_network_the_way_out_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")

        message = refused("weights", "keras/0.25-128", status=1)

        assert "cannot be reached" in message
        assert "Licence: Apache 2.0" in message

    def test_one_is_fetched_once_and_is_then_known_by_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        saved(tmp_path / "theirs.h5", MobileNetConfig(0.25, 128), "keras")
        with serving() as server:
            server.content = (tmp_path / "theirs.h5").read_bytes()
            monkeypatch.setenv(MIRROR_VARIABLE, server.url)
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            fetched = run("weights", "keras/0.25-128")
            again = run("weights", "keras/0.25-128")

        assert fetched.returncode == 0, fetched.stderr
        assert fetched.stdout == again.stdout
        assert len(server.asked) == 1
        listed = [line for line in run("weights").stdout.splitlines() if "keras/0.25-128" in line]
        assert "yes" in listed[0]
        out = tmp_path / "own.safetensors"
        assert run("export", "keras/0.25-128", "--to", "own", "--out", out).returncode == 0
        assert weights.read(out).config == MobileNetConfig(0.25, 128)

    def test_what_was_not_fetched_is_told_how_to_be(self) -> None:
        message = refused("evaluate", "tf-slim/0.25-128")

        assert "mobilenet-bench weights tf-slim/0.25-128" in message

    def test_a_name_that_nobody_released_is_refused(self) -> None:
        assert "keras/0.3-128" in refused("weights", "keras/0.3-128")
