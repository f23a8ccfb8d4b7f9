"""A globe that is drawn: towns of unequal size, and pictures whose look follows their place."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image

from mobilenet.tasks.cells import Degrees

TOWNS = 24
SIZES_FALL_BY = 0.7  # the second town has 2 ** -0.7 of the first one's photographs, and so on
NORTHERNMOST = 65.0
TOWN_DEGREES = 0.8  # a standard deviation, about 90 km
COUNTRYSIDE = 0.1  # share of photographs that are taken anywhere
SIDE = 48  # pixels
HAZE_DEGREES = 2.0  # how well a picture shows its place: a standard deviation
STRIPES = 5
BLOB = 0.12  # of the side
NOISE = 0.06  # a standard deviation, of 1


def some_places(count: int, chance: np.random.Generator) -> Degrees:
    """(count, 2) latitudes and longitudes, most of them in towns."""
    towns = _anywhere(TOWNS, chance)
    sizes = np.arange(1, TOWNS + 1) ** -SIZES_FALL_BY
    chosen = towns[chance.choice(TOWNS, count, p=sizes / sizes.sum())]
    places = chosen + chance.normal(0, TOWN_DEGREES, (count, 2))
    outside = chance.random(count) < COUNTRYSIDE
    places[outside] = _anywhere(int(outside.sum()), chance)
    places[:, 1] = (places[:, 1] + 180) % 360 - 180
    return places


def photographed(latitude: float, longitude: float, chance: np.random.Generator) -> Image.Image:
    """An RGB picture of 48 x 48 pixels, of one place in degrees.

    Stripes turn once around the globe, so that the look has no seam at 180 degrees; colour and the
    height of a bright blob follow the latitude. Phase, the blob's other place and noise are chance.
    """
    latitude, longitude = np.array([latitude, longitude]) + chance.normal(0, HAZE_DEGREES, 2)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    turn, north = np.radians(longitude) / 2, np.clip((latitude + 90) / 180, 0, 1)
    along = across * np.cos(turn) + down * np.sin(turn)
    stripes = np.sin(2 * np.pi * (STRIPES * along + chance.random()))
    middle = chance.uniform(0.3, 0.7)
    blob = np.exp(-((across - middle) ** 2 + (down - (1 - north)) ** 2) / (2 * BLOB**2))
    colour = np.array(colorsys.hsv_to_rgb(0.7 * north, 0.8, 0.8))
    values = colour * (0.65 + 0.35 * stripes[..., None]) + 0.5 * blob[..., None]
    values += chance.normal(0, NOISE, values.shape)
    return Image.fromarray((255 * values).clip(0, 255).astype(np.uint8))


def _anywhere(count: int, chance: np.random.Generator) -> Degrees:
    return np.column_stack(
        [
            chance.uniform(-NORTHERNMOST, NORTHERNMOST, count),
            chance.uniform(-180, 180, count),
        ]
    )
