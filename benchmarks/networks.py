"""Builds the module behind a candidate."""

from __future__ import annotations

import torch
from torch import nn

from benchmarks.candidates import Candidate
from benchmarks.inputs import SEED
from mobilenet.initialisation import initialise
from mobilenet.model import MobileNet

# Auxiliary heads exist for training only; torchvision's own initialisation would be overwritten.
_OPTIONS = {
    "googlenet": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "vgg16": {"init_weights": False},
}


def build(candidate: Candidate) -> nn.Module:
    """The network with seeded weights, in eval mode, on the CPU; nothing is downloaded."""
    with torch.device("meta"):  # no time spent on weights that are set right below
        model = architecture(candidate)
    model.to_empty(device="cpu")
    initialise(model, SEED, image_shape=candidate.image_shape)
    return model


def architecture(candidate: Candidate) -> nn.Module:
    """The module with whatever weights its constructor gives."""
    if candidate.config is not None:
        return MobileNet(candidate.config)
    return reference_architecture(str(candidate.reference))


def reference_architecture(name: str) -> nn.Module:
    """torchvision's network of this name, without auxiliary heads."""
    from torchvision.models import get_model  # takes seconds to import; MobileNets do without

    model: nn.Module = get_model(name, weights=None, **_OPTIONS.get(name, {}))
    return model
