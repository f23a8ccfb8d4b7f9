"""One training, epoch by epoch, that can be ended at any moment and goes on where it was.

After each epoch everything that the next one depends on is on the disk, whole; what happens within
an epoch depends on nothing but that and the recipe's seed. So a training that was killed ends in
the same network, to the last bit on one machine, as one that was not.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR

from mobilenet.tasks.checkpoint import EpochKind, Parts, TrainingError, keep, resumed
from mobilenet.tasks.recipe import Recipe

LAST_SHARE = 0.01  # of the learning rate that is left at the end
Found = TypeVar("Found")


@dataclass(frozen=True)
class Lesson(Generic[Found, EpochKind]):
    """What a network is taught, and how that is tested.

    batches: of one epoch, images with their targets. loss: of the network's answers to a batch, and
        the targets. test: how good the network is now, which is in eval mode.
    epoch: number, mean loss, what the test found and seconds as one value; told: the same again,
        from the plain values of a checkpoint.
    check: called between batches; what it raises ends the training.
    """

    recipe: Recipe
    batches: Callable[[], Iterator[tuple[Tensor, Tensor]]]
    loss: Callable[[Tensor, Tensor], Tensor]
    test: Callable[[], Found]
    epoch: Callable[[int, float, Found, float], EpochKind]
    told: Callable[[dict[str, Any]], EpochKind]
    check: Callable[[], None]


def taught(
    network: nn.Module,
    lesson: Lesson[Found, EpochKind],
    what: dict[str, Any],
    path: Path | None,
) -> Iterator[EpochKind]:
    """Train the network, in place; each epoch as it ends, those of the checkpoint at once.

    The network is in eval mode when an epoch is given. what: must be the same for a training to go
    on. path: of the checkpoint; None keeps none.

    Raises TrainingError for a checkpoint of something else, and where the loss is no number;
    FileError where the checkpoint cannot be written.
    """
    recipe = lesson.recipe
    optimiser = optimiser_for(network, recipe)
    rate = LambdaLR(optimiser, falling(recipe.epochs))
    parts: Parts = {"network": network, "optimiser": optimiser, "rate": rate}
    epochs = resumed(path, what, parts, lesson.told) if path and path.is_file() else []
    network.eval()
    yield from epochs
    for number in range(len(epochs) + 1, recipe.epochs + 1):
        start = time.perf_counter()
        torch.manual_seed(recipe.seed + number * 1_000_003)  # the epoch's own chances
        loss = _one_epoch(network, optimiser, lesson)
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss is no number in epoch {number}: the learning rate "
                f"{recipe.learning_rate:g} is too high for this. Try a third of it, "
                "in another folder."
            )
        rate.step()
        network.eval()
        found = lesson.test()
        epochs.append(lesson.epoch(number, loss, found, time.perf_counter() - start))
        if path:
            keep(path, what, parts, epochs)
        yield epochs[-1]


def optimiser_for(network: nn.Module, recipe: Recipe) -> Optimizer:
    """The recipe's, over all parameters; batch norms and biases are never decayed."""
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for module in network.modules():
        for name, parameter in module.named_parameters(recurse=False):
            depthwise = isinstance(module, nn.Conv2d) and module.groups > 1
            plain = isinstance(module, nn.BatchNorm2d) or name == "bias"
            spared = plain or (depthwise and not recipe.decay_depthwise)
            (free if spared else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": recipe.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    if recipe.optimiser == "rmsprop":
        return RMSprop(groups, recipe.learning_rate, alpha=0.9, eps=1e-3, momentum=0.9)
    if recipe.optimiser == "sgd":
        return SGD(groups, recipe.learning_rate, momentum=0.9, nesterov=True)
    return AdamW(groups, recipe.learning_rate)


def falling(epochs: int) -> Callable[[int], float]:
    """The share of the learning rate after so many epochs: half a cosine."""

    def share(done: int) -> float:
        cosine = (1 + math.cos(math.pi * min(done / epochs, 1))) / 2
        return LAST_SHARE + (1 - LAST_SHARE) * cosine

    return share


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Tells weights from others."""
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(name.encode() + tensor.numpy().tobytes())
    return found.hexdigest()


def _one_epoch(network: nn.Module, optimiser: Optimizer, lesson: Lesson[Found, EpochKind]) -> float:
    """The mean loss."""
    network.train()
    total, count = 0.0, 0
    for images, targets in lesson.batches():
        lesson.check()
        loss = lesson.loss(network(images), targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        total += loss.item() * len(targets)
        count += len(targets)
    return total / count
