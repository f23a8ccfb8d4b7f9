"""One JSON file of COCO's objects (cocodataset.org), and all that may be wrong in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass as plain_dataclass
from pathlib import Path
from typing import NoReturn

import torch
from PIL import Image
from pydantic import FiniteFloat, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from torch import Tensor

from mobilenet.tasks.data import DataError

OUTSIDE_PIXELS = 1.0  # so far a box may reach over its picture's edge: files are rounded
BESIDE = (".", "images")  # where images lie, from the file's folder
TURNED = frozenset({5, 6, 7, 8})  # EXIF's orientations that swap width and height
ORIENTATION = 0x0112
EMPTY = (0, 5)


@plain_dataclass(frozen=True)
class Listed:
    """What a file says. categories: names by their ids, which rise. objects: as `Annotated`'s."""

    name: str
    categories: Mapping[int, str]
    paths: tuple[Path, ...]
    objects: tuple[Tensor, ...]


@dataclass(frozen=True)
class _Image:
    id: int
    file_name: str
    width: int
    height: int


@dataclass(frozen=True)
class _Object:
    id: int
    image_id: int
    category_id: int
    bbox: tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
    iscrowd: bool = False


@dataclass(frozen=True)
class _Category:
    id: int
    name: str


@dataclass(frozen=True)
class _File:
    images: list[_Image]
    annotations: list[_Object]
    categories: list[_Category]


def listed_in(path: Path) -> Listed:
    """The whole file, checked, and each image's real size. Raises DataError."""
    file = _parsed(path)
    if not file.annotations:
        _refuse(path, "has no annotations", "Give it boxes, or name another file")
    for what, values in (
        ("images with the id", [one.id for one in file.images]),
        ("images with the file name", [one.file_name for one in file.images]),
        ("categories with the id", [one.id for one in file.categories]),
        ("categories with the name", [one.name for one in file.categories]),
    ):
        if twice := _twice(values):
            _refuse(path, f"has two {what} {twice[0]}", "Take one out")
    categories = {one.id: one.name for one in sorted(file.categories, key=lambda one: one.id)}
    labels = {number: label for label, number in enumerate(categories, start=1)}
    images = {one.id: one for one in file.images}
    rows: dict[int, list[list[float]]] = {one.id: [] for one in file.images}
    for one in file.annotations:
        if one.image_id not in images:
            _refuse_object(path, one, f"no image has the id {one.image_id}", "Give its image's id")
        if one.category_id not in labels:
            _refuse_object(
                path, one, f"no category has the id {one.category_id}", "Give its category's id"
            )
        label = labels[one.category_id] * (-1 if one.iscrowd else 1)
        rows[one.image_id].append([label, *_shares(path, one, images[one.image_id])])
    _check_examples(path, file, categories)
    return Listed(
        name=path.name,
        categories=categories,
        paths=tuple(_found(path, one) for one in file.images),
        objects=tuple(torch.tensor(rows[one.id]).reshape(-1, EMPTY[1]) for one in file.images),
    )


def _parsed(path: Path) -> _File:
    try:
        return TypeAdapter(_File).validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error}). Name a JSON file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(
            f"{path.name} is no COCO file of objects: {where}: {first['msg']}. It wants images, "
            "annotations with a bbox, and categories."
        ) from error


def _check_examples(path: Path, file: _File, categories: Mapping[int, str]) -> None:
    shown = {one.category_id for one in file.annotations if not one.iscrowd}
    for number, name in categories.items():
        if number not in shown:
            _refuse(
                path,
                f"has no example of the category {name} (id {number})",
                "Add one, or take the category out",
            )


def _shares(path: Path, one: _Object, image: _Image) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, in shares of the image's sides."""
    left, top, wide, high = one.bbox
    right, bottom = left + wide, top + high
    beyond = max(-left, -top, right - image.width, bottom - image.height)
    if beyond > OUTSIDE_PIXELS:
        _refuse_object(
            path,
            one,
            f"its box [x, y, w, h] {list(one.bbox)} reaches {beyond:g} px out of "
            f"{image.file_name}, which has {image.width} x {image.height}",
            f"Keep it inside; {OUTSIDE_PIXELS:g} px is forgiven",
        )
    left, right = (min(max(value, 0), image.width) for value in (left, right))
    top, bottom = (min(max(value, 0), image.height) for value in (top, bottom))
    if right <= left or bottom <= top:
        _refuse_object(
            path,
            one,
            f"its box [x, y, w, h] {list(one.bbox)} is empty",
            "Give it a width and a height above 0, or take it out",
        )
    return left / image.width, top / image.height, right / image.width, bottom / image.height


def _found(path: Path, one: _Image) -> Path:
    """Where the image lies. Only its first bytes are read."""
    places = [path.parent / beside / one.file_name for beside in BESIDE]
    image = next((place for place in places if place.is_file()), None)
    if image is None or Path(one.file_name).is_absolute():
        _refuse(
            path,
            f"names {one.file_name} (id {one.id}), which is neither beside it nor in a folder "
            "images there",
            "Give the image's path from there, or take it out",
        )
    try:
        with Image.open(image) as opened:
            width, height = opened.size
            if opened.getexif().get(ORIENTATION) in TURNED:
                width, height = height, width
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{path.name} names {one.file_name}, which is no image that can be read ({error}). "
            "Save it anew, or take it out."
        ) from error
    if (width, height) != (one.width, one.height):
        _refuse(
            path,
            f"says {one.width} x {one.height} pixels of {one.file_name} (id {one.id}), which has "
            f"{width} x {height}",
            "Its boxes would lie elsewhere: give the image that was annotated, or its size",
        )
    return image


def _twice(values: Iterable[object]) -> list[object]:
    return [value for value, count in Counter(values).items() if count > 1]


def _refuse_object(path: Path, one: _Object, what: str, way_out: str) -> NoReturn:
    raise DataError(f"{path.name}, annotation {one.id}: {what}. {way_out}.")


def _refuse(path: Path, what: str, way_out: str) -> NoReturn:
    raise DataError(f"{path.name} {what}. {way_out}.")
