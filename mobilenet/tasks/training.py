"""Training as a function that can be ended at any moment and goes on where it was.

After each epoch everything that the next one depends on is on the disk, whole; what happens within
an epoch depends on nothing but that and the recipe's seed. So a training that was killed ends in
the same network, to the last bit on one machine, as one that was not.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR

from mobilenet.config import MobileNetConfig
from mobilenet.convention import Convention
from mobilenet.model import MobileNet
from mobilenet.tasks.checkpoint import CHECKPOINT, Parts, TrainingError, keep, resumed
from mobilenet.tasks.data import Data, DataError
from mobilenet.tasks.evaluation import evaluate
from mobilenet.tasks.recipe import Recipe, RecipeError
from mobilenet.tasks.score import Epoch
from mobilenet.weights.preprocessing import Preprocessing
from mobilenet.weights.value import Weights, of_network

LAST_SHARE = 0.01  # of the learning rate that is left at the end


@dataclass(frozen=True)
class Job:
    """What to train. `folder` of the checkpoint is told apart: it is where, not what.

    start: weights to fine-tune from; their classifier is replaced where the classes differ.
    """

    config: MobileNetConfig
    recipe: Recipe
    data: Data
    convention: Convention
    preprocessing: Preprocessing
    start: Weights | None = None


def train(
    job: Job, folder: Path, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[Epoch, MobileNet]]:
    """Train from the checkpoint in `folder`, or from the beginning; each epoch as it ends.

    Epochs that were trained before come first, at once. The network is the one that is trained: in
    eval mode when it is given, and good until the next epoch is asked for.
    check: called between batches; what it raises ends the training, and the checkpoint stays.

    Raises TrainingError for a checkpoint of something else, and where the loss is no number;
    DataError for images that cannot be used; FileError where the checkpoint cannot be written.
    """
    if job.config.num_classes != len(job.data.classes):
        raise DataError(
            f"{job.data.name} has {len(job.data.classes)} classes, the network "
            f"{job.config.num_classes}."
        )
    torch.manual_seed(job.recipe.seed)
    network = _begun(job)
    optimiser = _optimiser(network, job.recipe)
    rate = LambdaLR(optimiser, _falling(job.recipe.epochs))
    path = folder / CHECKPOINT
    parts: Parts = {"network": network, "optimiser": optimiser, "rate": rate}
    epochs = resumed(path, _what(job), parts) if path.is_file() else []
    network.eval()
    for epoch in epochs:
        yield epoch, network
    loss_of = nn.CrossEntropyLoss(label_smoothing=job.recipe.label_smoothing)
    for number in range(len(epochs) + 1, job.recipe.epochs + 1):
        start = time.perf_counter()
        torch.manual_seed(job.recipe.seed + number * 1_000_003)  # the epoch's own chances
        loss = _one_epoch(network, optimiser, loss_of, job, check)
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss is no number in epoch {number}: the learning rate "
                f"{job.recipe.learning_rate:g} is too high for this. Try a third of it, "
                "in another folder."
            )
        rate.step()
        network.eval()
        score = evaluate(network, job.data, job.preprocessing, job.recipe.batch, check)
        epochs.append(Epoch(number, loss, score, time.perf_counter() - start))
        keep(path, _what(job), parts, epochs)
        yield epochs[-1], network


def weights_of(network: MobileNet, job: Job) -> Weights:
    origin = f"trained on {job.data.name}, {job.recipe.epochs} epochs of {job.recipe.optimiser}"
    return of_network(network, job.preprocessing, origin, classes=job.data.classes)


def _begun(job: Job) -> MobileNet:
    """The network before its first step."""
    network = MobileNet(job.config, job.convention)
    if job.start is None:
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        return network
    state = network.state_dict()
    taken = {
        name: value
        for name, value in job.start.tensors.items()
        if name in state and value.shape == state[name].shape
    }
    if set(job.start.tensors) - set(taken) - {"classifier.weight", "classifier.bias"}:
        raise RecipeError(
            f"Weights of {job.start.config.label} do not fit into {job.config.label}. Another "
            "width, block or depth is trained from scratch, as the paper says."
        )
    network.load_state_dict(state | taken)
    return network


def _optimiser(network: MobileNet, recipe: Recipe) -> Optimizer:
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


def _falling(epochs: int) -> Callable[[int], float]:
    def share(done: int) -> float:
        cosine = (1 + math.cos(math.pi * min(done / epochs, 1))) / 2
        return LAST_SHARE + (1 - LAST_SHARE) * cosine

    return share


def _one_epoch(
    network: MobileNet,
    optimiser: Optimizer,
    loss_of: nn.Module,
    job: Job,
    check: Callable[[], None],
) -> float:
    """The mean loss."""
    network.train()
    total, count = 0.0, 0
    batches = job.data.batches(
        "train",
        job.config.resolution,
        job.recipe.batch,
        job.preprocessing,
        job.recipe.augmentation,
    )
    for images, labels in batches:
        check()
        loss = loss_of(network(images), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total += loss.item() * len(labels)
        count += len(labels)
    return total / count


def _what(job: Job) -> dict[str, Any]:
    """What must be the same for a training to go on."""
    return {
        "network": asdict(job.config),
        "recipe": asdict(job.recipe),
        "data": [job.data.name, job.data.fingerprint],
        "classes": list(job.data.classes),
        "images": [job.data.count("train"), job.data.count("test")],
        "convention": job.convention.name,
        "start": _digest(job.start) if job.start else None,
    }


def _digest(start: Weights) -> str:
    found = hashlib.sha256()
    for name, tensor in sorted(start.tensors.items()):
        found.update(name.encode() + tensor.numpy().tobytes())
    return found.hexdigest()
