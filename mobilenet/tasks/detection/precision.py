"""Mean average precision as COCO counts it; pycocotools says which boxes are right."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from mobilenet.tasks.bootstrap import Floats
from mobilenet.tasks.detection.boxes import Boxes

RECALLS = np.linspace(0, 1, 101)  # at these precision is read
Numbers = npt.NDArray[np.intp]
NO_LIMIT = [0.0, 1e10]  # of areas, in pixels: objects of every size count
EVERY: slice = slice(None)  # overlap from 0.50 to 0.95, in steps of 0.05
HALF = slice(1)  # 0.50 alone


class _Overlap(NamedTuple):
    """What is right at one overlap, R of a class's boxes, and ignored as in a crowd, I of them.

    right: the image of each, the surest first, (R,); rank: among all boxes, (R,).
    ignored: the image of each, (I,); before: how many of them are surer than each right one, (R,).
    """

    right: Numbers
    rank: Numbers
    ignored: Numbers
    before: Numbers


class _Class(NamedTuple):
    """image: of each of a class's boxes, the surest first. objects: in each image, (N,)."""

    image: Numbers
    overlaps: tuple[_Overlap, ...]
    objects: Floats


class Found:
    """Boxes that are matched with objects once; how often each image counts may then change.

    boxes: of N images. targets: (N, most, 5) of label and corners, 0 where there is nothing and
    below 0 for a crowd. It does not matter how the images were stretched: overlaps stay the same.
    """

    def __init__(self, boxes: Sequence[Boxes], targets: Tensor) -> None:
        labels = targets[..., 0].abs().int()
        classes = sorted(set(labels[labels > 0].tolist()))
        evaluation = COCOeval(iouType="bbox")
        with redirect_stdout(StringIO()):  # it tells how long everything takes
            evaluation.cocoGt = _coco(len(targets), classes, _objects(targets))
            evaluation.cocoDt = _coco(len(targets), classes, _guesses(boxes))
            evaluation.params.imgIds = list(range(len(targets)))
            evaluation.params.catIds = classes
            evaluation.params.areaRng, evaluation.params.areaRngLbl = [NO_LIMIT], ["all"]
            evaluation.evaluate()
        found, images = evaluation.evalImgs, len(targets)
        self._classes = [
            _ranked(found[start : start + images]) for start in range(0, len(found), images)
        ]

    def mean_precision(self, weights: Floats, overlaps: slice = EVERY) -> float:
        """From 0 to 1, over classes and overlaps; weights: (N,), how often each image counts.

        A class that nothing of any weight has is left out; NaN where that is every class.
        """
        means = [
            _precision(one, weights, overlaps)
            for one in self._classes
            if (weights * one.objects).any()
        ]
        return float(np.mean(means)) if means else float("nan")


def _precision(one: _Class, weights: Floats, overlaps: slice) -> float:
    """Precision changes the best so far only where a box is right, so it is formed there alone."""
    ranked, objects = np.cumsum(weights[one.image]), weights @ one.objects
    read = []
    for at in one.overlaps[overlaps]:
        right = np.cumsum(weights[at.right])
        ignored = np.append(0, np.cumsum(weights[at.ignored]))[at.before]
        precision = right / np.maximum(ranked[at.rank] - ignored, 1)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)  # 0: never recalled
        read.append(best[np.searchsorted(right / objects, RECALLS)])
    return float(np.mean(read))


def _ranked(found: Sequence[dict[str, Any] | None]) -> _Class:
    """found: what pycocotools says of one class in each image."""
    objects = np.array([0 if one is None else (1 - one["gtIgnore"]).sum() for one in found], float)
    told = [(number, one) for number, one in enumerate(found) if one is not None]
    scores = np.concatenate([np.array(one["dtScores"], float) for _, one in told])
    image = np.repeat([number for number, _ in told], [len(one["dtScores"]) for _, one in told])
    order = np.argsort(-scores, kind="stable")
    image = image[order]
    matched, ignored = (
        np.concatenate([one[name] for _, one in told], axis=1)[:, order] > 0
        for name in ("dtMatches", "dtIgnore")
    )
    overlaps = []
    for right, left_out in zip(matched & ~ignored, ignored, strict=True):
        rank, passed = np.flatnonzero(right), np.flatnonzero(left_out)
        overlaps.append(_Overlap(image[rank], rank, image[passed], np.searchsorted(passed, rank)))
    return _Class(image, tuple(overlaps), objects)


def _coco(images: int, classes: Sequence[int], annotations: list[dict[str, Any]]) -> COCO:
    found = COCO()
    found.dataset = {
        "images": [{"id": number} for number in range(images)],
        "categories": [{"id": label} for label in classes],
        "annotations": [
            {"id": number} | one  # 0 would mean that a box has no match
            for number, one in enumerate(annotations, start=1)
        ],
    }
    found.createIndex()
    return found


def _objects(targets: Tensor) -> list[dict[str, Any]]:
    return [
        _annotation(number, abs(label), corners) | {"iscrowd": int(label < 0)}
        for number, rows in enumerate(targets.tolist())
        for label, *corners in rows
        if label
    ]


def _guesses(boxes: Sequence[Boxes]) -> list[dict[str, Any]]:
    return [
        _annotation(number, label, corners) | {"score": score}
        for number, one in enumerate(boxes)
        for corners, label, score in zip(
            one["boxes"].tolist(), one["labels"].tolist(), one["scores"].tolist(), strict=True
        )
    ]


def _annotation(image: int, label: float, corners: Sequence[float]) -> dict[str, Any]:
    left, top, right, bottom = corners
    wide, high = right - left, bottom - top
    return {
        "image_id": image,
        "category_id": int(label),
        "bbox": [left, top, wide, high],
        "area": wide * high,
    }
