"""Faces by identity, from folders or drawn; and drawn ones as such folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mobilenet.tasks.data import SPLIT_SEED, TEST_SHARE, DataError, Split
from mobilenet.tasks.drawings import drawn, some_colour, some_face, some_view
from mobilenet.tasks.embedding import DIMENSIONS, FEWEST, Embedding
from mobilenet.tasks.folder import halves_of
from mobilenet.tasks.pictures import Picture, fingerprint_of, found_below, shown

Found = dict[str, tuple[Path, ...]]


def read(folder: Path, dimensions: int = DIMENSIONS) -> Embedding:
    """`folder/IDENTITY/IMAGE`, or the same below `folder/train` and `folder/val` (or `test`).

    Without the two, 30 % of the identities test, always the same ones.

    Raises DataError for fewer than two identities to train or to test, one that has a single image,
    and one that is in both.
    """
    halves = halves_of(folder, "identity")
    if halves is None:
        found = _identities(folder)
        splits = _by_chance(len(found))
    else:
        train, test = halves
        training, testing = _identities(train), _identities(test)
        both = sorted(set(training) & set(testing))
        if both:
            raise DataError(
                f"{both[0]} is in {train} and in {test}. Test with people who train nothing."
            )
        found = training | testing
        splits = {
            "train": tuple(range(len(training))),
            "test": tuple(range(len(training), len(found))),
        }
    pictures = tuple(path for paths in found.values() for path in paths)
    return Embedding(
        name=folder.name,
        fingerprint=fingerprint_of(pictures, folder, splits),
        identities=tuple(found),
        pictures=pictures,
        of_picture=tuple(number for number, paths in enumerate(found.values()) for _ in paths),
        splits=splits,
        dimensions=dimensions,
    )


def generated(
    identities: int = 60, images: int = 10, seed: int = 0, dimensions: int = DIMENSIONS
) -> Embedding:
    """Drawn faces, each of a shape and colours of its own; place, light, noise, ground and
    expression vary. 30 % of them test."""
    chance = np.random.default_rng(seed)
    pictures: list[Picture] = []
    for _ in range(identities):
        long_hair, glasses, beard = (chance.random(3) < (0.4, 0.25, 0.25)).tolist()
        face = some_face(
            chance,
            skin=some_colour(chance),
            hair=some_colour(chance),
            long_hair=long_hair,
            glasses=glasses,
            beard=beard,
        )
        pictures += [drawn(face, some_view(chance), chance) for _ in range(images)]
    return Embedding(
        name="generated faces of identities",
        fingerprint=fingerprint_of(pictures, Path()),
        identities=tuple(f"face {number}" for number in range(identities)),
        pictures=tuple(pictures),
        of_picture=tuple(number for number in range(identities) for _ in range(images)),
        splits=_by_chance(identities),
        dimensions=dimensions,
    )


def write(task: Embedding, folder: Path) -> None:
    """The task as folders of PNG images, `train` and `test`, as `read` takes them."""
    for split, numbers in task.splits.items():
        for number in numbers:
            place = folder / split / task.identities[number]
            place.mkdir(parents=True, exist_ok=True)
            for image, identity in enumerate(task.of_picture):
                if identity == number:
                    shown(task.pictures[image]).save(place / f"{image:05d}.png")


def _identities(folder: Path) -> Found:
    found = {
        one.name: found_below(one)
        for one in sorted(folder.iterdir())
        if one.is_dir() and one.name[0] != "."
    }
    if len(found) < FEWEST:
        raise DataError(
            f"{folder} has {'one identity' if found else 'no identity'}. Give it two or more, a "
            "sub-folder each, as different ones must be told apart."
        )
    for name, images in found.items():
        if len(images) < FEWEST:
            raise DataError(
                f"{folder / name} has {'one image' if images else 'no image'}, which makes no "
                "pair. Add some, or take the folder away."
            )
    return found


def _by_chance(count: int) -> dict[Split, tuple[int, ...]]:
    if count < 2 * FEWEST:
        raise DataError(
            f"{count} identities are too few to split: two must train and two others test. Add "
            "some, or give folders train and val."
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(count).tolist()
    testing = max(round(TEST_SHARE * count), FEWEST)
    return {"train": tuple(sorted(order[testing:])), "test": tuple(sorted(order[:testing]))}
