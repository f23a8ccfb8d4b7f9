"""Where on the globe a photograph was taken: the paper's PlaNet (section 4.3, Table 11).

A network tells cells of the globe apart; its answer is the centre of the likeliest one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from pyproj import Geod
from torch import Tensor
from torch.nn.functional import cross_entropy

from mobilenet.tasks.cells import LEAST, MOST, OUTSIDE, Cells, Degrees, partition
from mobilenet.tasks.data import DataError, Split
from mobilenet.tasks.image_table import Splits
from mobilenet.tasks.pictures import Picture, fingerprint_of, numbered_batches
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality, wilson
from mobilenet.weights.preprocessing import Preprocessing

# Table 11's, in km. The country comes first: a network that knows it knows more than the climate,
# and sets of some thousand photographs, which are all that most people have, can show it.
SCALES = {"country": 750, "continent": 2500, "region": 200, "city": 25, "street": 1}
EARTH_KM = 6371  # mean radius


@dataclass(frozen=True)
class Geolocation:
    """Photographs with their places; targets are latitude and longitude in degrees.

    places: (pictures, 2) in degrees, float64. splits: the numbers of the pictures that train and
        test. Those that lie in no cell train nothing, but test like all others.
    """

    name: str
    fingerprint: str
    cells: Cells = field(repr=False)
    pictures: tuple[Picture, ...] = field(repr=False)
    places: Tensor = field(repr=False)
    splits: Splits = field(repr=False)

    @property
    def outputs(self) -> int:
        return len(self.cells)

    @property
    def classes(self) -> tuple[str, ...]:
        """What the outputs are called: the centres, "48.85837, 2.29448", to about a metre."""
        return tuple(f"{north:.5f}, {east:.5f}" for north, east in self.cells.centres)

    def count(self, split: Split) -> int:
        return len(self._used[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """All pictures once, with their places, (N, 2). Raises DataError for what is no image."""
        for images, numbers in numbered_batches(
            self.pictures, self._used[split], resolution, batch, preprocessing, augmentation
        ):
            yield images, self.places[numbers]

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        """Cross entropy of (N, cells) over the cells around (N, 2); outside of all, none."""
        numbers = self.cells.of(targets[:, 0].numpy(), targets[:, 1].numpy())
        return cross_entropy(answers, torch.from_numpy(numbers), ignore_index=OUTSIDE)

    def told(self, answers: Tensor) -> Degrees:
        """(N, cells) -> (N, 2), the places in degrees that the answers stand for."""
        found: Degrees = np.array(self.cells.centres)[answers.argmax(dim=1).numpy()]
        return found

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        """The share of photographs that are told within each of the paper's distances.

        Chance: what the best single answer to all of them would reach, chosen by these photographs
        themselves. So no network that tells one place always is above it: the fullest cell's centre
        would be too low a bar, as a large town has several cells.
        """
        places = targets.numpy()
        away = kilometres(self.told(answers), places)
        found = []
        for (scale, limit), centre in zip(SCALES.items(), self._best_blindly(places), strict=True):
            near = int((away <= limit).sum())
            blindly = kilometres(np.tile(centre, (len(places), 1)), places)
            found.append(
                Quality(
                    f"{scale}, within {limit:,} km",
                    100 * near / len(places),
                    *wilson(near, len(places)),
                    chance=100 * int((blindly <= limit).sum()) / len(places),
                    count=len(places),
                )
            )
        return tuple(found)

    def _best_blindly(self, places: Degrees) -> Degrees:
        """The centre that has most of these places within each scale, (scales, 2) in degrees."""
        from sklearn.neighbors import BallTree

        centres = np.array(self.cells.centres)
        tree = BallTree(np.radians(places), metric="haversine")  # on a sphere: 0.5 % off at most
        best = [
            tree.query_radius(np.radians(centres), limit / EARTH_KM, count_only=True).argmax()
            for limit in SCALES.values()
        ]
        found: Degrees = centres[best]
        return found

    @cached_property
    def _used(self) -> Splits:
        train = np.array(self.splits["train"])
        latitudes, longitudes = self.places[train].numpy().T
        inside = self.cells.of(latitudes, longitudes) != OUTSIDE
        return {"train": tuple(train[inside].tolist()), "test": self.splits["test"]}


def kilometres(ones: Degrees, others: Degrees) -> Degrees:
    """Between places in degrees, (N, 2) each -> (N,), on WGS84's ellipsoid."""
    _, _, metres = Geod(ellps="WGS84").inv(ones[:, 1], ones[:, 0], others[:, 1], others[:, 0])
    return np.asarray(metres) / 1000


def over_cells(
    name: str,
    pictures: tuple[Picture, ...],
    places: Degrees,
    splits: Splits,
    folder: Path,
    most: int = MOST,
    least: int = LEAST,
) -> Geolocation:
    """The task with cells that suit its training photographs.

    folder: of the pictures that are files. most, least: photographs in a cell, as `partition`.

    Raises DataError for fewer than two cells: there would be nothing to tell apart.
    """
    latitudes, longitudes = places[list(splits["train"])].T
    cells = partition(latitudes, longitudes, most, least)
    if len(cells) < 2:
        raise DataError(
            f"{name}: {len(latitudes):,} training photographs make {len(cells) or 'no'} "
            f"cell{'s' * (not len(cells))} of {least} to {most}. Give more photographs, or ask "
            "for fewer in a cell."
        )
    return Geolocation(
        name=name,
        fingerprint=fingerprint_of(pictures, folder, places.tolist(), splits, cells.ids),
        cells=cells,
        pictures=pictures,
        places=torch.from_numpy(places),
        splits=splits,
    )
