"""From a detector's answers to boxes, in a form that every runtime can time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torchvision.ops import box_iou

from mobilenet.tasks.detection.detector import CORNERS

Boxes = dict[str, Tensor]  # "boxes" (M, 4) in pixels, "labels" (M,) from 1 on, "scores" (M,)

MAX_BOXES = 100  # COCO counts no more for one image
MIN_SCORE = 0.01  # below this nothing is taken for an object
OVERLAP = 0.6  # of two boxes of one class, only the surer one stays
OBJECTS = 8  # COCO's images have 7.7 on average (arXiv:1405.0312)
SCENE_SEED = 0
NOTICED = 0.3  # a place that an object fills so far takes it for one
BACKGROUND = 8.0  # logit; all classes but the object's have 0
UNLIKE = 0.05  # of two places, one is always surer: rounding does not change their order
WHISPER = 1e-6  # share of the network's own answers in the scene's


class Raw(Protocol):
    """A detector that gives raw answers, (N, places, numbers)."""

    def __call__(self, images: Tensor) -> Tensor: ...

    def unmoved(self, logits: Tensor) -> Tensor:
        """(places, 1 + classes) -> answers that leave each box where it is."""
        ...

    def boxes(self, answers: Tensor, places: list[Tensor], side: int) -> list[Boxes]: ...


class WithBoxes(nn.Module):
    """A detector with what follows it: (N, 3, R, R) -> (N, 100, 6), as `packed` gives them.

    With random weights a detector finds nothing or everything, and how long boxes take depends on
    how many there are. So it looks for them in the answers to an image with eight objects, to
    which the network's own are added, far too small to matter.
    """

    places: Tensor
    scene: Tensor

    def __init__(self, network: nn.Module, raw: Raw, places: Tensor, classes: int, side: int):
        """network and raw: the same. places: (P, 4) in pixels."""
        super().__init__()
        self.network, self._raw, self._side = network, raw, side
        self.register_buffer("places", places, persistent=False)
        scene = raw.unmoved(scene_logits(places, classes, side))
        self.register_buffer("scene", scene, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        answers = self.scene + WHISPER * self.network(images)
        places = [self.places] * len(images)
        return packed(self._raw.boxes(answers, places, self._side))


def packed(found: Sequence[Boxes]) -> Tensor:
    """(N, 100, 6): corners in pixels, class and score; zeros where there are fewer."""
    rows = []
    for one in found:
        columns = [one["boxes"], one["labels"][:, None], one["scores"][:, None]]
        filled = torch.cat([column.to(one["boxes"].dtype) for column in columns], dim=1)[:MAX_BOXES]
        rows.append(nn.functional.pad(filled, (0, 0, 0, MAX_BOXES - len(filled))))
    return torch.stack(rows)


def scene_logits(places: Tensor, classes: int, side: int) -> Tensor:
    """What a good detector says of an image with eight objects: (places, 1 + classes).

    It is as sure of a place as the object there fills it.
    """
    generator = torch.Generator().manual_seed(SCENE_SEED)
    objects = _objects(side, generator)
    labels = torch.randint(1, classes + 1, (OBJECTS,), generator=generator)
    filled, which = box_iou(places, objects).max(dim=1)
    logits = torch.zeros(len(places), 1 + classes)
    logits[:, 0] = BACKGROUND
    noticed = torch.nonzero(filled >= NOTICED).squeeze(1)
    sure = filled[noticed].clamp(max=0.95).logit()
    sure += UNLIKE * torch.randn(len(noticed), generator=generator)
    logits[noticed, labels[which[noticed]]] = BACKGROUND + sure
    return logits


def regions_around(side: int, count: int) -> Tensor:
    """(count, 4): half of them about the scene's objects, the others anywhere."""
    generator = torch.Generator().manual_seed(SCENE_SEED)
    objects = _objects(side, generator)
    near = objects.repeat(count // (2 * OBJECTS), 1)
    near = near + side / 20 * torch.randn(near.shape, generator=generator)
    far = side * torch.rand(count - len(near), CORNERS, generator=generator)
    return _in_order(torch.cat([near, far]).clamp(0, side))


def _objects(side: int, generator: torch.Generator) -> Tensor:
    sizes = side * (0.15 + 0.45 * torch.rand(OBJECTS, 2, generator=generator))
    corners = torch.rand(OBJECTS, 2, generator=generator) * (side - sizes)
    return torch.cat([corners, corners + sizes], dim=1)


def _in_order(boxes: Tensor) -> Tensor:
    """The upper left corner first."""
    one, other = boxes[:, :2], boxes[:, 2:]
    return torch.cat([torch.minimum(one, other), torch.maximum(one, other)], dim=1)
