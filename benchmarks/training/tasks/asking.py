"""What a trained network says of pictures, in a worker."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.v2.functional import to_dtype, to_image, to_pil_image

from benchmarks.messages import NotTrained, Told
from benchmarks.timing.protocol import Check
from benchmarks.training.order import Guess
from benchmarks.training.tasks.order import TaskAnswer, TaskOrder, TaskQuestion
from benchmarks.training.work import REFUSALS, Emit
from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.data import DataError, normalised
from mobilenet.tasks.detection import saved
from mobilenet.tasks.detection.annotations import Annotated
from mobilenet.tasks.detection.drawing import drawn
from mobilenet.tasks.embedding import Embedding
from mobilenet.tasks.folder import opened, seen
from mobilenet.tasks.geolocation import Geolocation, kilometres
from mobilenet.tasks.loading import annotated, load
from mobilenet.tasks.pictures import shown
from mobilenet.tasks.recognition import Recognition
from mobilenet.tasks.score import TOP
from mobilenet.tasks.task import Task
from mobilenet.tasks.verification import same
from mobilenet.weights.files import read
from mobilenet.weights.preprocessing import Preprocessing

Read = TypeVar("Read")
LARGEST = 640  # pixels of a picture that is shown
EXAMPLES = 60  # of the test images, so that the last is found as quickly as the first


def ask(question: TaskQuestion, emit: Emit, check: Check) -> None:
    """Tell the answer; what cannot be done is told as one event."""
    try:
        check()
        given = [
            opened(Path(path), name)
            for path, name in zip(question.pictures, question.names, strict=True)
        ]
        emit(Told(_answered(question, given)))
    except REFUSALS as error:
        emit(NotTrained(str(error)))


def _answered(question: TaskQuestion, given: list[Image.Image]) -> TaskAnswer:
    order = question.order
    if order.task == "detection":
        return _detected(question, given)
    wanted = 2 if order.task == "embedding" else 1
    if given and len(given) != wanted:
        are = "picture is" if len(given) == 1 else "pictures are"
        raise DataError(f"{len(given)} {are} given; it answers of {wanted} at once. Give {wanted}.")
    found = read(order.weights)
    network = found.network()
    if given:
        views = [seen(one, order.resolution, found.preprocessing) for one in given]
        images, truth = normalised(torch.stack(views), found.preprocessing), ""
        sample = None
    else:
        sample = _sample(order, found.preprocessing, question.example)
        images, truth = sample.images, sample.truth
    pictures = tuple(_png(_picture(image, found.preprocessing)) for image in images)
    answers = _outputs(network, images)
    if order.task == "embedding":
        return TaskAnswer(views=pictures, alike=same(*answers), truth=truth)
    guesses = _guesses(order, answers[0], found.classes)
    if sample is not None and isinstance(sample.task, Geolocation):
        told = sample.task.told(answers)
        away = kilometres(told, sample.targets.numpy())[0]
        truth = f"{truth}; the likeliest place is {away:,.0f} km from there"
    return TaskAnswer(guesses, pictures, truth=truth)


@dataclass(frozen=True)
class _Sample:
    """Of the images that test. truth: what the data say of them."""

    task: Task
    images: Tensor
    targets: Tensor
    truth: str


def _sample(order: TaskOrder, preprocessing: Preprocessing, example: int) -> _Sample:
    task = _tested(lambda: load(order.task, order.data))
    batches = task.batches("test", order.resolution, 1, preprocessing)
    count = min(task.count("test"), EXAMPLES)
    if isinstance(task, Embedding):
        images, targets = (torch.cat(part) for part in zip(*islice(batches, count), strict=True))
        one, other = _pair(targets.tolist(), example)
        truth = "one face" if targets[one] == targets[other] else "two faces"
        pair = [one, other]
        return _Sample(task, images[pair], targets[pair], truth)
    images, targets = next(islice(batches, example % count, None))
    return _Sample(task, images, targets, _truth(task, targets[0]))


def _tested(read: Callable[[], Read]) -> Read:
    """What the data hold; where they are gone or damaged since, another way is told."""
    try:
        return read()
    except DataError as error:
        raise DataError(
            f"The pictures that tested it are not to be had: {error} Or give a picture of your own."
        ) from error


def _pair(identities: list[int], example: int) -> tuple[int, int]:
    """Two images, of one identity and of different ones by turns; other ones for each example."""
    chance = np.random.default_rng(example)
    pairs = [
        (one, other)
        for one in range(len(identities))
        for other in range(one)
        if (identities[one] == identities[other]) == (example % 2 == 0)
    ]
    return pairs[chance.integers(len(pairs))]


def _truth(task: Task, target: Tensor) -> str:
    match task:
        case Recognition():
            return task.classes[int(target)]
        case Geolocation():
            north, east = target.tolist()
            return f"{north:.2f}, {east:.2f}"
        case Attributes():
            rows = zip(task.attributes, target.tolist(), strict=True)
            return ", ".join(name for name, has in rows if has) or "none of them"
    return ""


def _guesses(
    order: TaskOrder, answer: Tensor, classes: tuple[str, ...] | None
) -> tuple[Guess, ...]:
    names = classes or tuple(map(str, range(len(answer))))
    if order.task == "attributes":
        sure, most = answer.sigmoid(), len(answer)
    else:
        sure, most = answer.softmax(dim=0), TOP
    best = sure.topk(min(most, len(sure)))
    return tuple(
        Guess(names[number], value)
        for number, value in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    )


def _detected(question: TaskQuestion, given: list[Image.Image]) -> TaskAnswer:
    order, least = question.order, question.least_score
    if len(given) > 1:
        raise DataError(f"{len(given)} pictures are given; it answers of 1 at once. Give 1.")
    found = saved.read(order.weights)
    network, side = found.network(), order.resolution
    truth = ""
    if given:
        picture = given[0]
    else:
        pictures = _tested(lambda: annotated(order.data))
        numbers = pictures.splits["test"]
        number = numbers[question.example % len(numbers)]
        picture, truth = shown(pictures.pictures[number]), _counted(pictures, number)
    squeezed = picture.resize((side, side), Image.Resampling.BILINEAR)
    images = normalised(
        to_dtype(to_image(squeezed), torch.float32, scale=True)[None], found.preprocessing
    )
    places, _ = network.laid_out(side)
    boxes = network.boxes(_outputs(network, images), [places], side)[0]
    scale = max(LARGEST / max(picture.size), 0.01)
    large = picture.resize(
        [max(round(length * scale), 1) for length in picture.size], Image.Resampling.BICUBIC
    )
    guesses = tuple(
        Guess(found.classes[label - 1], score)
        for label, score in zip(boxes["labels"].tolist(), boxes["scores"].tolist(), strict=True)
        if score >= least
    )
    picture = drawn(large, boxes, found.classes, side, least)
    return TaskAnswer(guesses, (_png(picture),), least_score=least, truth=truth)


def _counted(pictures: Annotated, number: int) -> str:
    """ "2 × circle, 1 × square"; crowds are left out."""
    labels = pictures.objects[number][:, 0].long().tolist()
    told = [
        f"{labels.count(label)} × {name}"
        for label, name in enumerate(pictures.classes, start=1)
        if label in labels
    ]
    return ", ".join(told) or "nothing"


def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    with torch.inference_mode():
        answers: Tensor = network(images)
    return answers


def _picture(image: Tensor, preprocessing: Preprocessing) -> Image.Image:
    """What a network was shown, as people see it."""
    mean, std = (
        torch.tensor(values).view(3, 1, 1) for values in (preprocessing.mean, preprocessing.std)
    )
    found: Image.Image = to_pil_image((image * std + mean).clamp(0, 1))
    return found


def _png(picture: Image.Image) -> str:
    content = BytesIO()
    picture.save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")
