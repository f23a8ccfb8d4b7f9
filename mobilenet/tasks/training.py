"""Training of a MobileNet that tells classes apart. The paper, section 4.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mobilenet.config import MobileNetConfig
from mobilenet.convention import Convention
from mobilenet.model import MobileNet
from mobilenet.tasks.checkpoint import CHECKPOINT
from mobilenet.tasks.data import Data, DataError
from mobilenet.tasks.evaluation import evaluate
from mobilenet.tasks.loop import Lesson, digest, taught
from mobilenet.tasks.recipe import Recipe, RecipeError
from mobilenet.tasks.score import Epoch, Score
from mobilenet.weights.preprocessing import Preprocessing
from mobilenet.weights.value import Weights, of_network


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
    network = begun(job.config, job.convention, job.recipe.seed, job.start)
    config, recipe, data = job.config, job.recipe, job.data
    lesson = Lesson(
        recipe,
        batches=lambda: data.batches(
            "train", config.resolution, recipe.batch, job.preprocessing, recipe.augmentation
        ),
        loss=nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing),
        test=lambda: evaluate(network, data, job.preprocessing, recipe.batch, check),
        epoch=Epoch,
        told=lambda kept: Epoch(**(kept | {"score": Score(**kept["score"])})),
        check=check,
    )
    for epoch in taught(network, lesson, _what(job), folder / CHECKPOINT):
        yield epoch, network


def weights_of(network: MobileNet, job: Job) -> Weights:
    origin = f"trained on {job.data.name}, {job.recipe.epochs} epochs of {job.recipe.optimiser}"
    return of_network(network, job.preprocessing, origin, classes=job.data.classes)


def fresh(config: MobileNetConfig, convention: Convention, seed: int) -> MobileNet:
    """A network before its first step; the same for a seed."""
    torch.manual_seed(seed)
    network = MobileNet(config, convention)
    draw_convolutions(network)
    return network


def draw_convolutions(network: nn.Module) -> None:
    """Weights of all convolutions by chance, as He et al. (arXiv:1502.01852) draw them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def begun(
    config: MobileNetConfig, convention: Convention, seed: int, start: Weights | None
) -> MobileNet:
    """A network before its first step; start: weights to fine-tune. Raises RecipeError."""
    network = fresh(config, convention, seed)
    if start is None:
        return network
    state = network.state_dict()
    taken = {
        name: value
        for name, value in start.tensors.items()
        if name in state and value.shape == state[name].shape
    }
    if set(start.tensors) - set(taken) - {"classifier.weight", "classifier.bias"}:
        raise RecipeError(
            f"Weights of {start.config.label} do not fit into {config.label}. Another "
            "width, block or depth is trained from scratch, as the paper says."
        )
    network.load_state_dict(state | taken)
    return network


def _what(job: Job) -> dict[str, Any]:
    """What must be the same for a training to go on."""
    return {
        "network": asdict(job.config),
        "recipe": asdict(job.recipe),
        "data": [job.data.name, job.data.fingerprint],
        "classes": list(job.data.classes),
        "images": [job.data.count("train"), job.data.count("test")],
        "convention": job.convention.name,
        "start": digest(job.start.tensors) if job.start else None,
    }
