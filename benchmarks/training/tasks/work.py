"""Trains a task's network, in a worker; imports torch through what it calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from benchmarks.messages import NotTrained, Progress, Taught
from benchmarks.timing.protocol import Check
from benchmarks.training.tasks.order import TaskOrder, TaskOutcome, Untrained
from benchmarks.training.tasks.record import RECORD, keep, read
from benchmarks.training.work import REFUSALS, Emit, Pulse, made
from mobilenet.config import MobileNetConfig
from mobilenet.convention import TENSORFLOW
from mobilenet.model import MobileNet
from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.data import DataError
from mobilenet.tasks.detection import saved, ssd
from mobilenet.tasks.detection.detecting import Detection, for_detector
from mobilenet.tasks.detection.detector import Detector
from mobilenet.tasks.distillation import Distilled
from mobilenet.tasks.embedding import Embedding
from mobilenet.tasks.geolocation import Geolocation
from mobilenet.tasks.learning import assess, learn
from mobilenet.tasks.loading import EMULATIONS, annotated, load
from mobilenet.tasks.recognition import Recognition
from mobilenet.tasks.task import Task
from mobilenet.tasks.training import begun, draw_convolutions
from mobilenet.tasks.verification import alike_above
from mobilenet.weights import WeightsError
from mobilenet.weights.files import is_own, write
from mobilenet.weights.files import read as read_weights
from mobilenet.weights.preprocessing import SLIM, Preprocessing
from mobilenet.weights.value import Weights, of_network

DETECTED = replace(SLIM, crop_fraction=1.0)  # objects at the edge count too


@dataclass(frozen=True)
class Begun:
    """A task and its network before the first step. detector: what the network is, of detection."""

    task: Task
    network: nn.Module
    preprocessing: Preprocessing
    detector: Detector | None = None


def teach(order: TaskOrder, emit: Emit, check: Check) -> None:
    """Train, tell how far it is after each epoch, and write the weights. What cannot be done is
    told as one event."""
    try:
        emit(Progress("Looking at the images", 0.0))
        one = begun_by(order)
        folder = Path(order.folder)
        made(folder)
        outcome = TaskOutcome(order, _untrained(order, one, check))
        batches = -(-one.task.count("train") // order.recipe.batch)
        pulse = Pulse(emit, check, max(batches, 1), order.recipe.epochs)
        resolution, recipe = order.resolution, order.recipe
        for epoch in learn(
            one.task, one.network, resolution, recipe, one.preprocessing, folder, pulse
        ):
            outcome = replace(outcome, epochs=(*outcome.epochs, epoch))
            if epoch.number == recipe.epochs:
                _save(order, one)
                outcome = replace(outcome, alike=_alike(order, one))
            keep(outcome)
            emit(Taught(outcome))
            pulse.epoch(epoch.number)
    except REFUSALS as error:
        emit(NotTrained(str(error)))


def begun_by(order: TaskOrder) -> Begun:
    """Raises one of `work.REFUSALS`, before anything is trained."""
    if order.task == "detection":
        return _detecting(order)
    task = load(order.task, order.data)
    start, teacher = _weights(order.start, order), _weights(order.teacher, order)
    known = start or teacher
    if start and teacher and start.preprocessing != teacher.preprocessing:
        raise WeightsError(
            "The weights to fine-tune and the teacher's are for images that are made otherwise. "
            "Give a teacher that was trained here."
        )
    config = MobileNetConfig(order.width_multiplier, order.resolution, task.outputs)
    convention = start.convention if start else TENSORFLOW
    if teacher:
        if order.task not in EMULATIONS:
            raise DataError(
                f"{order.task} learns from labels alone: no teacher is emulated. Leave it out."
            )
        task = Distilled(task, teacher.network(), EMULATIONS[order.task])
    return Begun(
        task,
        begun(config, convention, order.recipe.seed, start),
        known.preprocessing if known else SLIM,
    )


def classes_of(task: Task) -> tuple[str, ...] | None:
    """What the outputs are called, where they have names."""
    match task:
        case Distilled():
            return classes_of(task.task)
        case Attributes():
            return task.attributes
        case Recognition() | Geolocation() | Detection():
            return task.classes
    return None


def _detecting(order: TaskOrder) -> Begun:
    if order.teacher is not None:
        raise DataError("detection learns from boxes alone: no teacher is emulated. Leave it out.")
    pictures = annotated(order.data)
    detector = Detector(
        width_multiplier=order.width_multiplier,
        resolution=order.resolution,
        num_classes=len(pictures.classes),
    )
    torch.manual_seed(order.recipe.seed)
    network = ssd.build(detector)
    draw_convolutions(network.ssd.backbone)
    start = _weights(order.start, order)
    if start is not None:
        if start.config.width_multiplier != order.width_multiplier:
            raise WeightsError(
                f"Weights of {start.config.label} are of another width. Choose theirs, or train "
                "from scratch."
            )
        body = network.ssd.backbone.body
        wanted = body.state_dict()
        body.load_state_dict(
            wanted | {name: value for name, value in start.tensors.items() if name in wanted}
        )
    return Begun(for_detector(pictures, network, order.resolution), network, DETECTED, detector)


def _weights(path: str | None, order: TaskOrder) -> Weights | None:
    if path is None:
        return None
    config = MobileNetConfig(order.width_multiplier, order.resolution)
    return read_weights(path, None if is_own(path) else config)


def _untrained(order: TaskOrder, one: Begun, check: Check) -> Untrained:
    """From the record, where this training has begun before: it is always the same."""
    kept = read(Path(order.folder) / RECORD)
    if kept is not None and kept.order == order and kept.untrained is not None:
        return kept.untrained
    quality = assess(
        one.task, one.network, order.resolution, order.recipe.batch, one.preprocessing, check
    )
    task = one.task
    return Untrained(task.name, task.count("train"), task.count("test"), quality)


def _save(order: TaskOrder, one: Begun) -> None:
    classes = classes_of(one.task)
    recipe = order.recipe
    origin = f"trained on {one.task.name}, {recipe.epochs} epochs of {recipe.optimiser}"
    if one.detector is not None and isinstance(one.network, ssd.SingleShot):
        found = saved.of_network(
            one.network, one.detector, one.preprocessing, classes or (), origin
        )
        saved.write(found, order.weights)
    elif isinstance(one.network, MobileNet):
        write(of_network(one.network, one.preprocessing, origin, classes=classes), order.weights)


def _alike(order: TaskOrder, one: Begun) -> float | None:
    """Of an embedding: the cosine that tells the same face, by the faces that tested it."""
    task = one.task.task if isinstance(one.task, Distilled) else one.task
    if not isinstance(task, Embedding):
        return None
    embeddings, identities = [], []
    with torch.inference_mode():
        for images, targets in task.batches(
            "test", order.resolution, order.recipe.batch, one.preprocessing
        ):
            embeddings.append(one.network(images))
            identities.append(targets)
    return alike_above(torch.cat(embeddings), torch.cat(identities))
