"""Weights as other programs' files: there only once these gave the network's own answers."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import releasing
from benchmarks.releasing import release
from mobilenet import MobileNet, MobileNetConfig, initialise, weights
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.files import FileError
from mobilenet.weights import WeightsError, preprocessing

# An environment with TensorFlow may be named; it is too large to be asked of every test machine.
TENSORFLOW_PYTHON = os.environ.get("MOBILENET_BENCH_TENSORFLOW_PYTHON")
pytestmark = pytest.mark.filterwarnings("default")  # of torch's exporter


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


@pytest.mark.parametrize("convention", [PYTORCH, TENSORFLOW], ids=lambda one: one.name)
def test_onnx_takes_batches_of_any_size(tmp_path: Path, convention: Convention) -> None:
    import onnxruntime

    found = some(convention)
    release(found, tmp_path / "m.onnx", "onnx")

    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    for count in (1, 5):
        (said,) = session.run(["logits"], {"images": images(count).numpy()})
        assert error(said, answers(found, images(count))) < 1e-4


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


@pytest.mark.parametrize("form", ["onnx", "torch_export", "keras"])
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

    with pytest.raises(WeightsError, match="answers otherwise"):
        release(right, tmp_path / "m", form)

    assert (tmp_path / "m").read_text() == "what was there before"
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no folder"):
        release(some(), tmp_path / "nowhere" / "m.onnx", "onnx")
    (tmp_path / "there").mkdir()
    for form in ("onnx", "hugging_face"):
        with pytest.raises(FileError, match="there"):
            release(some(), tmp_path / "there", form)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_what_is_no_ordinary_file_is_not_replaced() -> None:
    with pytest.raises(FileError, match="no ordinary file"):
        release(some(), Path("/dev/full"), "onnx")
    assert Path("/dev/full").is_char_device()


def test_a_python_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no program"):
        release(some(), tmp_path / "m.tflite", "tflite", python="/no/python")


def test_without_tensorflow_its_forms_say_how_to_get_it(tmp_path: Path) -> None:
    if find_spec("tensorflow") is not None:
        pytest.skip("TensorFlow is installed")

    with pytest.raises(WeightsError, match="pip install"):
        release(some(), tmp_path / "m.tflite", "tflite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "said"), [(some(PYTORCH), "padding"), (some(width=0.1), "other channels")]
)
def test_what_has_no_twin_in_keras_is_not_tried(
    tmp_path: Path, found: weights.Weights, said: str
) -> None:
    with pytest.raises(WeightsError, match=said):
        release(found, tmp_path / "m.tflite", "tflite")


@pytest.mark.slow
@pytest.mark.skipif(
    TENSORFLOW_PYTHON is None, reason="MOBILENET_BENCH_TENSORFLOW_PYTHON names no environment"
)
@pytest.mark.parametrize("form", ["saved_model", "tflite"])
def test_tensorflow_gives_the_same_answers(tmp_path: Path, form: releasing.Form) -> None:
    release(some(), tmp_path / "out", form, python=TENSORFLOW_PYTHON)

    assert (tmp_path / "out").is_dir() == (form == "saved_model")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
