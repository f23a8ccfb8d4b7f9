"""How each task is trained where nobody says otherwise: some minutes on two cores with the
generated data, measured with `python -m tests.bench tasks`. No torch."""

from __future__ import annotations

from typing import NamedTuple

from mobilenet.tasks.names import TaskName
from mobilenet.tasks.recipe import Recipe


class Plain(NamedTuple):
    width_multiplier: float
    resolution: int
    recipe: Recipe


# AdamW, as RMSprop with the paper's rate learns little from some hundred images in few steps.
_SHORT = Recipe("adamw", 0.003, epochs=15, batch=32)
PLAIN: dict[TaskName, Plain] = {
    "dogs": Plain(0.25, 64, _SHORT),
    "geolocation": Plain(0.25, 64, _SHORT),
    "attributes": Plain(0.25, 64, _SHORT),
    "detection": Plain(0.25, 128, Recipe("adamw", 0.003, 20, 16, augmentation="standard")),
    "embedding": Plain(0.25, 64, _SHORT),
}
