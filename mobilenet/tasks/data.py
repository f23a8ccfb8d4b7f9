"""Images with their classes: scikit-learn's digits, or a folder with one sub-folder per class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from mobilenet.tasks.public_sets import PUBLIC_SETS
from mobilenet.tasks.recipe import Augmentation
from mobilenet.weights.preprocessing import Preprocessing

Split = Literal["train", "test"]
Batch = tuple[Tensor, Tensor]  # (N, 3, R, R) as a network takes them, (N,) of class numbers
DIGITS = "digits"
TEST_SHARE = 0.3
SPLIT_SEED = 0  # the same images test every network, whatever the recipe's seed


class DataError(ValueError):
    """These images cannot be used; the message says which, why, and what to do."""


class Data(Protocol):
    """Images, split in two.

    name: for people. classes: their names; a label is an index into them. fingerprint: tells these
        images from others of the same name.
    """

    name: str
    classes: tuple[str, ...]
    fingerprint: str

    def count(self, split: Split) -> int: ...

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        """All images once. augmentation: in an order of chance, for training; None in theirs."""
        ...


@dataclass
class Digits:
    """1,797 handwritten digits of 8 x 8 pixels, which come with scikit-learn (UCI, 1998).

    They are enlarged to the resolution. 30 % of each class test; nobody's recipe changes which.
    """

    name: str = "handwritten digits (scikit-learn)"
    classes: tuple[str, ...] = tuple("0123456789")
    fingerprint: str = "digits"
    _splits: dict[Split, Batch] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, labels = load_digits(return_X_y=True)
        parts = train_test_split(
            (images / 16).reshape(-1, 1, 8, 8).astype(np.float32),
            labels,
            test_size=TEST_SHARE,
            random_state=SPLIT_SEED,
            stratify=labels,
        )
        train, test, train_labels, test_labels = map(torch.from_numpy, parts)
        self._splits = {"train": (train, train_labels), "test": (test, test_labels)}

    def count(self, split: Split) -> int:
        return len(self._splits[split][1])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        images, labels = self._splits[split]
        order = torch.arange(len(labels)) if augmentation is None else torch.randperm(len(labels))
        for chosen in chunks(order, batch, whole=augmentation is not None):
            large = interpolate(images[chosen], (resolution, resolution), mode="bilinear")
            if augmentation not in (None, "none"):
                large = shifted(large)
            yield normalised(large.expand(-1, 3, -1, -1), preprocessing), labels[chosen]


def shifted(images: Tensor) -> Tensor:
    """Each image moved by up to a tenth of its side, by chance; black comes in."""
    reach = max(images.shape[-1] // 10, 1)
    padded = torch.nn.functional.pad(images, [reach] * 4)
    side = images.shape[-1]
    places = torch.randint(0, 2 * reach + 1, (len(images), 2)).tolist()
    return torch.stack(
        [
            image[:, top : top + side, left : left + side]
            for image, (top, left) in zip(padded, places, strict=True)
        ]
    )


def normalised(images: Tensor, preprocessing: Preprocessing) -> Tensor:
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (preprocessing.mean, preprocessing.std)
    )
    return ((images - mean) / std).contiguous()


def chunks(order: Tensor, batch: int, *, whole: bool) -> Iterator[Tensor]:
    """whole: a rest of one image is left out, as batch norm has no variance of it."""
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        if not whole or len(chosen) > 1:
            yield chosen


def load(name: str, *, whole: bool = False, public: Path | None = None) -> Data:
    """`digits`, a public set that lies in the folder `public`, or the path of a folder.

    whole: all of a folder's images test. Raises DataError.
    """
    if whole and (name == DIGITS or name in PUBLIC_SETS):
        raise DataError(
            f"Images of {name} have trained networks: score them on those that test alone."
        )
    if name == DIGITS:
        return Digits()
    if public is not None and name in PUBLIC_SETS:
        from mobilenet.tasks.public import Public

        return Public(PUBLIC_SETS[name], public)
    from mobilenet.tasks.folder import Folder

    return Folder(Path(name), whole=whole)
