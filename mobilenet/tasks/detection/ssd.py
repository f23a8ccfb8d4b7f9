"""SSD on a MobileNet, and on VGG-16, through torchvision (arXiv:1512.02325)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD, SSDScoringHead, ssd300_vgg16
from torchvision.ops import box_iou

from mobilenet.model import MobileNet, convolution
from mobilenet.tasks.detection.body import Body, listed
from mobilenet.tasks.detection.boxes import MAX_BOXES, MIN_SCORE, OVERLAP, Boxes
from mobilenet.tasks.detection.detector import (
    CORNERS,
    SSD_BOXES,
    SSD_EXTRAS,
    SSD_TAPS,
    Detector,
)

SMALLEST, LARGEST = 0.2, 0.95  # of the image's side: what the maps look for


class SingleShot(nn.Module):
    """SSD: (N, 3, R, R) -> (N, places, 4 + 1 + classes), how to move each box, and what is in it.

    `boxes` makes boxes of the answers.
    """

    def __init__(self, ssd: SSD) -> None:
        super().__init__()
        self.ssd = ssd

    def forward(self, images: Tensor) -> Tensor:
        answers = self.ssd.head(list(self.ssd.backbone(images).values()))
        return torch.cat([answers["bbox_regression"], answers["cls_logits"]], dim=2)

    def places(self, images: Tensor) -> list[Tensor]:
        """The boxes that answers move, (places, 4) in pixels, for each image."""
        shapes = self.ssd.backbone(images[:1]).values()
        found: list[Tensor] = self.ssd.anchor_generator(listed(images), list(shapes))
        return found

    def laid_out(self, side: int) -> tuple[Tensor, int]:
        """For square images of this side: the places, (places, 4) in pixels, and how many classes.

        The network stays as it is, in training too.
        """
        training, image = self.training, torch.zeros(1, 3, side, side)
        self.eval()
        # Made in inference mode, they could train nothing.
        with torch.inference_mode(False), torch.no_grad():
            places = self.places(image)[0]
            classes = self(image).shape[2] - CORNERS - 1
        self.train(training)
        return places, classes

    def loss(self, answers: Tensor, places: list[Tensor], objects: list[Boxes]) -> Tensor:
        """One number: how far boxes are off, and how wrong classes are, over the matched places.

        objects: of each image, "boxes" (M, 4) in pixels and "labels" (M,) from 1 on; M may be 0.
        """
        matches = [
            self.ssd.proposal_matcher(box_iou(one["boxes"], there))
            if len(one["boxes"])
            else torch.full((len(there),), -1)
            for one, there in zip(objects, places, strict=True)
        ]
        parts = self.ssd.compute_loss(objects, _split(answers), places, matches)
        total: Tensor = parts["bbox_regression"] + parts["classification"]
        return total

    def unmoved(self, logits: Tensor) -> Tensor:
        """(places, 1 + classes) -> answers that leave each box where it is."""
        return nn.functional.pad(logits, (CORNERS, 0))

    def boxes(self, answers: Tensor, places: list[Tensor], side: int) -> list[Boxes]:
        """For each image, the surest first."""
        found: list[Boxes] = self.ssd.postprocess_detections(
            _split(answers), places, [(side, side)] * len(answers)
        )
        return found


def build(detector: Detector) -> SingleShot:
    """With whatever weights its constructors give."""
    return SingleShot(
        _on_vgg(detector) if detector.backbone == "vgg16" else _on_mobilenet(detector)
    )


class _WithExtras(nn.Module):
    """A body, and smaller maps below its last one."""

    def __init__(self, body: Body, extras: nn.ModuleList) -> None:
        super().__init__()
        self.body, self.extras = body, extras

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        maps: OrderedDict[str, Tensor] = self.body(images)
        current = next(reversed(maps.values()))
        for number, extra in enumerate(self.extras):
            current = extra(current)
            maps[f"extra {number}"] = current
        return maps


class _Head(nn.Module):
    """SSD's head with 1x1 convolutions; torchvision's own takes 3x3 ones."""

    def __init__(self, channels: list[int], counts: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.boxes, self.classes = (
            SSDScoringHead(
                nn.ModuleList(
                    nn.Conv2d(inputs, count * columns, 1)
                    for inputs, count in zip(channels, counts, strict=True)
                ),
                columns,
            )
            for columns in (CORNERS, classes)
        )

    def forward(self, maps: list[Tensor]) -> dict[str, Tensor]:
        return {"bbox_regression": self.boxes(maps), "cls_logits": self.classes(maps)}


class _Places(DefaultBoxGenerator):  # type: ignore[misc]  # torchvision has no types
    """Three boxes instead of four at each place of the first map, as in the authors' program."""

    def _generate_wh_pairs(self, *args: Any, **kwargs: Any) -> list[Tensor]:
        first, *rest = super()._generate_wh_pairs(*args, **kwargs)
        return [torch.cat([first[:1], first[2:]]), *rest]

    def num_anchors_per_location(self) -> list[int]:
        return list(SSD_BOXES)


def _on_mobilenet(detector: Detector) -> SSD:
    config = detector.config
    body = Body(MobileNet(config), SSD_TAPS)
    channels = [config.blocks[tap - 1].out_channels for tap in SSD_TAPS]
    extras = []
    for narrow, wide in SSD_EXTRAS:
        middle, outputs = config.scale(narrow), config.scale(wide)
        extras.append(
            nn.Sequential(
                convolution(channels[-1], middle, kernel=1),
                convolution(middle, outputs, kernel=3, stride=2),
            )
        )
        channels.append(outputs)
    ratios = [[2]] + [[2, 3]] * (len(SSD_BOXES) - 1)
    classes = detector.num_classes + 1
    return SSD(
        _WithExtras(body, nn.ModuleList(extras)),
        _Places(ratios, min_ratio=SMALLEST, max_ratio=LARGEST),
        (detector.resolution, detector.resolution),
        classes,
        head=_Head(channels, SSD_BOXES, classes),
        score_thresh=MIN_SCORE,
        nms_thresh=OVERLAP,
        detections_per_img=MAX_BOXES,
    )


def _on_vgg(detector: Detector) -> SSD:
    return ssd300_vgg16(
        weights=None,
        weights_backbone=None,
        num_classes=detector.num_classes + 1,
        score_thresh=MIN_SCORE,
        nms_thresh=OVERLAP,
        detections_per_img=MAX_BOXES,
    )


def _split(answers: Tensor) -> dict[str, Tensor]:
    return {"bbox_regression": answers[..., :CORNERS], "cls_logits": answers[..., CORNERS:]}
