"""The globe cut into cells that are small where there are many photographs. No torch.

As PlaNet has it (Weyand, Kostrikov and Philbin, arXiv:1602.05314, section 3.1): S2's six faces of a
cube around the globe are quartered again and again, each cell for as long as it holds too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import s2cell

COARSEST = 0  # S2's level: a sixth of the globe
FINEST = 13  # about 1 km, the paper's street
MOST = 50
LEAST = 5
OUTSIDE = -1
Degrees = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Cells that do not overlap, by their S2 ids; a cell's number is its place among them.

    centres: latitude and longitude in degrees of the answer that each cell stands for. It is where
        its photographs lie in the mean: the middle of a large cell may lie in an ocean, a thousand
        kilometres from the one coast that was photographed. counts: photographs in each.
    """

    ids: tuple[int, ...]
    centres: tuple[tuple[float, float], ...]
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, latitudes: Degrees, longitudes: Degrees) -> Numbers:
        """The number of the cell around each place in degrees; -1 outside of all."""
        return np.array(
            [
                self._around(s2cell.lat_lon_to_cell_id(latitude, longitude, FINEST))
                for latitude, longitude in zip(latitudes, longitudes, strict=True)
            ],
            np.int64,
        )

    def _around(self, leaf: int) -> int:
        for level in self._levels:
            number = self._numbers.get(s2cell.cell_id_to_parent_cell_id(leaf, level))
            if number is not None:
                return number
        return OUTSIDE

    @cached_property
    def _numbers(self) -> Mapping[int, int]:
        return {cell: number for number, cell in enumerate(self.ids)}

    @cached_property
    def _levels(self) -> Sequence[int]:
        return sorted({s2cell.cell_id_to_level(cell) for cell in self.ids}, reverse=True)


def partition(
    latitudes: Degrees, longitudes: Degrees, most: int = MOST, least: int = LEAST
) -> Cells:
    """Cells of at most so many of these photographs, unless they lie within about 1 km.

    Those with fewer than `least` are left out, as PlaNet does: there is too little to learn from.
    latitudes, longitudes: (N,) in degrees.
    """
    leaves = [
        s2cell.lat_lon_to_cell_id(latitude, longitude, FINEST)
        for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]
    kept = sorted(
        (cell, inside)
        for cell, inside in _quartered(leaves, range(len(leaves)), COARSEST, most)
        if len(inside) >= least
    )
    return Cells(
        ids=tuple(cell for cell, _ in kept),
        centres=tuple(_mean(latitudes[inside], longitudes[inside]) for _, inside in kept),
        counts=tuple(len(inside) for _, inside in kept),
    )


def _quartered(
    leaves: Sequence[int], inside: Sequence[int], level: int, most: int
) -> Iterator[tuple[int, list[int]]]:
    """Cells from this level on, with the photographs in each, by number."""
    found: dict[int, list[int]] = defaultdict(list)
    for one in inside:
        found[s2cell.cell_id_to_parent_cell_id(leaves[one], level)].append(one)
    for cell, members in found.items():
        if len(members) > most and level < FINEST:
            yield from _quartered(leaves, members, level + 1, most)
        else:
            yield cell, members


def _mean(latitudes: Degrees, longitudes: Degrees) -> tuple[float, float]:
    """Of points on a sphere, as arrows from its middle: a mean of degrees fails at 180."""
    north, east = np.radians(latitudes), np.radians(longitudes)
    x, y = (np.cos(north) * np.cos(east)).sum(), (np.cos(north) * np.sin(east)).sum()
    z = np.sin(north).sum()
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))
