"""Builds the module behind a candidate."""

from __future__ import annotations

import sys
from io import BytesIO

import torch
from torch import nn

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError
from benchmarks.inputs import SEED
from benchmarks.received import payload_of
from mobilenet.initialisation import initialise
from mobilenet.model import INPUT_CHANNELS, MobileNet
from mobilenet.tasks.detection.detector import Detector

# Auxiliary heads exist for training only; torchvision's own initialisation would be overwritten.
_OPTIONS = {
    "googlenet": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "vgg16": {"init_weights": False},
}


def build(candidate: Candidate) -> nn.Module:
    """The network with seeded weights, in eval mode, on the CPU; nothing is downloaded.

    Somebody's own has its own weights: another copy of them each time. Raises EngineError where
    it cannot be unpickled.
    """
    if candidate.own is not None:
        return _unpickled(candidate.key)
    if candidate.detector is not None:
        return _detector(candidate.detector)
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


def _detector(detector: Detector) -> nn.Module:
    """Built with values at once: its boxes are laid out by its constructor."""
    from torchvision.models.detection.ssd import SSDFeatureExtractorVGG  # takes a second

    from mobilenet.tasks.detection.networks import build

    model = build(detector)
    side = detector.resolution
    spared = (SSDFeatureExtractorVGG,)  # it scales a map, by 20
    initialise(model, SEED, image_shape=(INPUT_CHANNELS, side, side), spared=spared)
    return model


def _unpickled(key: str) -> nn.Module:
    """Runs the code of whoever has handed over the module, who runs it anyway."""
    payload = payload_of(key)
    sys.path += [path for path in payload.import_paths if path not in sys.path]
    try:
        module: nn.Module = torch.load(
            BytesIO(payload.pickled), map_location="cpu", weights_only=False
        )
    except MemoryError:
        raise
    except Exception as error:  # of somebody's own code
        said = (str(error).strip().splitlines() or ["no reason was given"])[0].rstrip(".")
        raise EngineError(
            f"cannot be rebuilt in a worker process: {type(error).__name__}: {said}; define its "
            "class in the notebook or the script itself, or install the package that has it"
        ) from error
    return module


def reference_architecture(name: str) -> nn.Module:
    """torchvision's network of this name, without auxiliary heads."""
    from torchvision.models import get_model  # takes seconds to import; MobileNets do without

    model: nn.Module = get_model(name, weights=None, **_OPTIONS.get(name, {}))
    return model
