"""How many images a network recognises."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mobilenet.model import MobileNet
from mobilenet.tasks.data import Data
from mobilenet.tasks.score import TOP, Score
from mobilenet.weights.preprocessing import Preprocessing


def evaluate(
    network: MobileNet,
    data: Data,
    preprocessing: Preprocessing,
    batch: int,
    check: Callable[[], None] = lambda: None,
) -> Score:
    """The score of all test images. check: called between batches; what it raises ends it."""
    scores = []
    with torch.inference_mode():
        for images, labels in data.batches("test", network.config.resolution, batch, preprocessing):
            check()
            scores.append(scored(network(images), labels))
    return summed(scores)


def scored(logits: Tensor, labels: Tensor) -> Score:
    """Of one batch: (N, classes) and (N,)."""
    classes = logits.shape[1]
    first = logits.topk(min(TOP, classes), dim=1).indices  # (N, 5)
    right = first == labels[:, None]
    return Score(
        total=len(labels),
        top1=int(right[:, 0].sum()),
        top5=int(right.any(dim=1).sum()) if classes > TOP else None,
    )


def summed(scores: list[Score]) -> Score:
    return Score(
        total=sum(score.total for score in scores),
        top1=sum(score.top1 for score in scores),
        top5=None
        if any(score.top5 is None for score in scores)
        else sum(score.top5 or 0 for score in scores),
    )
