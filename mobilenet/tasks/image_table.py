"""A table (CSV) with one image a row, and what is known of it; one bad row refuses it all."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mobilenet.tasks.data import SPLIT_SEED, TEST_SHARE, DataError, Split

IMAGE, SPLIT = "image", "split"
SPLITS: tuple[Split, ...] = ("train", "test")
FEWEST = 4  # rows; two of each split
Splits = Mapping[Split, tuple[int, ...]]


@dataclass(frozen=True)
class Row:
    """where: how errors name it. image: lies there. values: by their columns, as written."""

    where: str
    image: Path
    values: Mapping[str, str]
    split: Split | None


def rows_of(table: Path, columns: Sequence[str]) -> tuple[Row, ...]:
    """The rows of a CSV file in UTF-8 with the column `image`, a path from the table's folder, and
    these. A column `split` of train and test may be there; others do not matter.

    Raises DataError for a missing column or image, an image that is named twice, a split that is
    neither, and fewer than four rows; it names the row, of which the heading is the first.
    """
    with _opened(table) as reader:
        _check_columns(table, reader.fieldnames or (), columns)
        rows = tuple(_rows(table, reader, columns))
    if len(rows) < FEWEST:
        raise DataError(
            f"{table.name} has {len(rows) or 'no'} row{'s' * (len(rows) != 1)}. Give it {FEWEST} "
            "or more, one an image; some hundreds teach a network something."
        )
    return rows


def columns_of(table: Path) -> tuple[str, ...]:
    """All columns of a CSV file in UTF-8, in their order. Raises DataError."""
    with _opened(table) as reader:
        return tuple(reader.fieldnames or ())


def splits_of(table: Path, rows: Sequence[Row]) -> Splits:
    """The numbers of the rows that train and test: as they say, else 30 % test, always the same.

    Raises DataError where fewer than two rows train, or test.
    """
    if rows[0].split is None:
        return by_chance(len(rows))
    found: dict[Split, tuple[int, ...]] = {
        split: tuple(number for number, row in enumerate(rows) if row.split == split)
        for split in SPLITS
    }
    for split, numbers in found.items():
        if len(numbers) < 2:
            raise DataError(
                f"{table.name} has {len(numbers) or 'no'} row{'s' * (not numbers)} whose split is "
                f"{split}. Give it two or more, or take the column out: 30 % test then."
            )
    return found


def by_chance(count: int) -> Splits:
    """30 % test; the same ones for a count."""
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(range(count), test_size=TEST_SHARE, random_state=SPLIT_SEED)
    return {"train": tuple(sorted(train)), "test": tuple(sorted(test))}


@contextmanager
def _opened(table: Path) -> Iterator[csv.DictReader[str]]:
    try:
        # Excel marks UTF-8 at the beginning of a file.
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            yield reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{table} cannot be read as a table ({error}). Save it as CSV in UTF-8."
        ) from error


def _check_columns(table: Path, found: Sequence[str], columns: Sequence[str]) -> None:
    missing = [name for name in (IMAGE, *columns) if name not in found]
    if missing:
        raise DataError(
            f"{table.name} has no column {missing[0]}: its first row is "
            f"{', '.join(found)[:80] or 'empty'}. Name the columns there, with commas between them."
        )


def _rows(table: Path, reader: csv.DictReader[str], columns: Sequence[str]) -> Iterator[Row]:
    seen: dict[Path, str] = {}
    for values in reader:
        where = f"{table.name}, row {reader.line_num}"  # empty lines are passed over, and counted
        if None in values or None in values.values():
            raise DataError(
                f"{where} has {'more' if None in values else 'fewer'} values than there are "
                "columns. Give it one for each."
            )
        image, split = values[IMAGE].strip(), values.get(SPLIT, "").strip()
        path = table.parent / image
        if not image or Path(image).is_absolute() or not path.is_file():
            raise DataError(
                f"{where}: there is no image {image or '(empty)'} in {table.parent}. Give its path "
                "from there, or take the row out."
            )
        if path in seen:
            raise DataError(
                f"{where}: {image} is in {seen[path]} too, so it could train and test. Take one of "
                "the two out."
            )
        if SPLIT in values and split not in SPLITS:
            raise DataError(f"{where}: split is {split!r}. Write {' or '.join(SPLITS)}.")
        seen[path] = where
        yield Row(
            where=where,
            image=path,
            values={name: values[name].strip() for name in columns},
            split=next((one for one in SPLITS if one == split), None),
        )
