"""The commands train, evaluate, weights and export."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE, MachineLock, Ticket, lock_folder
from benchmarks.jobs.trainer import Trainer
from benchmarks.jobs.updates import Update, Waiting
from benchmarks.messages import Event, NotTrained
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.scenarios import Scenario
from benchmarks.training.order import Examination, Order
from benchmarks.training.record import RECORD, record_of
from mobilenet import MobileNetConfig
from mobilenet.weights.catalogue import RELEASED
from mobilenet.weights.download import MIRROR_VARIABLE
from tests.commands import LIMIT_S, answer, call, interrupted, refused, run, start
from tests.fake_worker import FakeMachine, score_after
from tests.waiting import soon
from tests.weight_server import serving
from tests.wording import Wording

QUARTER = ("--width", "0.25", "--resolution", "32")
SMALL = ("--width", "0.05", "--resolution", "32", "--batch", "128")
KILLS = 2


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def test_what_is_trained_is_scored_saved_and_recorded(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    asked = ("train", *SMALL, "--width", "0.1", "--epochs", 3, "--out", tmp_path)
    first, second = answer(*asked)
    shown = call(*asked)

    score = score_after(3)
    low, high = first["top1_bounds_percent"]
    assert (first["label"], second["label"]) == ("0.05-32", "0.1-32")
    assert [epoch["number"] for epoch in first["epochs"]] == [1, 2, 3]
    assert first["top1_percent"] == pytest.approx(score.top1_percent)
    assert low < first["top1_percent"] < high
    assert first["weights"] == str(tmp_path / "0.05-32" / "weights.safetensors")
    assert shown.exit_code == 0
    for label in ("0.05-32", "0.1-32"):
        kept = record_of(tmp_path / label / "weights.safetensors")
        assert kept is not None
        assert kept.outcome.score == score
    wording(shown.stdout)
    wording(shown.stderr.replace(str(tmp_path), "FOLDER"))


def test_an_interrupt_keeps_what_was_trained_and_says_how_to_go_on(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    fake_machine.hold("epoch 3")
    record = tmp_path / "0.05-32" / RECORD

    def are_two_trained() -> bool:
        return record.exists() and len(json.loads(record.read_text())["epochs"]) == 2

    result = interrupted(
        are_two_trained, "train", *SMALL, "--epochs", 500, "--out", tmp_path, "--json"
    )

    (outcome,) = json.loads(result.stdout)
    assert result.exit_code == 130
    assert len(outcome["epochs"]) == 2
    assert outcome["weights"] is None
    wording(result.stderr)


def test_an_interrupt_before_an_epoch_was_done_says_that_it_begins_anew(
    fake_machine: FakeMachine, tmp_path: Path, wording: Wording
) -> None:
    fake_machine.hold("epoch 1")

    def has_begun() -> bool:
        return any("train" in worker.commands for worker in fake_machine.workers)

    result = interrupted(has_begun, "train", *SMALL, "--out", tmp_path)

    assert result.exit_code == 130
    assert result.stdout == ""
    wording(result.stderr)


def test_a_training_that_dies_fails_with_status_1_and_its_reason(
    fake_machine: FakeMachine, tmp_path: Path
) -> None:
    fake_machine.dies_of["train"] = "the worker process was ended by SIGKILL"

    result = call("train", *SMALL, "--out", tmp_path)

    assert result.exit_code == 1
    assert "0.05-32: the worker process was ended by SIGKILL" in result.stderr


def test_scores_are_told_by_engine_and_precision(fake_machine: FakeMachine, tmp_path: Path) -> None:
    (outcome,) = answer("train", *SMALL, "--epochs", 1, "--out", tmp_path)
    asked = ("evaluate", outcome["weights"], "--engine", "eager,onnxruntime")

    found = answer(*asked, "--precision", "float32,int8", "--batch", 37)
    shown = call(*asked)

    ways = {(one["way"]["engine"], one["way"]["precision"]) for one in found["answered"]}
    assert ways == {("eager", "float32"), ("onnxruntime", "float32"), ("onnxruntime", "int8")}
    assert {one["way"]["batch"] for one in found["answered"]} == {37}
    assert found["images"] == 540
    assert "ONNX Runtime" in shown.stdout
    assert str(found["images"]) in shown.stdout


def test_a_worker_that_dies_while_it_scores_is_status_1(
    fake_machine: FakeMachine, tmp_path: Path
) -> None:
    (outcome,) = answer("train", *SMALL, "--epochs", 1, "--out", tmp_path)
    fake_machine.dies_of["examine"] = "the worker process was ended by SIGKILL"

    assert "SIGKILL" in refused("evaluate", outcome["weights"], status=1)


def test_an_interrupt_of_scoring_is_status_130(fake_machine: FakeMachine, tmp_path: Path) -> None:
    (outcome,) = answer("train", *SMALL, "--epochs", 1, "--out", tmp_path)
    fake_machine.hold("examine")

    def is_asked() -> bool:
        return any("examine" in worker.commands for worker in fake_machine.workers)

    assert interrupted(is_asked, "evaluate", outcome["weights"]).exit_code == 130


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A network that the command really trained, and what it said."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder / "locks"))
        finished = run("train", *QUARTER, "--epochs", 6, "--out", folder, "--json")
    assert finished.returncode == 0, finished.stderr
    (outcome,) = json.loads(finished.stdout)
    return folder, outcome


@pytest.mark.slow("trains a network for six epochs, and lets Keras answer")
@pytest.mark.filterwarnings("default")  # of Keras' own code
def test_a_trained_network_goes_on_when_asked_again_and_keras_gives_its_answers(
    tmp_path: Path, trained: tuple[Path, dict[str, Any]]
) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    import torch

    from mobilenet import weights
    from mobilenet.tasks.data import Digits
    from mobilenet.weights import preprocessing

    folder, outcome = trained
    (again,) = json.loads(run("train", *QUARTER, "--epochs", 6, "--out", folder, "--json").stdout)
    assert again["epochs"] == outcome["epochs"]  # their seconds too: none was trained again
    assert outcome["epochs"][-1]["score"]["total"] == 540

    exported = run("export", outcome["weights"], "--to", "keras", "--out", tmp_path / "m.h5")
    assert exported.returncode == 0, exported.stderr
    theirs = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, classes=10, classifier_activation=None
    )
    theirs.load_weights(tmp_path / "m.h5")
    images, _ = next(Digits().batches("test", 32, 64, preprocessing.SLIM))
    with torch.inference_mode():
        ours = weights.read(outcome["weights"]).network()(images)
        answers = theirs(images.permute(0, 2, 3, 1), training=False)
    assert (ours - answers).abs().max() < 1e-4

    reason = refused("export", outcome["weights"], "--to", "timm", "--out", tmp_path / "t")
    assert "padding" in reason
    assert not (tmp_path / "t").exists()


@pytest.mark.slow("trains a network for six epochs, and exports and quantises it")
def test_engines_give_the_same_answers_and_int8_what_it_costs(
    trained: tuple[Path, dict[str, Any]],
) -> None:
    _, outcome = trained
    engines = "eager,onnxruntime,openvino"

    found = run(
        "evaluate", outcome["weights"], "--engine", engines, "--precision", "float32,int8",
        "--batch", 37, "--json",
    )  # fmt: skip

    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert said["images"] == 540  # 37 does not divide it
    by_way = {(one["way"]["engine"], one["way"]["precision"]): one for one in said["answered"]}
    assert len(by_way) == 5
    top1 = outcome["epochs"][-1]["score"]["top1"]
    for (engine, precision), one in by_way.items():
        score, change = one["score"], one["change"]
        assert score["total"] == 540
        assert score["top1"] == top1 - change["lost"] + change["gained"], engine
        # Calibrated with images, int8 is still the same network. Engines add up in another order,
        # so an image that two classes fit equally well may change in float32 too.
        assert change["same"] >= (538 if precision == "float32" else 400), engine


@pytest.mark.slow("trains six epochs twice and starts PyTorch four times")
def test_killed_again_and_again_it_ends_in_the_same_network(tmp_path: Path) -> None:
    """As soon as some epoch is kept, at a later one each time. By hand with 20 kills at random."""
    import torch

    from mobilenet import weights

    asked = ("train", *SMALL, "--epochs", 6, "--threads", 1)
    whole = run(*asked, "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr

    record = tmp_path / "parts" / "0.05-32" / RECORD

    def epochs() -> int:
        return len(json.loads(record.read_text())["epochs"]) if record.exists() else 0

    for number in range(KILLS):
        wanted = epochs() + 1 + number
        process = start(*asked, "--out", tmp_path / "parts")
        assert soon(lambda wanted=wanted: epochs() >= wanted, LIMIT_S)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    parts = run(*asked, "--out", tmp_path / "parts")
    assert parts.returncode == 0, parts.stderr

    one, other = (
        weights.read(tmp_path / name / "0.05-32" / "weights.safetensors")
        for name in ("whole", "parts")
    )
    assert all(torch.equal(one.tensors[name], other.tensors[name]) for name in one.tensors)
    left = sorted(path.name for path in (tmp_path / "parts" / "0.05-32").iterdir())
    assert left == ["checkpoint.pt", "training.json", "weights.safetensors"]


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
        ],
        ids=" ".join,
    )
    def test_what_nobody_can_train_is_refused_at_once(
        self, tmp_path: Path, wrong: tuple[str, str], wording: Wording
    ) -> None:
        reason = refused("train", *wrong, "--out", tmp_path / "runs")

        assert wrong[1] in reason
        assert not (tmp_path / "runs").exists()
        wording(reason)

    def test_an_optimiser_that_is_not_known_is_named(self) -> None:
        assert "'adam'" in refused("train", "--optimiser", "adam")

    @pytest.mark.parametrize("place", ["nowhere", ""])
    def test_images_that_are_not_there_are_named(
        self, tmp_path: Path, place: str, wording: Wording
    ) -> None:
        reason = refused("train", "--data", place, "--out", tmp_path / "runs")

        assert place in reason
        assert not (tmp_path / "runs").exists()
        wording(reason)

    @pytest.mark.parametrize("start", ["nowhere.h5", "keras/0.25-128"])
    def test_weights_to_start_from_must_be_here(self, start: str, wording: Wording) -> None:
        reason = refused("train", "--from", start)

        assert start in reason
        wording(reason)

    def test_an_export_does_not_replace_its_source(self, tmp_path: Path, wording: Wording) -> None:
        saved(tmp_path / "w", MobileNetConfig(0.25, 32, 10))
        before = (tmp_path / "w").read_bytes()

        wording(refused("export", tmp_path / "w", "--to", "keras", "--out", tmp_path / "w"))

        assert (tmp_path / "w").read_bytes() == before

    @pytest.mark.parametrize(
        ("count", "classes", "fact"),
        [(10, tuple("abcdefghij"), "a, b, c"), (7, None, "7")],
        ids=["others", "fewer"],
    )
    def test_weights_that_know_other_classes_are_not_scored(
        self,
        tmp_path: Path,
        count: int,
        classes: tuple[str, ...] | None,
        fact: str,
        wording: Wording,
    ) -> None:
        from benchmarks.training.examining import examine

        saved(tmp_path / "w", MobileNetConfig(0.05, 32, count), classes=classes)
        said: list[Event] = []

        examine(
            Examination(str(tmp_path / "w"), "digits", (Scenario(),)), said.append, lambda: None
        )

        (refusal,) = said
        assert isinstance(refusal, NotTrained)
        assert fact in refusal.reason
        wording(refusal.reason)

    @pytest.mark.real
    def test_what_a_worker_refuses_is_said_with_status_1(self, tmp_path: Path) -> None:
        saved(tmp_path / "w.safetensors", MobileNetConfig(0.05, 32, 7))

        assert "7" in refused("evaluate", tmp_path / "w.safetensors", status=1)

    def test_half_a_network_is_no_network(self, tmp_path: Path, wording: Wording) -> None:
        wording(refused("evaluate", tmp_path / "w", "--width", "0.5"))

    def test_weights_that_are_none_are_named(self, tmp_path: Path, wording: Wording) -> None:
        (tmp_path / "w.h5").write_bytes(b"hello")

        reason = refused(
            "export", tmp_path / "w.h5", "--to", "keras", "--out", tmp_path / "o", "--width", 1,
            "--resolution", 224,
        )  # fmt: skip

        assert "w.h5" in reason
        assert not (tmp_path / "o").exists()
        wording(reason.replace(str(tmp_path), "FOLDER"))


def saved(
    path: Path,
    config: MobileNetConfig,
    form: Any = "own",
    classes: tuple[str, ...] | None = None,
) -> None:
    from mobilenet import MobileNet, initialise, weights
    from mobilenet.convention import TENSORFLOW
    from mobilenet.weights import preprocessing

    network = MobileNet(config, TENSORFLOW)
    initialise(network, 0, image_shape=(3, config.resolution, config.resolution))
    found = weights.of_network(network, preprocessing.SLIM, "a test", classes=classes)
    weights.write(found, path, form)


class TestReleased:
    def test_all_are_listed_without_asking_anybody(self) -> None:
        listed = call("weights")

        assert listed.exit_code == 0
        assert all(one.key in listed.stdout for one in RELEASED)
        assert "Apache 2.0" in listed.stdout

    def test_without_a_network_the_way_out_is_named(
        self, monkeypatch: pytest.MonkeyPatch, wording: Wording
    ) -> None:
        monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")

        reason = refused("weights", "keras/0.25-128", status=1)

        assert "Apache 2.0" in reason
        wording(reason)

    def test_one_is_fetched_once_and_is_then_known_by_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        saved(tmp_path / "theirs.h5", MobileNetConfig(0.25, 128), "keras")
        with serving() as server:
            server.content = (tmp_path / "theirs.h5").read_bytes()
            monkeypatch.setenv(MIRROR_VARIABLE, server.url)
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            fetched = call("weights", "keras/0.25-128")
            again = call("weights", "keras/0.25-128")

        assert fetched.exit_code == 0, fetched.stderr
        assert fetched.stdout == again.stdout
        assert len(server.asked) == 1
        kept = {one["key"]: one["kept"] for one in answer("weights")}
        assert kept["keras/0.25-128"] == fetched.stdout.strip()
        assert kept["keras/0.5-160"] is None
        out = tmp_path / "own.safetensors"
        exported = call("export", "keras/0.25-128", "--to", "own", "--out", out)
        assert exported.exit_code == 0, exported.stderr
        from mobilenet import weights

        assert weights.read(out).config == MobileNetConfig(0.25, 128)

    def test_what_was_not_fetched_is_told_how_to_be(self, wording: Wording) -> None:
        reason = refused("evaluate", "tf-slim/0.25-128")

        assert "mobilenet-bench weights tf-slim/0.25-128" in reason
        wording(reason)

    def test_a_name_that_nobody_released_is_refused(self, wording: Wording) -> None:
        reason = refused("weights", "keras/0.3-128")

        assert "keras/0.3-128" in reason
        wording(reason)
