"""Training and testing of any task's network; classes alone have `training`, with its scores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mobilenet.model import MobileNet
from mobilenet.tasks.checkpoint import CHECKPOINT
from mobilenet.tasks.data import DataError
from mobilenet.tasks.loop import Lesson, digest, taught
from mobilenet.tasks.recipe import Recipe, RecipeError
from mobilenet.tasks.score import Quality, TaskEpoch
from mobilenet.tasks.task import Task
from mobilenet.weights.preprocessing import Preprocessing


def learn(
    task: Task,
    network: nn.Module,
    resolution: int,
    recipe: Recipe,
    preprocessing: Preprocessing,
    folder: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[TaskEpoch]:
    """Train the network, in place, from the checkpoint in `folder` or from its own weights.

    Each epoch is given as it ends, those that were trained before first and at once; the network
    is in eval mode then. To go on, give the network as it was before its first step, such as
    `training.fresh` makes it: a checkpoint of one that started otherwise is another training.
    resolution: side of the images in pixels. folder: None keeps no checkpoint.
    check: called between batches; what it raises ends the training, and the checkpoint stays.

    Raises RecipeError for label smoothing, as a task has a loss of its own; DataError for images
    that cannot be used, and a MobileNet whose outputs are not the task's; TrainingError for a
    checkpoint of something else, and where the loss is no number; FileError where the checkpoint
    cannot be written.
    """
    if recipe.label_smoothing:
        raise RecipeError(
            f"Label smoothing {recipe.label_smoothing:g} is for classes alone. Leave it at 0."
        )
    if isinstance(network, MobileNet) and network.config.num_classes != task.outputs:
        raise DataError(
            f"{task.name} wants {task.outputs} outputs, the network has "
            f"{network.config.num_classes}. Build it with as many classes."
        )
    lesson = Lesson(
        recipe,
        batches=lambda: task.batches(
            "train", resolution, recipe.batch, preprocessing, recipe.augmentation
        ),
        loss=task.loss,
        test=lambda: tuple(
            _plain(one)
            for one in assess(task, network, resolution, recipe.batch, preprocessing, check)
        ),
        epoch=TaskEpoch,
        told=_told,
        check=check,
    )
    what = {
        "network": hashlib.sha256(str(network).encode()).hexdigest(),
        "recipe": asdict(recipe),
        "data": [task.name, task.fingerprint],
        "images": [task.count("train"), task.count("test")],
        "resolution": resolution,
        "preprocessing": asdict(preprocessing),
        "start": digest(network.state_dict()),
    }
    yield from taught(network, lesson, what, folder / CHECKPOINT if folder else None)


def assess(
    task: Task,
    network: nn.Module,
    resolution: int,
    batch: int,
    preprocessing: Preprocessing,
    check: Callable[[], None] = lambda: None,
) -> tuple[Quality, ...]:
    """How good the network's answers to all test images are; it is left in eval mode.

    check: called between batches; what it raises ends it. Raises DataError.
    """
    network.eval()
    answers, targets = [], []
    with torch.inference_mode():
        for images, wanted in task.batches("test", resolution, batch, preprocessing):
            check()
            answers.append(network(images))
            targets.append(wanted)
        return task.quality(torch.cat(answers), torch.cat(targets))


def _plain(quality: Quality) -> Quality:
    """Without NumPy's numbers, as which no checkpoint is read."""
    return replace(
        quality,
        percent=float(quality.percent),
        low=float(quality.low),
        high=float(quality.high),
        chance=float(quality.chance),
        count=int(quality.count),
    )


def _told(kept: dict[str, Any]) -> TaskEpoch:
    quality = tuple(Quality(**one) for one in kept["quality"])
    return TaskEpoch(**(kept | {"quality": quality}))
