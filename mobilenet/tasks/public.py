"""Public sets of images through torchvision's own loaders: fetched when asked for, then read."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from PIL import Image
from torchvision.datasets import CIFAR10, Imagenette, OxfordIIITPet

from mobilenet.tasks.data import Batch, DataError, Split
from mobilenet.tasks.folder import batches_of_photographs, rgb
from mobilenet.tasks.public_sets import PUBLIC_SETS, PublicSet, SetName
from mobilenet.tasks.recipe import Augmentation
from mobilenet.weights.preprocessing import Preprocessing


class _Images(Protocol):
    """What torchvision's loaders have in common."""

    classes: list[Any]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[Image.Image, int]: ...


Opener = Callable[[Path, Split, bool], _Images]


def _cifar10(folder: Path, split: Split, download: bool) -> _Images:
    # Its files are pickles; torchvision opens them only if their checksums are the published ones.
    found: _Images = CIFAR10(folder, train=split == "train", download=download)
    return found


def _pets(folder: Path, split: Split, download: bool) -> _Images:
    name = {"train": "trainval", "test": "test"}[split]
    found: _Images = OxfordIIITPet(folder, split=name, download=download)
    return found


def _imagenette(folder: Path, split: Split, download: bool) -> _Images:
    name = {"train": "train", "test": "val"}[split]
    found: _Images = Imagenette(folder, split=name, size="160px", download=download)
    return found


_OPENERS: Mapping[SetName, Opener] = {
    "cifar10": _cifar10,
    "oxford-iiit-pet": _pets,
    "imagenette": _imagenette,
}


class Public:
    """One public set, as its makers split it. Raises DataError where it is not in `folder`."""

    def __init__(self, one: PublicSet, folder: Path) -> None:
        self.name = one.title
        self._sets: dict[Split, _Images] = {
            "train": _opened(one, folder, "train"),
            "test": _opened(one, folder, "test"),
        }
        self.classes = tuple(_name(words) for words in self._sets["train"].classes)
        self.fingerprint = f"{one.name} {len(self._sets['train'])} {len(self._sets['test'])}"

    def count(self, split: Split) -> int:
        return len(self._sets[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        """Raises DataError for a file that is no image."""
        images = self._sets[split]

        def load(index: int) -> tuple[Image.Image, int]:
            try:
                image, label = images[index]
            except (OSError, SyntaxError, ValueError) as error:
                raise DataError(
                    f"Image {index} of {self.name} is damaged ({error}). Fetch the set anew."
                ) from error
            return rgb(image), label

        return batches_of_photographs(
            load, len(images), resolution, batch, preprocessing, augmentation
        )


def fetch(name: str, folder: Path) -> Public:
    """The set, downloaded into `folder` unless it is there; torchvision checks what came.

    Raises DataError without a network, for what is not what was published, and for a full disk.
    """
    one = PUBLIC_SETS[name]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for split in ("train", "test"):
            _OPENERS[one.name](folder, split, True)
    except (OSError, RuntimeError, EOFError, tarfile.TarError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise DataError(
            f"{one.title} could not be fetched ({reason}). Without a network, put a copy as "
            f"torchvision has it into {folder}."
        ) from error
    return Public(one, folder)


def _opened(one: PublicSet, folder: Path, split: Split) -> _Images:
    try:
        return _OPENERS[one.name](folder, split, False)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"{one.title} is not here ({one.download_bytes / 1e6:.0f} MB). Fetch it: "
            f"mobilenet-bench data {one.name}"
        ) from error


def _name(words: str | tuple[str, ...]) -> str:
    return words if isinstance(words, str) else words[0]
