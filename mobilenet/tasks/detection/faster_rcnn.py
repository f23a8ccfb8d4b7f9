"""Faster R-CNN on a MobileNet, and on VGG-16, through torchvision (arXiv:1506.01497)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import vgg16
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign

from mobilenet.model import MobileNet
from mobilenet.tasks.detection.body import Body, listed
from mobilenet.tasks.detection.boxes import MAX_BOXES, MIN_SCORE, OVERLAP, Boxes
from mobilenet.tasks.detection.detector import (
    CORNERS,
    PROPOSALS,
    REGION_SIDE,
    SSD_TAPS,
    VGG_HIDDEN,
    VGG_STAGES,
    Detector,
)

REGION_SIZES = (64, 128, 256, 512)  # pixels
REGION_SHAPES = (0.5, 1.0, 2.0)


class TwoStage(nn.Module):
    """Faster R-CNN: (N, 3, R, R) -> (N, 300, 5 * (1 + classes)), of each region.

    First how sure each class is, then how to move the region's box for each. Where fewer than 300
    regions are found, the whole image fills the rest: so it always takes as much work.
    """

    def __init__(self, rcnn: FasterRCNN) -> None:
        super().__init__()
        self.rcnn = rcnn

    def forward(self, images: Tensor) -> Tensor:
        return self.answers(images, self.regions(images))

    def regions(self, images: Tensor) -> tuple[OrderedDict[str, Tensor], list[Tensor]]:
        """Feature maps, and (300, 4) in pixels for each image."""
        maps = OrderedDict([("0", self.rcnn.backbone(images))])
        found, _ = self.rcnn.rpn(listed(images), maps, None)
        height, width = images.shape[-2:]
        whole = images.new_tensor([[0.0, 0.0, width, height]])
        filled = [torch.cat([one, whole.expand(PROPOSALS, 4)])[:PROPOSALS] for one in found]
        return maps, filled

    def answers(
        self, images: Tensor, regions: tuple[OrderedDict[str, Tensor], list[Tensor]]
    ) -> Tensor:
        maps, places = regions
        heads: Any = self.rcnn.roi_heads
        pooled = heads.box_roi_pool(maps, places, listed(images).image_sizes)
        classes, moves = heads.box_predictor(heads.box_head(pooled))
        flat = torch.cat([classes, moves], dim=1)
        return flat.reshape(len(images), PROPOSALS, flat.shape[1])

    def unmoved(self, logits: Tensor) -> Tensor:
        """(300, 1 + classes) -> answers that leave each box where it is."""
        return nn.functional.pad(logits, (0, CORNERS * logits.shape[1]))

    def boxes(self, answers: Tensor, places: list[Tensor], side: int) -> list[Boxes]:
        """For each image, the surest first."""
        flat = answers.flatten(0, 1)
        classes = flat.shape[1] // (1 + CORNERS)
        heads: Any = self.rcnn.roi_heads
        found = heads.postprocess_detections(
            flat[:, :classes], flat[:, classes:], places, [(side, side)] * len(answers)
        )
        return [
            {"boxes": boxes, "scores": scores, "labels": labels}
            for boxes, scores, labels in zip(*found, strict=True)
        ]


def build(detector: Detector) -> TwoStage:
    """With whatever weights its constructors give."""
    return TwoStage(_on_vgg(detector) if detector.backbone == "vgg16" else _on_mobilenet(detector))


class _Last(nn.Module):
    """Only the last map of a body."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body, self.out_channels = body, body.out_channels

    def forward(self, images: Tensor) -> Tensor:
        last: Tensor = next(reversed(self.body(images).values()))
        return last


def _on_mobilenet(detector: Detector) -> FasterRCNN:
    network = MobileNet(detector.config)
    body = Body(network, SSD_TAPS[:1])
    features = detector.config.blocks[-1].out_channels
    head = nn.Sequential(
        *network.blocks[max(body.taps) :], nn.AdaptiveAvgPool2d(1), nn.Flatten(start_dim=1)
    )
    return _rcnn(detector, _Last(body), REGION_SIDE, head, features)


def _on_vgg(detector: Detector) -> FasterRCNN:
    features = vgg16(weights=None, init_weights=False).features[:-1]  # the last pooling is left out
    features.out_channels = VGG_STAGES[-1][-1]
    side = REGION_SIDE // 2
    head = TwoMLPHead(features.out_channels * side**2, VGG_HIDDEN)
    return _rcnn(detector, features, side, head, VGG_HIDDEN)


def _rcnn(
    detector: Detector, backbone: nn.Module, region_side: int, head: nn.Module, features: int
) -> FasterRCNN:
    return FasterRCNN(
        backbone,
        rpn_anchor_generator=AnchorGenerator((REGION_SIZES,), (REGION_SHAPES,)),
        rpn_post_nms_top_n_test=PROPOSALS,
        box_roi_pool=MultiScaleRoIAlign(["0"], region_side, sampling_ratio=2),
        box_head=head,
        box_predictor=FastRCNNPredictor(features, detector.num_classes + 1),
        box_score_thresh=MIN_SCORE,
        box_nms_thresh=OVERLAP,
        box_detections_per_img=MAX_BOXES,
    )
