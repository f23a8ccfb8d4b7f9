"""Weights as other programs' files: there only once these gave the network's own answers."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from benchmarks import releasing
from benchmarks.releasing import release
from benchmarks.releasing.card import card
from benchmarks.training.order import Order
from benchmarks.training.record import Record
from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.files import FileError
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Epoch, Score
from mobilenet.weights import WeightsError, catalogue, preprocessing
from tests.wording import Wording

# An environment with TensorFlow may be named; it is too large to be asked of every test machine.
TENSORFLOW_PYTHON = os.environ.get("MOBILENET_BENCH_TENSORFLOW_PYTHON")
pytestmark = pytest.mark.filterwarnings("default")  # of torch's exporter


@cache
def some(convention: Convention = TENSORFLOW, width: float = 0.25) -> weights.Weights:
    network = MobileNet(MobileNetConfig(width, 32, num_classes=10), convention)
    initialise(network, 3, image_shape=(3, 32, 32))
    return weights.of_network(network, preprocessing.SLIM, "a test")


def images(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 32, 32, generator=torch.Generator().manual_seed(9))


def answers(found: weights.Weights, given: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        return found.network()(given).numpy()


def error(one: np.ndarray, other: np.ndarray) -> float:
    """In units of the logits: what another order of summing does grows with their size."""
    return float(np.sqrt(np.mean((one - other) ** 2) / np.mean(other**2)))


@pytest.mark.real
@pytest.mark.slow("exports to ONNX, which takes some ten seconds")
def test_onnx_takes_batches_of_any_size(tmp_path: Path) -> None:
    import onnxruntime

    found = some(TENSORFLOW)
    release(found, tmp_path / "m.onnx", "onnx")

    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    for count in (1, 5):
        (said,) = session.run(["logits"], {"images": images(count).numpy()})
        assert error(said, answers(found, images(count))) < 1e-4


@pytest.mark.real
def test_torchs_program_takes_batches_of_any_size(tmp_path: Path) -> None:
    found = some()
    release(found, tmp_path / "m.pt2", "torch_export")

    program = torch.export.load(tmp_path / "m.pt2").module()
    for count in (1, 5):
        said = program(images(count)).detach().numpy()
        assert error(said, answers(found, images(count))) < 1e-4


@pytest.mark.parametrize("form", ["own", "keras", "hugging_face"])
def test_files_of_weights_are_read_back(tmp_path: Path, form: releasing.Form) -> None:
    found = some()
    release(found, tmp_path / "out", form)

    written = tmp_path / "out" / "model.safetensors" if form == "hugging_face" else tmp_path / "out"
    again = weights.read(written, found.config)
    assert all(torch.equal(again.tensors[name], found.tensors[name]) for name in found.tensors)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("form", [pytest.param("torch_export", marks=pytest.mark.real), "keras"])
def test_what_answers_otherwise_is_not_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: releasing.Form
) -> None:
    (tmp_path / "m").write_text("what was there before")
    right = some()
    wrong = weights.Weights(
        right.config,
        # What an exporter does that gets the padding wrong.
        Convention("PyTorch", same_padding=False, epsilon=1e-3),
        right.preprocessing,
        right.tensors,
        right.origin,
    )
    network = wrong.network()
    calls = iter([right.network(), *[network] * 9])  # the first is what is wanted
    monkeypatch.setattr(weights.Weights, "network", lambda _: next(calls))

    with pytest.raises(WeightsError, match=f"As {form} "):
        release(right, tmp_path / "m", form)

    assert (tmp_path / "m").read_text() == "what was there before"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, wording: Wording) -> None:
    (tmp_path / "there").mkdir()
    for place, form in (
        ("nowhere/m.onnx", "onnx"),
        ("there", "onnx"),
        ("there", "hugging_face"),
    ):
        with pytest.raises(FileError, match=re.escape(str(tmp_path / place))) as refusal:
            release(some(), tmp_path / place, form)
        wording(str(refusal.value).replace(str(tmp_path), "FOLDER"))
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_what_is_no_ordinary_file_is_not_replaced(wording: Wording) -> None:
    with pytest.raises(FileError) as refusal:
        release(some(), Path("/dev/full"), "onnx")
    wording(refusal.value)
    assert Path("/dev/full").is_char_device()


def test_a_python_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="/no/python"):
        release(some(), tmp_path / "m.tflite", "tflite", python="/no/python")


def test_without_tensorflow_its_forms_say_how_to_get_it(tmp_path: Path) -> None:
    if find_spec("tensorflow") is not None:
        pytest.skip("TensorFlow is installed")

    with pytest.raises(WeightsError, match="pip install"):
        release(some(), tmp_path / "m.tflite", "tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("convention", "width"), [(PYTORCH, 0.25), (TENSORFLOW, 0.1)], ids=["padding", "channels"]
)
def test_what_has_no_twin_in_keras_is_not_tried(
    tmp_path: Path, convention: Convention, width: float, wording: Wording
) -> None:
    with pytest.raises(WeightsError) as refusal:
        release(some(convention, width), tmp_path / "m.tflite", "tflite")

    wording(refusal.value)


@pytest.mark.slow("starts TensorFlow, where an environment with it is named")
@pytest.mark.skipif(
    TENSORFLOW_PYTHON is None, reason="MOBILENET_BENCH_TENSORFLOW_PYTHON names no environment"
)
@pytest.mark.parametrize("form", ["saved_model", "tflite"])
def test_tensorflow_gives_the_same_answers(tmp_path: Path, form: releasing.Form) -> None:
    release(some(), tmp_path / "out", form, python=TENSORFLOW_PYTHON)

    assert (tmp_path / "out").is_dir() == (form == "saved_model")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


class TestCard:
    def test_what_was_trained_says_on_what_how_and_how_well(self, wording: Wording) -> None:
        order = Order(0.25, 32, "/data/somebody/leaves", "", Recipe(epochs=1, seed=7))
        record = Record(order, 10, (Epoch(1, 0.5, Score(540, 500, 530), 3.0),))

        text = card(some(), record=record, licence="Apache 2.0")

        facts = yaml.safe_load(text.split("---")[1])
        assert facts["license"] == "apache-2.0"
        (result,) = facts["model-index"][0]["results"]
        assert result["dataset"]["name"] == "leaves"
        assert result["metrics"][0]["value"] == pytest.approx(500 / 540, abs=1e-4)
        for fact in ("92.6 %", "540", "rmsprop", "7", "leaves"):
            assert fact in text
        assert "somebody" not in text
        wording(text.split("---", 2)[2])

    def test_released_weights_keep_their_licence_and_their_publishers_figure(self) -> None:
        one = catalogue.released("keras/1.0-224")

        text = card(some(), released=one, licence="mine")

        assert "Apache 2.0" in text
        assert "mine" not in text
        assert "70.4 %" in text

    def test_terms_that_are_a_sentence_are_no_identifier(self) -> None:
        text = card(some(), released=catalogue.released("hugging-face/1.0-224"))

        assert yaml.safe_load(text.split("---")[1])["license"] == "other"

    def test_where_nothing_is_known_nothing_is_claimed(self, wording: Wording) -> None:
        text = card(some())

        assert "license" not in yaml.safe_load(text.split("---")[1])
        wording(text.split("---", 2)[2])

    @pytest.mark.parametrize(("form", "place"), [("hugging_face", "m/README.md"), ("own", "m.md")])
    def test_it_goes_with_safetensors(
        self, tmp_path: Path, form: releasing.Form, place: str
    ) -> None:
        release(some(), tmp_path / "m", form, card="# A card\n")

        assert (tmp_path / place).read_text(encoding="utf-8") == "# A card\n"

    def test_no_other_file_is_written_beside_another_form(self, tmp_path: Path) -> None:
        release(some(), tmp_path / "m.h5", "keras", card="# A card\n")

        assert [path.name for path in tmp_path.iterdir()] == ["m.h5"]
