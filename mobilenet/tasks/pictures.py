"""Photographs in files or drawn ones in memory, by their numbers: what several tasks read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image
from torch import Tensor

from mobilenet.tasks.folder import ENDINGS, batches_of_photographs, opened
from mobilenet.tasks.recipe import Augmentation
from mobilenet.weights.preprocessing import Preprocessing

Picture = Path | Image.Image


def shown(picture: Picture) -> Image.Image:
    """In RGB. Raises DataError for a file that is no image."""
    return opened(picture) if isinstance(picture, Path) else picture


def found_below(folder: Path) -> tuple[Path, ...]:
    """Files that are called like images, at any depth, in the order of their names."""
    return tuple(
        sorted(
            path
            for path in folder.rglob("*")
            if path.suffix.lower() in ENDINGS and path.name[0] != "." and path.is_file()
        )
    )


def numbered_batches(
    pictures: Sequence[Picture],
    numbers: Sequence[int],
    resolution: int,
    batch: int,
    preprocessing: Preprocessing,
    augmentation: Augmentation | None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The pictures of these numbers once, (N, 3, R, R), each batch with its numbers, (N,).

    As `Data.batches`, by which a task looks its targets up. Raises DataError.
    """

    def load(index: int) -> tuple[Image.Image, int]:
        return shown(pictures[numbers[index]]), numbers[index]

    return batches_of_photographs(
        load, len(numbers), resolution, batch, preprocessing, augmentation
    )


def fingerprint_of(pictures: Sequence[Picture], folder: Path, *facts: object) -> str:
    """Of where files lie below `folder` and how large they are, or of each drawn pixel; and of
    whatever else tells one set from another."""
    found = hashlib.sha256(repr(facts).encode(errors="surrogateescape"))
    for picture in pictures:
        if isinstance(picture, Path):
            line = f"{picture.relative_to(folder)} {picture.stat().st_size}\n"
            found.update(line.encode(errors="surrogateescape"))
        else:
            found.update(picture.tobytes())
    return found.hexdigest()
