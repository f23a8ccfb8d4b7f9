"""Random weights that keep the signal alive, so that outputs can be compared and timings are sane.

With torch's defaults the signal shrinks at each of MobileNet's 28 layers: the logits of a fresh
1.0-224 differ by about 1e-10. Any comparison of outputs then passes, right or wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CALIBRATION_BATCH = 4  # images that set batch norm's statistics
_WEIGHTED = (nn.Conv2d, nn.Linear)


def initialise(
    model: nn.Module,
    seed: int,
    *,
    image_shape: tuple[int, int, int],
    spared: tuple[type[nn.Module], ...] = (),
) -> None:
    """Give `model` seeded weights and batch-norm statistics, in place; any network for images.

    image_shape: (3, R, R) of the images that calibrate batch norm. spared: kinds of modules whose
    own weights stay as their constructors set them.

    Weights are Kaiming normal (fan-in); batch norm's scale and shift vary by channel, so that a
    runtime that mixes channels up is caught; its statistics come from one batch of noise.

    Raises TypeError for a network with weights outside convolutions, linear layers and batch norms.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if not isinstance(module, (*_WEIGHTED, nn.BatchNorm2d, *spared)) and _has_own_parameters(
            module
        ):
            raise TypeError(f"{type(module).__name__} has weights that would stay unset.")
        if isinstance(module, _WEIGHTED):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.05, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.2, generator=generator)
            nn.init.normal_(module.bias, std=0.1, generator=generator)
    _calibrate(model, torch.randn(CALIBRATION_BATCH, *image_shape, generator=generator))


def _has_own_parameters(module: nn.Module) -> bool:
    return next(module.parameters(recurse=False), None) is not None


def _calibrate(model: nn.Module, images: Tensor) -> None:
    """Set all running statistics to those of `images`; leave `model` in eval mode."""
    model.eval()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over what is seen: here, one batch
        norm.train()
    with torch.inference_mode():
        model(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
