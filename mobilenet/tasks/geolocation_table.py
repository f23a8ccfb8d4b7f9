"""Photographs with their places from a table (CSV), or drawn; and drawn ones as such a table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from mobilenet.tasks.cells import LEAST, MOST
from mobilenet.tasks.data import DataError
from mobilenet.tasks.geolocation import Geolocation, over_cells
from mobilenet.tasks.globe import photographed, some_places
from mobilenet.tasks.image_table import IMAGE, SPLIT, SPLITS, Row, by_chance, rows_of, splits_of
from mobilenet.tasks.pictures import shown

LIMITS = {"latitude": 90, "longitude": 180}  # degrees to either side of 0


def read(table: Path, most: int = MOST, least: int = LEAST) -> Geolocation:
    """A CSV file: a column `image` (a path from its folder), `latitude` and `longitude` in degrees.

    A column `split` says which rows train and test; else 30 % test, always the same ones.
    most, least: photographs in a cell, as `cells.partition`.

    Raises DataError, before anything is trained, for the first row that cannot be used.
    """
    rows = rows_of(table, tuple(LIMITS))
    places = np.array([[_degrees(row, name) for name in LIMITS] for row in rows])
    pictures = tuple(row.image for row in rows)
    return over_cells(
        table.name, pictures, places, splits_of(table, rows), table.parent, most, least
    )


def generated(
    count: int = 1200, seed: int = 0, most: int = MOST, least: int = LEAST
) -> Geolocation:
    """Pictures whose look follows their place, in the towns of a globe; 30 % test."""
    chance = np.random.default_rng(seed)
    places = some_places(count, chance)
    pictures = tuple(photographed(north, east, chance) for north, east in places.tolist())
    name = "generated photographs of a globe"
    return over_cells(name, pictures, places, by_chance(count), Path(), most, least)


def write(task: Geolocation, folder: Path) -> Path:
    """The task as a table and PNG images, as `read` takes them; the table's path."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "generated-places.csv"
    named = sorted((number, split) for split in SPLITS for number in task.splits[split])
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([IMAGE, SPLIT, *LIMITS])
        for number, split in named:
            shown(task.pictures[number]).save(folder / f"{number:05d}.png")
            writer.writerow([f"{number:05d}.png", split, *task.places[number].tolist()])
    return table


def _degrees(row: Row, name: str) -> float:
    limit = LIMITS[name]
    try:
        found = float(row.values[name])
    except ValueError as error:
        raise DataError(
            f"{row.where}: {name} is {row.values[name]!r}, which is no number. Write degrees, such "
            "as -12.5."
        ) from error
    if not -limit <= found <= limit:  # not true of NaN either
        raise DataError(
            f"{row.where}: {name} {found:g} is outside -{limit} to {limit}. Write degrees in that "
            "range."
        )
    return found
