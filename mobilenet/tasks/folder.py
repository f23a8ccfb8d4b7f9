"""A folder of photographs, one sub-folder per class, through torchvision."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torchvision.transforms import v2

from mobilenet.tasks.data import (
    SPLIT_SEED,
    TEST_SHARE,
    Batch,
    DataError,
    Split,
    chunks,
    normalised,
)
from mobilenet.tasks.recipe import Augmentation
from mobilenet.weights.preprocessing import Preprocessing

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff"})
MAX_PIXELS = 100_000_000  # a photograph of 100 megapixels; more is a decompression bomb
SPLITS: dict[Split, tuple[str, ...]] = {"train": ("train",), "test": ("val", "test")}
Item = tuple[Path, int]


class Folder:
    """`folder/CLASS/IMAGE`, or the same below `folder/train` and `folder/val` (or `test`).

    Without the two, 30 % of each class test, always the same ones. Classes are in the order of
    their names, as torchvision and Keras have it; so ImageNet's validation layout, with folders
    named by its WordNet ids, has its 1000 classes in their usual order.

    Raises DataError for no classes, a class without images, or too few to split.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder} is no folder. Name one that has a sub-folder per class.")
        self.name = folder.name
        given = {
            split: next((folder / one for one in names if (folder / one).is_dir()), None)
            for split, names in SPLITS.items()
        }
        train, test = given["train"], given["test"]
        if train is not None and test is not None:
            self.classes = _classes(train)
            if _classes(test) != self.classes:
                raise DataError(f"{train} and {test} have other classes. Give both the same.")
            self._items: dict[Split, list[Item]] = {
                "train": _items(train, self.classes),
                "test": _items(test, self.classes),
            }
        else:
            self.classes = _classes(folder)
            self._items = _split(_items(folder, self.classes), self.classes, folder)

    def count(self, split: Split) -> int:
        return len(self._items[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        """Raises DataError for a file that is no image."""
        items = self._items[split]
        order = torch.arange(len(items)) if augmentation is None else torch.randperm(len(items))
        transform = _transform(resolution, preprocessing, augmentation)
        for chosen in chunks(order, batch, whole=augmentation is not None):
            found = [items[index] for index in chosen.tolist()]
            images = torch.stack([transform(opened(path)) for path, _ in found])
            labels = torch.tensor([label for _, label in found])
            yield normalised(images, preprocessing), labels


def opened(path: Path) -> Image.Image:
    """A photograph as people see it: turned as its camera said, in RGB, its first frame.

    Raises DataError for what is no image, is damaged, or has more than 100 million pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # asked for below
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise DataError(
                        f"{path.name} has {width} x {height} pixels, more than {MAX_PIXELS:,}. "
                        "Make it smaller."
                    )
                return rgb(ImageOps.exif_transpose(image))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{path.name} is no image that can be read.") from error
    except (OSError, SyntaxError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name} is damaged: {error}.") from error


def rgb(image: Image.Image) -> Image.Image:
    """Of any kind: 16 bits are scaled to 8, what is see-through stands on white."""
    if image.mode[0] in "IF":  # one channel of 16 or 32 bits
        values = np.asarray(image, np.float32)
        limit = next((top for top in (1, 255, 65_535) if values.max() <= top), values.max())
        image = Image.fromarray((values.clip(0) * (255 / limit)).round().astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def _transform(
    resolution: int, preprocessing: Preprocessing, augmentation: Augmentation | None
) -> v2.Transform:
    way = v2.InterpolationMode(preprocessing.interpolation)
    whole = round(resolution / preprocessing.crop_fraction)
    if augmentation == "standard":
        steps: list[v2.Transform] = [
            v2.RandomResizedCrop(resolution, scale=(0.35, 1.0), interpolation=way),
            v2.RandomHorizontalFlip(),
        ]
    elif augmentation == "little":
        steps = [v2.Resize(whole, way), v2.CenterCrop(whole), v2.RandomCrop(resolution)]
    elif preprocessing.resize == "shortest side":
        steps = [v2.Resize(whole, way), v2.CenterCrop(resolution)]
    else:
        share = preprocessing.crop_fraction
        steps = [v2.Lambda(lambda image: _central(image, share)), v2.Resize([resolution] * 2, way)]
    return v2.Compose([*steps, v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


def _central(image: Image.Image, share: float) -> Image.Image:
    """The middle of an image, a share of each side."""
    width, height = image.size
    wide, high = max(round(width * share), 1), max(round(height * share), 1)
    left, top = (width - wide) // 2, (height - high) // 2
    return image.crop((left, top, left + wide, top + high))


def _classes(folder: Path) -> tuple[str, ...]:
    found = tuple(
        sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")
    )
    if len(found) < 2:
        raise DataError(
            f"{folder} has {len(found)} sub-folders with a class each; two are the least to tell "
            "apart."
        )
    return found


def _items(folder: Path, classes: tuple[str, ...]) -> list[Item]:
    found = []
    for label, name in enumerate(classes):
        paths = sorted(
            path for path in (folder / name).rglob("*") if path.suffix.lower() in ENDINGS
        )
        if not paths:
            raise DataError(
                f"{folder / name} has no image ({', '.join(sorted(ENDINGS))}). Add some, or take "
                "the folder away."
            )
        found += [(path, label) for path in paths]
    return found


def _split(items: list[Item], classes: tuple[str, ...], folder: Path) -> dict[Split, list[Item]]:
    from sklearn.model_selection import train_test_split

    fewest, count = min(Counter(label for _, label in items).items(), key=lambda pair: pair[1])
    if count < 2:
        raise DataError(
            f"{folder / classes[fewest]} has one image: none would be left to test. Add one, or "
            "give folders train and val."
        )
    train, test = train_test_split(
        items,
        test_size=max(TEST_SHARE, len(classes) / len(items)),
        random_state=SPLIT_SEED,
        stratify=[label for _, label in items],
    )
    return {"train": train, "test": test}
