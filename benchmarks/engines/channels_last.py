"""PyTorch's modules with the channels of a pixel side by side in memory (NHWC)."""

from __future__ import annotations

import torch

from benchmarks.engines.torch_session import TorchEngine


def engine() -> TorchEngine:
    return TorchEngine(torch.channels_last)
