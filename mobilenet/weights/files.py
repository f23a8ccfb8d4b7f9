"""Weights out of files and into files, whosever format it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from mobilenet.config import MobileNetConfig
from mobilenet.files import FileError, write_whole
from mobilenet.weights import hugging_face, keras, own, safe
from mobilenet.weights.containers import Array, Container
from mobilenet.weights.error import WeightsError
from mobilenet.weights.formats import HUGGING_FACE, KERAS, TIMM, format_of
from mobilenet.weights.places import Table, Theirs, their_shape
from mobilenet.weights.value import Weights, check, shapes

MAX_NAMED = 3  # missing tensors that a message names
LAST_CONVOLUTION = "blocks.12.1.0.weight"  # its 1024 outputs tell the width

Written = Literal["own", "keras", "hugging_face", "timm"]


def read(path: Path | str, config: MobileNetConfig | None = None) -> Weights:
    """The weights in a file: Keras's .h5, TF-slim's .tgz or .index, or safetensors.

    What a file is, its content tells, not its name. config: the network they are for; only this
    program's own files say themselves. Where a file has TensorFlow's 1001 classes and the network
    1000, the first, the background, is left out.

    Raises WeightsError for a file that is damaged, holds another network, or could run code.
    """
    path = Path(path)
    form = format_of(path)
    if form is None:
        return _read_own(path, config)
    if config is None:
        raise WeightsError(f"{path.name} does not say which network it is for. Name one.")
    names = form.names(config)
    with form.opened(path) as container:
        tensors = _tensors(container, names, config, path.name, background=form.background)
    origin = f"{form.title}, {path.name}"
    return Weights(config, form.convention, form.preprocessing, tensors, origin)


def is_own(path: Path | str) -> bool:
    """Whether a file says itself which network it is for. Raises WeightsError as `read` does."""
    return format_of(Path(path)) is None


def write(weights: Weights, path: Path | str, form: Written = "own") -> None:
    """Write the weights for this program ("own") or another; whole, or not at all.

    path: of the file; for "hugging_face" of the folder, as `from_pretrained` takes it.

    Raises WeightsError where the other program would compute something else with them, FileError
    where the disk does not take them.
    """
    path = Path(path)
    if form == "own":
        words = own.written(
            weights.config,
            weights.convention,
            weights.preprocessing,
            weights.origin,
            weights.classes,
        )
        write_whole(path, safe.content(_arrays(weights, own.names(weights.tensors)), words))
        return
    target = {"keras": KERAS, "hugging_face": HUGGING_FACE, "timm": TIMM}[form]
    if weights.convention != target.convention:
        raise WeightsError(
            f"{target.title} follows {target.convention.name} in padding and batch norm, but these "
            f"weights were trained as {weights.convention.name} does it: they would answer "
            f"otherwise there. Train with {target.convention.name}'s convention."
        )
    if form == "keras":
        keras.check(weights.config)
    arrays = _arrays(weights, target.names(weights.config))
    if form == "keras":
        write_whole(path, keras.content(arrays))
    elif form == "timm":
        write_whole(path, safe.content(arrays | _counters(arrays, ".running_mean")))
    else:
        _make(path)
        for name, settings in {
            "config.json": hugging_face.settings(weights.config, weights.classes),
            "preprocessor_config.json": hugging_face.processor(
                weights.config.resolution, weights.preprocessing
            ),
        }.items():
            write_whole(path / name, json.dumps(settings, indent=2).encode())
        content = safe.content(arrays | _counters(arrays, ".running_mean"))
        write_whole(path / "model.safetensors", content)


def _read_own(path: Path, config: MobileNetConfig | None) -> Weights:
    with safe.opened(path) as file:
        words = own.read(file.metadata)
        if config is not None and config != words.network:
            raise WeightsError(
                f"{path.name} is for {words.network.label}, not for {config.label}. Choose that."
            )
        names = own.names(shapes(words.network))
        tensors = _tensors(file, names, words.network, path.name, background=False)
    return Weights(
        words.network, words.rules, words.preprocessing, tensors, words.origin, words.classes
    )


def _tensors(
    container: Container, names: Table, config: MobileNetConfig, file: str, *, background: bool
) -> dict[str, Tensor]:
    missing = [theirs.name for theirs in names.values() if theirs.name not in container.shapes]
    if missing:
        named = ", ".join(missing[:MAX_NAMED])
        more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        raise WeightsError(f"{file} lacks {named}{more}: it is no whole MobileNet v1.")
    tensors = {}
    for ours, shape in shapes(config).items():
        theirs, wanted = names[ours], shape
        if background and ours.startswith("classifier."):
            wanted = (shape[0] + 1, *shape[1:])
            if container.shapes[theirs.name] != their_shape(wanted, theirs.axes):
                wanted = shape
        # Before it is read: a file may promise an array larger than this machine's memory.
        if container.shapes[theirs.name] != their_shape(wanted, theirs.axes):
            raise WeightsError(_mismatch(container, names, config, file, theirs, shape))
        found = container.array(theirs.name)
        if theirs.axes is not None:
            found = found.transpose(theirs.axes)
        tensor = torch.from_numpy(np.ascontiguousarray(found).reshape(wanted))
        tensors[ours] = tensor[wanted[0] - shape[0] :].clone()
    check(tensors)
    return tensors


def _mismatch(
    container: Container,
    names: Table,
    config: MobileNetConfig,
    file: str,
    theirs: Theirs,
    shape: tuple[int, ...],
) -> str:
    last, outputs = names.get(LAST_CONVOLUTION), 0
    if last is not None and len(container.shapes[last.name]) == 4:
        outputs = container.shapes[last.name][(last.axes or (0,))[0]]
    classes = container.shapes[names["classifier.bias"].name]
    what = f"{theirs.name} is {_by(container.shapes[theirs.name])} instead of " + _by(
        their_shape(shape, theirs.axes)
    )
    return (
        f"{file} is for another network than {config.label}: {what}. Its last convolution has "
        f"{outputs} channels (width {outputs / 1024:g}), its classifier {_by(classes)} classes."
    )


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"


def _arrays(weights: Weights, names: Mapping[str, Theirs]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for ours, theirs in names.items():
        found = weights.tensors[ours].numpy()
        if theirs.axes is not None:
            wide = found.reshape(found.shape + (1,) * (4 - found.ndim))
            found = wide.transpose(np.argsort(theirs.axes))
        arrays[theirs.name] = np.ascontiguousarray(found)
    return arrays


def _counters(arrays: Mapping[str, Array], mark: str) -> dict[str, Array]:
    """PyTorch's batch counters, which its `load_state_dict` asks for."""
    return {
        name.removesuffix(mark) + ".num_batches_tracked": np.zeros((), np.int64)
        for name in arrays
        if name.endswith(mark)
    }


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}. Choose another.") from error
