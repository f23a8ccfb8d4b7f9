"""A folder of photographs, one sub-folder per class, through torchvision."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
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
SPLITS: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "test": ("val", "valid", "validation", "test"),
}
Item = tuple[Path, int]


class Folder:
    """`folder/CLASS/IMAGE`, or the same below `folder/train` and `folder/val` (or `test`).

    Without the two, 30 % of each class test, always the same ones; or all, if `whole`. Classes are
    in the order of their names, as torchvision and Keras have it; so ImageNet's validation layout,
    with folders named by its WordNet ids, has its 1000 classes in their usual order.

    fingerprint: of where the images lie and how large they are: other images, another set.

    Raises DataError for no classes, a class without images, or too few to split.
    """

    def __init__(self, folder: Path, *, whole: bool = False) -> None:
        self.name = folder.name
        halves = halves_of(folder, "class")
        if halves is not None:
            train, test = halves
            self.classes = _classes(train)
            if _classes(test) != self.classes:
                raise DataError(f"{train} and {test} have other classes. Give both the same.")
            self._items: dict[Split, list[Item]] = {
                "train": _items(train, self.classes),
                "test": _items(test, self.classes),
            }
        else:
            self.classes = _classes(folder)
            items = _items(folder, self.classes)
            self._items = (
                {"train": items, "test": items} if whole else _split(items, self.classes, folder)
            )
        self.fingerprint = _fingerprint(folder, self._items)

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

        def load(index: int) -> tuple[Image.Image, int]:
            path, label = items[index]
            return opened(path), label

        return batches_of_photographs(
            load, len(items), resolution, batch, preprocessing, augmentation
        )


def halves_of(folder: Path, what: str) -> tuple[Path, Path] | None:
    """Its sub-folders of what trains and what tests; None where it has neither.

    what: of which a folder has a sub-folder each, for errors. Raises DataError for no folder, and
    for one half without the other.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder. Name one that has a sub-folder per {what}.")
    train, test = (
        next((folder / one for one in SPLITS[split] if (folder / one).is_dir()), None)
        for split in ("train", "test")
    )
    if train is not None and test is not None:
        return train, test
    if train is not None or test is not None:
        raise DataError(
            f"{folder} has {(train or test or folder).name} but not its counterpart. Give folders "
            f"train and val, or name a folder that has a sub-folder per {what} alone."
        )
    return None


def batches_of_photographs(
    load: Callable[[int], tuple[Image.Image, int]],
    count: int,
    resolution: int,
    batch: int,
    preprocessing: Preprocessing,
    augmentation: Augmentation | None,
) -> Iterator[Batch]:
    """As `Data.batches`; load: the photograph of this number, and its class."""
    order = torch.arange(count) if augmentation is None else torch.randperm(count)
    transform = _transform(resolution, preprocessing, augmentation)
    for chosen in chunks(order, batch, whole=augmentation is not None):
        found = [load(index) for index in chosen.tolist()]
        images = torch.stack([transform(image) for image, _ in found])
        labels = torch.tensor([label for _, label in found])
        yield normalised(images, preprocessing), labels


def opened(path: Path, named: str | None = None) -> Image.Image:
    """A photograph as people see it: turned as its camera said, in RGB, its first frame.

    named: what errors call it; else the last two parts of its path.

    Raises DataError for what is no image, is damaged, or has more than 100 million pixels.
    """
    advice = "Save it anew." if named else "Take it out, or save it anew."
    named = named or f"{path.parent.name}/{path.name}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # asked for below
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise DataError(
                        f"{named} has {width} x {height} pixels, more than {MAX_PIXELS:,}. "
                        "Make it smaller."
                    )
                return rgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise DataError(f"{named} has more than {MAX_PIXELS:,} pixels. Make it smaller.") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{named} is no image that can be read. {advice}") from error
    except DataError:
        raise
    except (OSError, EOFError, SyntaxError, ValueError, struct.error) as error:
        raise DataError(f"{named} is damaged ({error}). {advice}") from error


def seen(image: Image.Image, resolution: int, preprocessing: Preprocessing) -> Tensor:
    """The part of it that a network looks at, (3, R, R) from 0 to 1: `normalised` takes it."""
    found: Tensor = _transform(resolution, preprocessing, None)(image)
    return found


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
    elif preprocessing.resize == "both sides":  # in training as in testing
        share, by_chance = preprocessing.crop_fraction, augmentation == "little"
        part = v2.Lambda(lambda image: _part(image, share, by_chance=by_chance))
        steps = [part, v2.Resize([resolution] * 2, way)]
    elif augmentation == "little":
        steps = [v2.Resize(whole, way), v2.CenterCrop(whole), v2.RandomCrop(resolution)]
    else:
        steps = [v2.Resize(whole, way), v2.CenterCrop(resolution)]
    return v2.Compose([*steps, v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


def _part(image: Image.Image, share: float, *, by_chance: bool) -> Image.Image:
    """A share of each side of an image: the middle, or anywhere."""
    width, height = image.size
    wide, high = max(round(width * share), 1), max(round(height * share), 1)
    across, down = torch.rand(2).tolist() if by_chance else (0.5, 0.5)
    left, top = int((width - wide) * across), int((height - high) * down)
    return image.crop((left, top, left + wide, top + high))


def _fingerprint(folder: Path, items: Mapping[Split, Sequence[Item]]) -> str:
    lines = [
        f"{split} {path.relative_to(folder)} {path.stat().st_size}"
        for split, found in items.items()
        for path, _ in found
    ]
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()


def _classes(folder: Path) -> tuple[str, ...]:
    found = tuple(
        sorted(one.name for one in folder.iterdir() if one.is_dir() and one.name[0] != ".")
    )
    if len(found) < 2:
        raise DataError(
            f"{folder} has {len(found) or 'no'} sub-folder{'s' * (not found)} with a class. Give "
            "it two or more, one per class."
        )
    return found


def _items(folder: Path, classes: tuple[str, ...]) -> list[Item]:
    found = []
    for label, name in enumerate(classes):
        paths = sorted(
            path
            for path in (folder / name).rglob("*")
            if path.suffix.lower() in ENDINGS and path.name[0] != "." and path.is_file()
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
