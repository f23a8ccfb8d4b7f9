"""Keras's files of weights, `mobilenet_<width>_<resolution>_tf.h5`: legacy HDF5, read and written.

Keras 3 itself still reads them: `keras.applications.MobileNet(...).load_weights("….h5")`. Layout:
keras/src/legacy/saving/legacy_h5_format.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np

from mobilenet.config import STEM_CHANNELS, TABLE_1, MobileNetConfig
from mobilenet.weights.containers import MAX_ARRAYS, Array, Container
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import (
    HWIM_TO_IMHW,
    HWIO_TO_OIHW,
    TENSORFLOW_NAMES,
    Place,
    Shape,
    Table,
    Theirs,
    table,
)

MAX_DEPTH = 6  # of groups within groups: a layer's name may have a few parts
_CLASSIFIER = "conv_preds"


def check(config: MobileNetConfig) -> None:
    """Raises WeightsError for a network that Keras does not build: it has `int(c * alpha)` channels
    in a layer, without TF-slim's least eight and without multiples of eight."""
    theirs = tuple(
        int(channels * config.width_multiplier)
        for channels in (STEM_CHANNELS, *(block.out_channels for block in TABLE_1))
    )
    if theirs != config.channels:
        raise WeightsError(
            f"Keras gives {config.label} other channels (first {theirs[0]}, not "
            f"{config.channels[0]}), so it could not load these weights. Train width 0.25 or more, "
            "without channels of 8."
        )


def names(config: MobileNetConfig) -> Table:
    return table(
        config,
        kernel=lambda place: Theirs(
            f"{_layer(place)}/kernel",
            HWIM_TO_IMHW if place.kind == "depthwise" else HWIO_TO_OIHW,
        ),
        norm=lambda place: f"{_layer(place)}_bn/",
        names=TENSORFLOW_NAMES,
        classifier=(Theirs(f"{_CLASSIFIER}/kernel", HWIO_TO_OIHW), f"{_CLASSIFIER}/bias"),
    )


def _layer(place: Place) -> str:
    if place.kind == "stem":
        return "conv1"
    return f"conv_{'dw' if place.kind == 'depthwise' else 'pw'}_{place.number}"


class _Layers:
    """The datasets of a file by layer and variable: `conv1/kernel`, whatever stands between."""

    def __init__(self, root: h5py.Group) -> None:
        self._sets: dict[str, h5py.Dataset] = {}
        for layer in root:
            for path, dataset in _datasets(root, layer):
                variable = path.rpartition("/")[2].partition(":")[0]
                variable = "kernel" if variable == "depthwise_kernel" else variable  # Keras 2's
                self._sets[f"{layer}/{variable}"] = dataset
        self.shapes: Mapping[str, Shape] = {
            name: tuple(dataset.shape or ()) for name, dataset in self._sets.items()
        }

    def array(self, name: str) -> Array:
        with _whole(name):
            dataset = self._sets[name]
            # Both would make HDF5 open files of this computer that the sender chose.
            if dataset.external or dataset.is_virtual:
                raise WeightsError(f"{name} lies in another file. Save the weights in one file.")
            if dataset.dtype.kind != "f":
                raise WeightsError(f"{name} holds {dataset.dtype}, not floating-point numbers.")
            return np.asarray(dataset[()], dtype=np.float32)


def _datasets(
    group: h5py.Group, name: str, depth: int = 0, seen: list[int] | None = None
) -> Iterator[tuple[str, h5py.Dataset]]:
    seen = [0] if seen is None else seen
    seen[0] += 1
    if depth > MAX_DEPTH or seen[0] > MAX_ARRAYS:
        raise WeightsError("The file has more groups within groups than weights of Keras.")
    # Soft and external links may lead anywhere, also in a circle.
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return
    found = group[name]
    if isinstance(found, h5py.Dataset):
        yield name, found
    elif isinstance(found, h5py.Group):
        for child in found:
            for path, dataset in _datasets(found, child, depth + 1, seen):
                yield f"{name}/{path}", dataset


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """What h5py raises for a damaged file depends on where the damage is."""
    try:
        yield
    except WeightsError:
        raise
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise WeightsError(f"{name} cannot be read: the file is damaged or cut off.") from error


@contextmanager
def opened(path: Path) -> Iterator[Container]:
    """Raises WeightsError for a file that HDF5 cannot open, or that has another layout."""
    with ExitStack() as stack:
        with _whole(path.name):
            file = stack.enter_context(h5py.File(path, "r"))
            layers = _Layers(_root(file, path.name))
        yield layers


def _root(file: h5py.File, name: str) -> h5py.Group:
    root = file.get("model_weights", file)  # there in a model that was saved whole
    if isinstance(root, h5py.Group) and "conv1" in root:
        return root
    hint = ""
    if "layers" in file:
        hint = ' This is Keras 3\'s newer layout: save with `model.save("….h5")`.'
    raise WeightsError(f"{name} has no layer conv1, so it is no MobileNet of Keras.{hint}")


def content(arrays: Mapping[str, Array]) -> bytes:
    """A file that holds weights only, as Keras's released ones are. `arrays` by their names."""
    layers: dict[str, list[str]] = {}
    for name in arrays:
        layers.setdefault(name.rpartition("/")[0], []).append(name)
    memory = BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.15.0"  # whose layout this is
        for layer, inside in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{name}:0".encode() for name in inside]
            for name in inside:
                group.create_dataset(f"{name}:0", data=arrays[name])
    return memory.getvalue()
