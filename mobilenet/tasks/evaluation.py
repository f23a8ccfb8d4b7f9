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
            scores.append(score_of(ranked(network(images)), labels))
    return summed(scores)


def ranked(logits: Tensor) -> Tensor:
    """(N, classes) -> (N, 5) of class numbers, the likeliest first.

    Fewer columns with five classes or less: an answer that may be any class tells nothing.
    """
    return logits.topk(max(min(TOP, logits.shape[1] - 1), 1), dim=1).indices


def score_of(ranks: Tensor, labels: Tensor) -> Score:
    """ranks: as `ranked` gives them, of the images whose classes `labels` (N,) are."""
    right = ranks == labels[:, None]
    return Score(
        total=len(labels),
        top1=int(right[:, 0].sum()),
        top5=int(right.any(dim=1).sum()) if ranks.shape[1] == TOP else None,
    )


def summed(scores: list[Score]) -> Score:
    return Score(
        total=sum(score.total for score in scores),
        top1=sum(score.top1 for score in scores),
        top5=None
        if any(score.top5 is None for score in scores)
        else sum(score.top5 or 0 for score in scores),
    )
