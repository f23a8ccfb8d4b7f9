"""Faces that are drawn: nobody's, and as many as a test or a first try wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIDE = 64  # pixels of a drawing
Colour = tuple[int, int, int]

HAIR: tuple[Colour, ...] = ((35, 25, 20), (95, 60, 30), (235, 205, 110), (180, 70, 30))
BLOND = HAIR[2]
IRIS: tuple[Colour, ...] = ((40, 80, 200), (20, 120, 60), (70, 40, 20), (90, 90, 100))
WHITE, BLACK, LIPS = (250, 250, 250), (15, 15, 15), (170, 40, 50)


@dataclass(frozen=True)
class Face:
    """What stays the same in all pictures of one face. Lengths in shares of the picture's side."""

    skin: Colour
    hair: Colour
    iris: Colour
    half_width: float
    half_height: float
    eye_distance: float
    eye_radius: float
    mouth_width: float
    mouth_below: float
    long_hair: bool = False
    hat: bool = False
    glasses: bool = False
    beard: bool = False


@dataclass(frozen=True)
class View:
    """What differs from picture to picture: place, size, light, noise, ground, expression.

    noise: standard deviation, of 255. light: a factor.
    """

    across: float
    down: float
    scale: float
    light: float
    noise: float
    ground: Colour
    smile: bool


def some_face(
    chance: np.random.Generator,
    *,
    skin: Colour | None = None,
    hair: Colour | None = None,
    long_hair: bool = False,
    hat: bool = False,
    glasses: bool = False,
    beard: bool = False,
) -> Face:
    """Any face that has what is asked for."""
    tone = chance.uniform(0.45, 1.0)
    natural = _colour((245 * tone, 205 * tone, 170 * tone))
    return Face(
        skin=skin or natural,
        hair=hair or HAIR[chance.integers(len(HAIR))],
        iris=IRIS[chance.integers(len(IRIS))],
        half_width=chance.uniform(0.17, 0.25),
        half_height=chance.uniform(0.23, 0.3),
        eye_distance=chance.uniform(0.065, 0.115),
        eye_radius=chance.uniform(0.03, 0.048),
        mouth_width=chance.uniform(0.055, 0.11),
        mouth_below=chance.uniform(0.11, 0.16),
        long_hair=long_hair,
        hat=hat,
        glasses=glasses,
        beard=beard,
    )


def some_colour(chance: np.random.Generator) -> Colour:
    """Any, as faces of a cartoon may have."""
    return _colour(tuple(chance.uniform(20, 250, 3)))


def some_view(chance: np.random.Generator, *, smile: bool | None = None) -> View:
    return View(
        across=chance.uniform(0.45, 0.55),
        down=chance.uniform(0.47, 0.55),
        scale=chance.uniform(1.05, 1.3),
        light=chance.uniform(0.75, 1.2),
        noise=chance.uniform(4, 16),
        ground=_colour(tuple(chance.uniform(90, 200) + chance.uniform(-15, 15, 3))),
        smile=bool(chance.integers(2)) if smile is None else smile,
    )


def drawn(face: Face, view: View, chance: np.random.Generator) -> Image.Image:
    """An RGB picture of 64 x 64 pixels; the same numbers of chance, the same noise."""
    image = Image.new("RGB", (SIDE, SIDE), view.ground)
    pen = _Pen(ImageDraw.Draw(image), view)
    wide, high = face.half_width, face.half_height
    if face.long_hair:
        pen.oval(0, 0.08, wide + 0.06, high + 0.09, face.hair)
    pen.oval(0, -0.06, wide + 0.025, high, face.hair)
    pen.oval(0, 0.02, wide, high - 0.02, face.skin)
    if face.beard:
        pen.lower_half(0, 0.08, wide, high - 0.06, face.hair)
    for side in (-1, 1):
        across = side * face.eye_distance
        pen.oval(across, -0.03, face.eye_radius * 1.3, face.eye_radius, WHITE)
        pen.oval(across, -0.03, face.eye_radius * 0.7, face.eye_radius * 0.7, face.iris)
        if face.glasses:
            pen.ring(across, -0.03, 0.068, BLACK)
    pen.mouth(face.mouth_below, face.mouth_width, smile=view.smile)
    if face.hat:
        pen.box(0, -high + 0.03, wide + 0.07, 0.025, BLACK)
        pen.box(0, -high - 0.06, wide - 0.01, 0.08, BLACK)
    values = np.asarray(image, np.float32) * view.light
    values += chance.normal(0, view.noise, values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


@dataclass(frozen=True)
class _Pen:
    """Shapes about the middle of the face, in shares of the picture's side."""

    draw: ImageDraw.ImageDraw
    view: View

    def oval(self, across: float, down: float, wide: float, high: float, fill: Colour) -> None:
        self.draw.ellipse(self._box(across, down, wide, high), fill=fill)

    def ring(self, across: float, down: float, radius: float, colour: Colour) -> None:
        self.draw.ellipse(self._box(across, down, radius, radius), outline=colour, width=2)

    def lower_half(
        self, across: float, down: float, wide: float, high: float, fill: Colour
    ) -> None:
        self.draw.pieslice(self._box(across, down, wide, high), 0, 180, fill=fill)

    def box(self, across: float, down: float, wide: float, high: float, fill: Colour) -> None:
        self.draw.rectangle(self._box(across, down, wide, high), fill=fill)

    def mouth(self, down: float, wide: float, *, smile: bool) -> None:
        if smile:
            self.draw.chord(self._box(0, down - 0.02, wide, 0.055), 10, 170, fill=LIPS)
        else:
            self.box(0, down, wide, 0.014, LIPS)

    def _box(
        self, across: float, down: float, wide: float, high: float
    ) -> tuple[float, float, float, float]:
        view, unit = self.view, SIDE * self.view.scale
        x, y = SIDE * view.across + unit * across, SIDE * view.down + unit * down
        return x - unit * wide, y - unit * high, x + unit * wide, y + unit * high


def _colour(values: tuple[float, ...]) -> Colour:
    red, green, blue = (int(value) for value in values)
    return red, green, blue
