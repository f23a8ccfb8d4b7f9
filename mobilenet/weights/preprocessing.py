"""How an image becomes what a network was trained on. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Interpolation = Literal["bilinear", "bicubic"]
Resize = Literal["shortest side", "both sides"]


@dataclass(frozen=True)
class Preprocessing:
    """From an RGB image, 0 to 1, to a network's input of R x R pixels.

    crop_fraction: share of the image's side that its central crop keeps.
    resize: "shortest side" scales the image to R / crop_fraction there and crops; "both sides"
        crops first and squeezes what is left into R x R.
    mean, std: of each channel; (value - mean) / std is what goes in.
    """

    crop_fraction: float
    interpolation: Interpolation
    resize: Resize = "shortest side"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)


SLIM = Preprocessing(0.875, "bilinear", "both sides")
"""TF-slim's inception_preprocessing.py, as it evaluates; values from -1 to 1."""
HUGGING_FACE = Preprocessing(0.875, "bilinear")
"""Shortest side to R + 32 and a crop of R, which is 0.875 at 224 px; values from -1 to 1."""
TIMM = Preprocessing(0.875, "bicubic")
"""timm's default configuration of mobilenetv1_100; values from -1 to 1."""
