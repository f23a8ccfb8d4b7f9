"""Builds the module behind a candidate, and exports it once for the runtimes that load files."""

from __future__ import annotations

import time
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.candidates import Candidate
from benchmarks.inputs import SEED, images
from benchmarks.prepared import LOGITS, NETWORK, store
from mobilenet.initialisation import initialise
from mobilenet.model import MobileNet

# Auxiliary heads exist for training only; torchvision's own initialisation would be overwritten.
_OPTIONS = {
    "googlenet": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "transform_input": False, "init_weights": False},
    "vgg16": {"init_weights": False},
}
ONNX_OPSET = 18


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


def prepare(candidate: Candidate, batch: int, folder: Path) -> float:
    """Export `candidate` into `folder` with the logits eager PyTorch gives; seconds it took.

    Raises EngineError where torch refuses or memory runs out, OSError if it cannot be stored.
    """
    from benchmarks.engines.eager import expected_logits, explained

    start = time.perf_counter()
    with store(folder) as unfinished:
        try:
            model = build(candidate)
            inputs = images(candidate, batch)
            np.save(unfinished / LOGITS, expected_logits(model, inputs))
            _export(model, torch.from_numpy(inputs), unfinished / NETWORK)
        except (RuntimeError, MemoryError) as error:
            raise explained(error) from error
    return time.perf_counter() - start


def _export(model: nn.Module, inputs: Tensor, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        torch.onnx.export(
            model,
            (inputs,),
            path,
            dynamo=True,
            opset_version=ONNX_OPSET,
            external_data=False,  # one file; the largest, VGG-16, has 0.55 GB
            verbose=False,
        )
