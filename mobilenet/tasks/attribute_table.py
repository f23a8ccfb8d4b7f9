"""Attributes from a table (CSV) beside its images, or drawn; and drawn ones as such a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import train_test_split

from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.data import SPLIT_SEED, TEST_SHARE, DataError, Split
from mobilenet.tasks.drawings import BLOND, HAIR, drawn, some_face, some_view
from mobilenet.tasks.pictures import Picture, fingerprint_of, shown

IMAGE, SPLIT = "image", "split"
SPLITS: tuple[Split, ...] = ("train", "test")
VALUES = {"0": 0.0, "1": 1.0}
DRAWN = ("hat", "glasses", "beard", "long hair", "blond", "smiling")
Rows = list[dict[str, str]]


def read(table: Path) -> Attributes:
    """A CSV file: a column `image` (a path from its folder), and a column of 0 and 1 for each
    attribute. A column `split` says which rows train and test; else 30 % test, always the same.

    Raises DataError, before anything is trained, for the first row that cannot be used.
    """
    attributes, rows = _rows(table)
    pictures = tuple(table.parent / row[IMAGE] for row in rows)
    present = [[VALUES[row[one]] for one in attributes] for row in rows]
    splits = _splits(table, rows)
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
        splits=_by_chance(count),
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


def _rows(table: Path) -> tuple[tuple[str, ...], Rows]:
    """The attributes' names, and rows of which each is sound."""
    try:
        # Excel marks UTF-8 at the beginning of a file.
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            reader.fieldnames = [column.strip() for column in reader.fieldnames or ()]
            attributes = _attributes(table, reader.fieldnames)
            rows = list(_sound(table, reader, attributes))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{table} cannot be read as a table ({error}). Save it as CSV in UTF-8."
        ) from error
    if len(rows) < 4:
        raise DataError(
            f"{table.name} has {len(rows) or 'no'} row{'s' * (len(rows) != 1)}. Give it four or "
            "more, one an image; some hundreds teach a network something."
        )
    return attributes, rows


def _attributes(table: Path, columns: list[str]) -> tuple[str, ...]:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    attributes = tuple(column for column in columns if column not in (IMAGE, SPLIT))
    if IMAGE not in columns or not attributes:
        raise DataError(
            f"{table.name} has {'no column ' + IMAGE if IMAGE not in columns else 'no attribute'}: "
            f"its first row is {', '.join(columns)[:80] or 'empty'}. Give it a column {IMAGE} and "
            "one for each attribute, with commas between them."
        )
    if twice or not all(attributes):
        raise DataError(
            f"{table.name} has {'two columns ' + twice[0] if twice else 'a column without a name'}."
            " Give each column a name of its own."
        )
    return attributes


def _sound(
    table: Path, rows: csv.DictReader[str], attributes: tuple[str, ...]
) -> Iterator[dict[str, str]]:
    seen: dict[str, int] = {}
    for row in rows:
        number = rows.line_num  # empty lines are passed over, and counted
        where = f"{table.name}, row {number}"
        if None in row or None in row.values():
            raise DataError(
                f"{where} has {'more' if None in row else 'fewer'} values than there are columns. "
                "Give it one for each."
            )
        found = {column: value.strip() for column, value in row.items()}
        image = found[IMAGE]
        if not image or not (table.parent / image).is_file():
            raise DataError(
                f"{where}: there is no image {image or '(empty)'} beside the table. Put it there, "
                "or take the row out."
            )
        if image in seen:
            raise DataError(
                f"{where}: {image} is already in row {seen[image]}, so it could train and test. "
                "Take one of the two out."
            )
        for attribute in attributes:
            if found[attribute] not in VALUES:
                raise DataError(
                    f"{where}: {attribute} is {found[attribute]!r}, neither 0 nor 1. Write 1 "
                    "where the image has it and 0 where not (CelebA's -1 is 0 here)."
                )
        if SPLIT in found and found[SPLIT] not in SPLITS:
            raise DataError(f"{where}: split is {found[SPLIT]!r}. Write {' or '.join(SPLITS)}.")
        seen[image] = number
        yield found


def _splits(table: Path, rows: Rows) -> Mapping[Split, tuple[int, ...]]:
    if SPLIT not in rows[0]:
        return _by_chance(len(rows))
    found: dict[Split, tuple[int, ...]] = {
        split: tuple(number for number, row in enumerate(rows) if row[SPLIT] == split)
        for split in SPLITS
    }
    for split, numbers in found.items():
        if len(numbers) < 2:
            raise DataError(
                f"{table.name} has {len(numbers) or 'no'} row{'s' * (not numbers)} whose split is "
                f"{split}. Give it two or more, or take the column out: 30 % test then."
            )
    return found


def _by_chance(count: int) -> Mapping[Split, tuple[int, ...]]:
    train, test = train_test_split(range(count), test_size=TEST_SHARE, random_state=SPLIT_SEED)
    return {"train": tuple(train), "test": tuple(test)}
