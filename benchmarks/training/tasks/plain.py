"""How each task is trained where nobody says otherwise: chosen for the generated data, of which
`python -m tests.bench tasks` shows what they reach. No torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.training.tasks.order import TaskOrder
from benchmarks.training.tasks.record import with_folder
from mobilenet.config import ConfigError
from mobilenet.tasks.names import GENERATED, TaskName
from mobilenet.tasks.recipe import Recipe


class Plain(NamedTuple):
    width_multiplier: float
    resolution: int
    recipe: Recipe


# SGD, as a few hundred images are few steps: after as many epochs AdamW had learned less of them,
# top-1 57 % of gratings instead of 98, and of triplets of faces 7 % instead of 38. Shapes were
# tried with AdamW alone, RMSprop not at all.
PLAIN: dict[TaskName, Plain] = {
    "dogs": Plain(0.25, 64, Recipe("sgd", 0.05, epochs=15, batch=32)),
    "geolocation": Plain(0.25, 64, Recipe("sgd", 0.05, epochs=15, batch=32)),
    "attributes": Plain(0.25, 64, Recipe("sgd", 0.2, epochs=20, batch=32)),
    "detection": Plain(0.25, 128, Recipe("adamw", 0.003, 40, 16, augmentation="standard")),
    "embedding": Plain(0.25, 64, Recipe("sgd", 0.02, epochs=40, batch=64)),
}


def planned(
    task: TaskName,
    data: str = GENERATED,
    *,
    width: float | None = None,
    resolution: int | None = None,
    start: str | None = None,
    teacher: str | None = None,
    folder: Path | None = None,
    **recipe: Any,
) -> TaskOrder:
    """An order; what is None is the task's plain choice.

    recipe: fields of `Recipe`. folder: where it goes; None: where the dashboard finds it.

    Raises ConfigError for a network or a task that is none, RecipeError for a way nobody can train.
    """
    if task not in PLAIN:
        raise ConfigError(f"Task {task!r} is not known. Choose one of {', '.join(PLAIN)}.")
    plain = PLAIN[task]
    order = TaskOrder(
        task,
        plain.width_multiplier if width is None else width,
        plain.resolution if resolution is None else resolution,
        data if data == GENERATED else str(Path(data).absolute()),
        "" if folder is None else str(folder),
        replace(plain.recipe, **{name: one for name, one in recipe.items() if one is not None}),
        start,
        teacher,
    )
    order.label  # noqa: B018  # raises where there is no such network
    return with_folder(order) if folder is None else order
