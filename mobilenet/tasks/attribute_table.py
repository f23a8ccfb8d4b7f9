"""Attributes from a table (CSV) beside its images, or drawn; and drawn ones as such a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch

from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.data import DataError
from mobilenet.tasks.drawings import BLOND, HAIR, drawn, some_face, some_view
from mobilenet.tasks.image_table import (
    IMAGE,
    SPLIT,
    SPLITS,
    Row,
    by_chance,
    columns_of,
    rows_of,
    splits_of,
)
from mobilenet.tasks.pictures import Picture, fingerprint_of, shown

VALUES = {"0": 0.0, "1": 1.0}
DRAWN = ("hat", "glasses", "beard", "long hair", "blond", "smiling")


def read(table: Path) -> Attributes:
    """A CSV file: a column `image` (a path from its folder), and a column of 0 and 1 for each
    attribute. A column `split` says which rows train and test; else 30 % test, always the same.

    Raises DataError, before anything is trained, for the first row that cannot be used.
    """
    attributes = _attributes(table)
    rows = rows_of(table, attributes)
    if not attributes:
        raise DataError(
            f"{table.name} has no attribute. Give it a column of 0 and 1 for each, with commas "
            "between them."
        )
    pictures = tuple(row.image for row in rows)
    present = [[_present(row, one) for one in attributes] for row in rows]
    splits = splits_of(table, rows)
    return Attributes(
        name=table.name,
        fingerprint=fingerprint_of(pictures, table.parent, attributes, present, splits),
        attributes=attributes,
        pictures=pictures,
        present=torch.tensor(present),
        splits=splits,
    )


def generated(count: int = 600, seed: int = 0) -> Attributes:
    """Drawn faces with six attributes, each in about a third of them; 30 % test."""
    chance = np.random.default_rng(seed)
    present = chance.random((count, len(DRAWN))) < 1 / 3
    pictures: list[Picture] = []
    for hat, glasses, beard, long_hair, blond, smiling in present.tolist():
        dark = HAIR[chance.integers(2)]
        face = some_face(
            chance,
            hair=BLOND if blond else dark,
            long_hair=long_hair,
            hat=hat,
            glasses=glasses,
            beard=beard,
        )
        pictures.append(drawn(face, some_view(chance, smile=smiling), chance))
    return Attributes(
        name="generated faces with attributes",
        fingerprint=fingerprint_of(pictures, Path(), DRAWN, present.tolist()),
        attributes=DRAWN,
        pictures=tuple(pictures),
        present=torch.from_numpy(present).float(),
        splits=by_chance(count),
    )


def write(task: Attributes, folder: Path) -> Path:
    """The task as a table and PNG images, as `read` takes them; the table's path."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "attributes.csv"
    named = {number: split for split in SPLITS for number in task.splits[split]}
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([IMAGE, SPLIT, *task.attributes])
        for number, split in sorted(named.items()):
            shown(task.pictures[number]).save(folder / f"{number:05d}.png")
            values = [int(value) for value in task.present[number].tolist()]
            writer.writerow([f"{number:05d}.png", split, *values])
    return table


def _attributes(table: Path) -> tuple[str, ...]:
    columns = columns_of(table)
    attributes = tuple(column for column in columns if column not in (IMAGE, SPLIT))
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice or not all(attributes):
        raise DataError(
            f"{table.name} has {'two columns ' + twice[0] if twice else 'a column without a name'}."
            " Give each column a name of its own."
        )
    return attributes


def _present(row: Row, attribute: str) -> float:
    found = row.values[attribute]
    if found not in VALUES:
        raise DataError(
            f"{row.where}: {attribute} is {found!r}, neither 0 nor 1. Write 1 where the image has "
            "it and 0 where not (CelebA's -1 is 0 here)."
        )
    return VALUES[found]
