"""How a network is trained, as a frozen value. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Optimiser = Literal["rmsprop", "sgd", "adamw"]
Augmentation = Literal["none", "little", "standard"]
MAX_EPOCHS, MAX_BATCH = 10_000, 4_096


class RecipeError(ValueError):
    """Nobody can train like that; the message names the value and its limits."""


@dataclass(frozen=True)
class Recipe:
    """The paper's way by default: from scratch, the same for every width (section 4).

    optimiser: "rmsprop" is the paper's; "sgd" (momentum 0.9) and "adamw" are today's.
    learning_rate: at the start; it falls to nearly nothing along half a cosine.
    weight_decay: of convolutions and classifier. decay_depthwise: of depthwise filters too; the
        paper found that these want very little or none, as they have so few parameters.
    augmentation: "little" shifts images by up to a tenth; "standard" also crops, and mirrors.
        Digits are only ever shifted.
    label_smoothing: the paper has none.
    seed: of weights, of the order of images, and of their augmentation.

    Raises RecipeError for a value outside its limits.
    """

    optimiser: Optimiser = "rmsprop"
    learning_rate: float = 0.002
    epochs: int = 12
    batch: int = 64
    weight_decay: float = 4e-5  # TF-slim's mobilenet_v1.py
    decay_depthwise: bool = False
    augmentation: Augmentation = "little"
    label_smoothing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _within("Learning rate", self.learning_rate, 1e-7, 10)
        _within("Epochs", self.epochs, 1, MAX_EPOCHS)
        # Batch norm needs two images to have a variance.
        _within("Batch", self.batch, 2, MAX_BATCH)
        _within("Weight decay", self.weight_decay, 0, 1)
        _within("Label smoothing", self.label_smoothing, 0, 0.9)
        _within("Seed", self.seed, 0, 2**31 - 1)
        for name, value, choices in (
            ("Optimiser", self.optimiser, get_args(Optimiser)),
            ("Augmentation", self.augmentation, get_args(Augmentation)),
        ):
            if value not in choices:
                raise RecipeError(f"{name} {value!r} is not known. Choose one of {list(choices)}.")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # not true of NaN either
        raise RecipeError(
            f"{name} {value:,.12g} is outside {low:,.12g} to {high:,.12g}. Choose a value in that "
            "range."
        )
