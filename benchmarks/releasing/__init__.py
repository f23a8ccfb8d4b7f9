"""Trained weights as files of other programs: written, run there, compared, and only then handed
over. Imports torch: the command line does so when it is asked to export, the page never.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.engines.onnxruntime import engine as onnxruntime_engine
from mobilenet.files import FileError, check_target, write_whole
from mobilenet.tasks.detection.saved import SavedDetector
from mobilenet.weights.error import WeightsError
from mobilenet.weights.files import Written, read, write
from mobilenet.weights.value import Weights

Released = Weights | SavedDetector
Form = Literal[Written, "onnx", "torch_export", "saved_model", "tflite"]
Answers = NDArray[np.float32]

FOLDERS = ("hugging_face", "saved_model")
SINGLE_SAFETENSORS = ("own", "timm")
CLOSE = 1e-4  # of the logits' root mean square
OPSET = 18
TENSORFLOW_LIMIT_S = 900.0
_SCRIPT = Path(__file__).with_name("tensorflow_script.py")


def release(
    found: Released, path: Path, form: Form, *, python: str | None = None, card: str | None = None
) -> None:
    """Write `found` to `path` in this form, whole, once its own runtime has given our answers.

    python: the interpreter of an environment with TensorFlow, for "saved_model" and "tflite".
    card: words that go with safetensors: README.md in Hugging Face's folder, else PATH.md beside.

    Raises WeightsError where the form cannot hold the network or answers otherwise, FileError where
    the disk does not take it.
    """
    if not (isinstance(found, Weights) or form in _OWN):
        raise WeightsError(
            f"{form} has no place for a detector. Choose one of {', '.join(sorted(_OWN))}."
        )
    if form in FOLDERS and path.exists():
        raise FileError(f"{path} is there already. Choose another folder.")
    if form not in FOLDERS:
        check_target(path)
    if form in ("saved_model", "tflite") and shutil.which(python or sys.executable) is None:
        raise WeightsError(f"{python} is no program that can be started. Name a python.")
    images = _images(found)
    with torch.inference_mode():
        wanted = found.network()(images).numpy()
    try:
        with TemporaryDirectory(prefix=".mobilenet-export-", dir=path.parent) as aside:
            made = Path(aside) / path.name
            if form in _OWN or not isinstance(found, Weights):
                answers = _OWN[form](found, made, images)
            elif form in ("saved_model", "tflite"):
                answers = _by_tensorflow(found, made, images, form, python or sys.executable)
            else:
                answers = _by_weights(found, made, images, cast(Written, form))
            _compare(answers, wanted, form)
            if card is not None and form == "hugging_face":
                (made / "README.md").write_text(card, encoding="utf-8")
            _hand_over(made, path)
            if card is not None and form in SINGLE_SAFETENSORS:
                write_whole(path.with_name(f"{path.name}.md"), card.encode())
    except OSError as error:
        reason = error.strerror if path.parent.is_dir() else f"{path.parent} is no folder"
        raise FileError(f"{path} cannot be written: {reason}. Choose another place.") from error


def _images(found: Released) -> torch.Tensor:
    side = (found.config if isinstance(found, Weights) else found.detector).resolution
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))


def _compare(answers: Answers, wanted: Answers, form: str) -> None:
    error = float(np.sqrt(np.mean((answers - wanted) ** 2) / np.mean(wanted**2)))
    if not error < CLOSE:  # not true of NaN either
        raise WeightsError(
            f"As {form} the network answers otherwise (by {error:.1e} of its logits, more than "
            f"{CLOSE:g}), so nothing was written. Please report this."
        )


def _hand_over(made: Path, path: Path) -> None:
    if made.is_dir():
        shutil.move(made, path)
    else:
        made.replace(path)


def _by_weights(found: Weights, made: Path, images: torch.Tensor, form: Written) -> Answers:
    write(found, made, form)
    written = made / "model.safetensors" if form == "hugging_face" else made
    with torch.inference_mode():
        answers: Answers = read(written, found.config).network()(images).numpy()
    return answers


def _by_onnx(found: Released, made: Path, images: torch.Tensor) -> Answers:
    import onnxruntime

    onnxruntime_engine()  # forbids its telemetry
    torch.onnx.export(
        found.network(),
        (images,),
        made,
        dynamo=True,
        opset_version=OPSET,
        external_data=False,
        verbose=False,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    )
    session = onnxruntime.InferenceSession(str(made), providers=["CPUExecutionProvider"])
    answers: Answers = session.run(None, {"images": images.numpy()})[0]
    return answers


def _by_torch_export(found: Released, made: Path, images: torch.Tensor) -> Answers:
    batch = {0: torch.export.Dim("batch")}
    program = torch.export.export(found.network(), (images,), dynamic_shapes=(batch,))
    with made.open("wb") as file:  # by its name it would insist on an ending
        torch.export.save(program, file)
    with made.open("rb") as file, torch.inference_mode():
        answers: Answers = torch.export.load(file).module()(images).numpy()
    return answers


_OWN: Mapping[str, Callable[[Released, Path, torch.Tensor], Answers]] = {
    "onnx": _by_onnx,
    "torch_export": _by_torch_export,
}


def _by_tensorflow(
    found: Weights, made: Path, images: torch.Tensor, form: str, python: str
) -> Answers:
    """By Keras and TensorFlow's own converter, in a process of their own."""
    config = found.config
    source, asked, answered = (made.with_name(name) for name in ("k.h5", "in.npy", "out.npy"))
    write(found, source, "keras")
    np.save(asked, images.permute(0, 2, 3, 1).numpy())  # TensorFlow's order: (N, R, R, 3)
    facts = (config.width_multiplier, config.resolution, config.num_classes)
    arguments = [form, source, made, asked, answered, *facts]
    try:
        finished = subprocess.run(
            [python, str(_SCRIPT), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=TENSORFLOW_LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"TensorFlow gave no answer in {TENSORFLOW_LIMIT_S:g} s.") from error
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["it said nothing"]
        raise WeightsError(
            f"TensorFlow could not do it: {lines[-1]}. Install it (pip install "
            "'mobilenet-bench[tensorflow]'), or name the python of an environment that has it."
        )
    answers: Answers = np.load(answered, allow_pickle=False)
    return answers
