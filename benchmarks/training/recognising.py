"""Says what is on a photograph, in a worker: the same photograph for each of several networks."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import to_pil_image

from benchmarks.messages import NotTrained, Seen
from benchmarks.timing.protocol import Check
from benchmarks.training.order import Guess, Named, Question, Recognised
from benchmarks.training.work import REFUSALS, Emit
from mobilenet.tasks.data import DataError, normalised
from mobilenet.tasks.folder import opened, seen
from mobilenet.tasks.labels import class_names
from mobilenet.tasks.score import TOP
from mobilenet.weights.files import read


def recognise(question: Question, emit: Emit, check: Check) -> None:
    """Tell one answer a network; of those that give none the reason."""
    try:
        photograph = opened(Path(question.photograph), question.name)
    except DataError as error:
        emit(NotTrained(str(error)))
        return
    for network in question.networks:
        check()
        try:
            emit(Seen(_recognised(photograph, network)))
        except REFUSALS as error:
            emit(Seen(Recognised(network, reason=str(error))))


def _recognised(photograph: Image.Image, network: Named) -> Recognised:
    found = read(network.weights, network.config)
    view = seen(photograph, found.config.resolution, found.preprocessing)
    with torch.inference_mode():
        sure = found.network()(normalised(view[None], found.preprocessing)).softmax(dim=1)[0]
    names = class_names(found)
    best = sure.topk(min(TOP, len(sure)))
    guesses = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return Recognised(
        network, tuple(Guess(names[number], value) for number, value in guesses), _picture(view)
    )


def _picture(view: Tensor) -> str:
    content = BytesIO()
    to_pil_image(view.clamp(0, 1)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode("ascii")
