"""A trained detector as a file: safetensors, with all that it needs beside its weights. No code."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from torch import Tensor, from_numpy, zeros_like

from mobilenet.files import write_whole
from mobilenet.tasks.detection import ssd
from mobilenet.tasks.detection.detector import Detector
from mobilenet.weights import safe
from mobilenet.weights.error import WeightsError
from mobilenet.weights.preprocessing import Preprocessing
from mobilenet.weights.value import COUNTER, check

KEY = "mobilenet_bench_detector"  # of the words in the file
VERSION = 1
MAX_WORDS = 1_000_000


@dataclass(frozen=True)
class SavedDetector:
    """A single shot detector with trained weights.

    classes: names of the labels from 1 on. origin: where the weights come from, in words.
    """

    detector: Detector
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    origin: str
    tensors: dict[str, Tensor] = dataclasses.field(repr=False)

    def network(self) -> ssd.SingleShot:
        """A fresh one with these weights, in eval mode, on the CPU."""
        network = ssd.build(self.detector)
        counters = {
            name: zeros_like(value)
            for name, value in network.state_dict().items()
            if name.endswith(COUNTER)
        }
        network.load_state_dict({**self.tensors, **counters})
        return network.eval()


@dataclass(frozen=True)
class _Words:
    version: int
    detector: Detector
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    origin: str


_WORDS = TypeAdapter(_Words)


def of_network(
    network: ssd.SingleShot,
    detector: Detector,
    preprocessing: Preprocessing,
    classes: tuple[str, ...],
    origin: str,
) -> SavedDetector:
    """The weights as they are now, copied."""
    tensors = {
        name: value.detach().clone().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith(COUNTER)
    }
    return SavedDetector(detector, preprocessing, classes, origin, tensors)


def write(saved: SavedDetector, path: Path) -> None:
    """Whole, or not at all. Raises FileError."""
    words = _Words(VERSION, saved.detector, saved.preprocessing, saved.classes, saved.origin)
    arrays = {name: value.numpy() for name, value in saved.tensors.items()}
    write_whole(path, safe.content(arrays, {KEY: _WORDS.dump_json(words).decode()}))


def is_detector(path: Path) -> bool:
    """Whether the file is one of these, sound or not."""
    try:
        with safe.opened(path) as file:
            return KEY in file.metadata
    except WeightsError:
        return False


def read(path: Path) -> SavedDetector:
    """Raises WeightsError for a file that is damaged, or no detector of this program."""
    with safe.opened(path) as file:
        text = file.metadata.get(KEY)
        if text is None or len(text) > MAX_WORDS:
            raise WeightsError(
                f"{path.name} is no detector that this program trained. Name such a file."
            )
        try:
            words = _WORDS.validate_json(text)
        except (ValidationError, ValueError) as error:
            raise WeightsError(f"What {path.name} says of its detector makes no sense.") from error
        if words.version != VERSION or words.detector.framework != "ssd":
            raise WeightsError(
                f"{path.name} is of another version of this program. Update it, or train anew."
            )
        if words.detector.num_classes != len(words.classes):
            raise WeightsError(f"{path.name} names {len(words.classes)} classes of another number.")
        wanted = {
            name: tuple(value.shape)
            for name, value in ssd.build(words.detector).state_dict().items()
            if not name.endswith(COUNTER)
        }
        if file.shapes != wanted:
            raise WeightsError(f"{path.name} holds other weights than its detector has: damaged.")
        tensors = {name: from_numpy(file.array(name)) for name in wanted}
    check(tensors)
    return SavedDetector(words.detector, words.preprocessing, words.classes, words.origin, tensors)
