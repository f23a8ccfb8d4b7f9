"""Pictures with shapes to find: as many as a test or a first try wants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from mobilenet.tasks.detection.annotations import Annotated
from mobilenet.tasks.image_table import by_chance
from mobilenet.tasks.pictures import fingerprint_of

SHAPES = ("circle", "square", "triangle")
SIDE = 128  # pixels of a picture
MOST = 4  # shapes in a picture
SIZES = (0.22, 0.5)  # of the picture's side
NOISE = (4, 14)  # standard deviation, of 255
TRIES = 20  # for a place where it covers no other
Corners = tuple[int, int, int, int]  # left, top, right, bottom in pixels; the last two are outside


def generated(count: int = 400, seed: int = 0, side: int = SIDE) -> Annotated:
    """Pictures of one to four shapes on a textured ground; 30 % test. side: in pixels."""
    chance = np.random.default_rng(seed)
    found = [_scene(side, chance) for _ in range(count)]
    pictures = tuple(picture for picture, _ in found)
    objects = tuple(torch.tensor(rows) for _, rows in found)
    splits = by_chance(count)
    return Annotated(
        name="generated pictures of shapes",
        fingerprint=fingerprint_of(pictures, Path(), [one.tolist() for one in objects], splits),
        classes=SHAPES,
        pictures=pictures,
        objects=objects,
        splits=splits,
    )


def _scene(side: int, chance: np.random.Generator) -> tuple[Image.Image, list[list[float]]]:
    """A picture, and of each shape its label and its corners in shares of the side."""
    image = _ground(side, chance)
    pen = ImageDraw.Draw(image)
    rows: list[list[float]] = []
    placed: list[Corners] = []
    for _ in range(chance.integers(1, MOST + 1)):
        corners = _free(side, placed, chance)
        if corners is None:
            continue
        placed.append(corners)
        label = int(chance.integers(len(SHAPES)))
        _draw(pen, SHAPES[label], corners, _colour(chance), chance)
        rows.append([float(label + 1), *(value / side for value in corners)])
    values = np.asarray(image, np.float64)
    values = values + chance.normal(0, chance.uniform(*NOISE), values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8)), rows


def _ground(side: int, chance: np.random.Generator) -> Image.Image:
    """Soft spots of neighbouring greys and colours."""
    base = chance.uniform(60, 200, 3)
    spots = base + chance.normal(0, 18, (8, 8, 3))
    small = Image.fromarray(spots.clip(0, 255).astype(np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def _free(side: int, placed: list[Corners], chance: np.random.Generator) -> Corners | None:
    """A square that touches no other."""
    for _ in range(TRIES):
        size = int(side * chance.uniform(*SIZES))
        left, top = (int(value) for value in chance.integers(0, side - size + 1, 2))
        corners = (left, top, left + size, top + size)
        if not any(_touch(corners, other) for other in placed):
            return corners
    return None


def _touch(one: Corners, other: Corners) -> bool:
    apart = one[0] > other[2] or other[0] > one[2] or one[1] > other[3] or other[1] > one[3]
    return not apart


def _colour(chance: np.random.Generator) -> tuple[int, int, int]:
    """Strong: one channel is high and one is low."""
    red, green, blue = (int(value) for value in chance.permutation([240, 20, 130]))
    return red, green, blue


def _draw(
    pen: ImageDraw.ImageDraw,
    shape: str,
    corners: Corners,
    colour: tuple[int, int, int],
    chance: np.random.Generator,
) -> None:
    left, top, right, bottom = corners[0], corners[1], corners[2] - 1, corners[3] - 1
    if shape == "circle":
        pen.ellipse((left, top, right, bottom), fill=colour)
    elif shape == "square":
        pen.rectangle((left, top, right, bottom), fill=colour)
    else:
        tip, base = (top, bottom) if chance.integers(2) else (bottom, top)
        pen.polygon([(left, base), (right, base), ((left + right) / 2, tip)], fill=colour)
