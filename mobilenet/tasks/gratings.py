"""Pictures of twelve kinds that look alike, drawn: as many as a test or a first try wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from mobilenet.tasks.data import Batch, Split
from mobilenet.tasks.image_table import by_chance
from mobilenet.tasks.pictures import fingerprint_of, numbered_batches
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.recognition import Recognition
from mobilenet.weights.preprocessing import Preprocessing

KINDS = 12
SIDE = 48  # pixels of a drawn picture
TURNS_DEGREES = (0, 30, 60)  # a kind has one of each
WAVES = (5.0, 7.0)  # across the picture
TINTS = ((0.9, 0.6, 0.4), (0.5, 0.7, 0.9))
WOBBLE_DEGREES, WOBBLE_WAVES = 6.0, 0.35  # standard deviations within a kind
NOISE = 0.12  # a standard deviation, of 1


def generated(images: int = 60, seed: int = 0) -> Recognition:
    """Gratings of twelve kinds, so many images of each; 30 % test.

    Kinds differ by how far their stripes are turned, by how many there are and by a tint, all of
    which vary within a kind too; so does where stripes begin, and the noise.
    """
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(KINDS), images)
    return Recognition(_Drawn(tuple(_grating(int(kind), chance) for kind in labels), labels))


class _Drawn:
    """`Data` of pictures in memory."""

    def __init__(self, pictures: tuple[Image.Image, ...], labels: npt.NDArray[np.int64]) -> None:
        self.name = "generated gratings of twelve kinds"
        self.classes = tuple(
            f"{turn}°, {waves:g} waves, {tint}"
            for turn in TURNS_DEGREES
            for waves in WAVES
            for tint in ("warm", "cold")
        )
        self.fingerprint = fingerprint_of(pictures, Path(), labels.tolist())
        self.pictures, self.labels = pictures, torch.from_numpy(labels)
        self.splits = by_chance(len(pictures))

    def count(self, split: Split) -> int:
        return len(self.splits[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        for shown, numbers in numbered_batches(
            self.pictures, self.splits[split], resolution, batch, preprocessing, augmentation
        ):
            yield shown, self.labels[numbers]


def _grating(kind: int, chance: np.random.Generator) -> Image.Image:
    turned, rest = divmod(kind, len(WAVES) * len(TINTS))
    finer, tinted = divmod(rest, len(TINTS))
    angle = np.radians(TURNS_DEGREES[turned] + chance.normal(0, WOBBLE_DEGREES))
    waves = WAVES[finer] + chance.normal(0, WOBBLE_WAVES)
    down, across = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    along = across * np.cos(angle) + down * np.sin(angle)
    stripes = np.sin(2 * np.pi * (waves * along + chance.random()))
    tint = np.array(TINTS[tinted]) + chance.normal(0, 0.08, 3)
    values = tint * (0.6 + 0.35 * stripes[..., None])
    values += chance.normal(0, NOISE, values.shape)
    return Image.fromarray((255 * values).clip(0, 255).astype(np.uint8))
