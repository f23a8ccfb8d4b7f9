"""Builds the module behind a `Detector`."""

from __future__ import annotations

import torch
from torch import nn

from mobilenet.tasks.detection import faster_rcnn, ssd
from mobilenet.tasks.detection.boxes import WithBoxes, regions_around
from mobilenet.tasks.detection.detector import PROPOSALS, Detector


def build(detector: Detector) -> nn.Module:
    """(N, 3, R, R) -> (N, ...): its raw answers, or, of a `postprocessed` one, its boxes.

    With whatever weights the constructors give, in eval mode, on the CPU.
    """
    network = ssd.build(detector) if detector.framework == "ssd" else faster_rcnn.build(detector)
    network.eval()
    if not detector.postprocessed:
        return network
    side = detector.resolution
    if isinstance(network, ssd.SingleShot):
        with torch.inference_mode(False), torch.no_grad():
            places = network.places(torch.zeros(1, 3, side, side))[0]
    else:
        places = regions_around(side, PROPOSALS)
    return WithBoxes(network, network, places, detector.num_classes, side).eval()
