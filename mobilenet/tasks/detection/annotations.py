"""Pictures with the boxes of their objects: COCO's files, and such files from pictures in memory.

One thing that is wrong refuses a whole file, before anything is trained.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mobilenet.tasks.data import DataError, Split
from mobilenet.tasks.detection.coco_file import Listed, listed_in
from mobilenet.tasks.image_table import FEWEST, SPLITS, Splits, by_chance
from mobilenet.tasks.pictures import Picture, fingerprint_of, shown


@dataclass(frozen=True)
class Annotated:
    """Pictures with objects, split in two.

    classes: names; the label of the first is 1. objects: of each picture, (M, 5): label, then left,
        top, right and bottom in shares of the picture's sides. A label below 0 is of a crowd: no
        single object, but what is found there is not wrong either.

    Raises DataError for fewer than two pictures that train, or test, and for a class of which
    none trains.
    """

    name: str
    fingerprint: str
    classes: tuple[str, ...]
    pictures: tuple[Picture, ...] = field(repr=False)
    objects: tuple[Tensor, ...] = field(repr=False)
    splits: Splits = field(repr=False)

    def __post_init__(self) -> None:
        for split, numbers in self.splits.items():
            if len(numbers) < 2:
                raise DataError(
                    f"{self.name}: {len(numbers) or 'no'} image{'s' * (not numbers)} would "
                    f"{split}. Give two or more; some hundreds teach a network something."
                )
        seen = set(self.objects_of("train")[:, 0].tolist())
        for label, name in enumerate(self.classes, start=1):
            if label not in seen:
                raise DataError(
                    f"{self.name}: none of the {len(self.splits['train'])} images that train shows "
                    f"the category {name}. Add images of it, or take the category out."
                )

    def objects_of(self, split: Split) -> Tensor:
        """Of all its pictures together, (M, 5)."""
        return torch.cat([self.objects[number] for number in self.splits[split]])


def read(train: Path, test: Path | None = None) -> Annotated:
    """COCO's JSON files of objects, beside their images or beside a folder `images` of them.

    test: the file of images that test; else 30 % of the first one's do, always the same ones.
    Labels follow the categories' ids without their gaps: COCO's 80 categories have the labels 1 to
    80, though their ids go up to 90.

    Raises DataError; it names the file, and the id of the image or annotation that is wrong.
    """
    sets = [listed_in(path) for path in (train, test) if path is not None]
    first, last = sets[0], sets[-1]
    if first.categories != last.categories:
        raise DataError(
            f"{last.name} has other categories than {first.name}. Give both the same ids and names."
        )
    pictures = tuple(path for one in sets for path in one.paths)
    if twice := set(first.paths) & set(last.paths) if test else None:
        raise DataError(
            f"{min(twice).name} is in {first.name} and in {last.name}, so it would train and test. "
            "Take it out of one."
        )
    objects = tuple(boxes for one in sets for boxes in one.objects)
    splits = _splits(sets)
    classes = tuple(first.categories.values())
    folder = Path(commonpath([path.parent for path in pictures]))
    facts = [boxes.tolist() for boxes in objects], splits, classes
    return Annotated(
        name=" and ".join(one.name for one in sets),
        fingerprint=fingerprint_of(pictures, folder, *facts),
        classes=classes,
        pictures=pictures,
        objects=objects,
        splits=splits,
    )


def write(annotated: Annotated, folder: Path) -> tuple[Path, Path]:
    """As PNG images with `train.json` and `test.json`, which `read` takes; the files' paths."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        content = json.dumps(_written(annotated, annotated.splits[split], folder / "images"))
        (folder / f"{split}.json").write_text(content, encoding="utf-8")
    return folder / "train.json", folder / "test.json"


def _written(annotated: Annotated, numbers: Sequence[int], folder: Path) -> dict[str, Any]:
    """What COCO says of the pictures of these numbers, which it saves."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in numbers:
        picture, name = shown(annotated.pictures[number]), f"{number:05d}.png"
        picture.save(folder / name)
        width, height = picture.size
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for label, left, top, right, bottom in annotated.objects[number].tolist():
            wide, high = (right - left) * width, (bottom - top) * height
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(abs(label)),
                    "bbox": [left * width, top * height, wide, high],
                    "area": wide * high,
                    "iscrowd": int(label < 0),
                }
            )
    names = enumerate(annotated.classes, start=1)
    categories = [{"id": label, "name": name} for label, name in names]
    return {"images": images, "annotations": annotations, "categories": categories}


def _splits(sets: Sequence[Listed]) -> Splits:
    first, last = len(sets[0].paths), len(sets[-1].paths)
    if len(sets) == 2:
        return {"train": tuple(range(first)), "test": tuple(range(first, first + last))}
    if first < FEWEST:
        raise DataError(
            f"{sets[0].name} has {first or 'no'} image{'s' * (first != 1)}. Give it {FEWEST} or "
            "more, or another file with images that test."
        )
    return by_chance(first)
