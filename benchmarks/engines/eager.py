"""PyTorch as it is: the module called directly, on the CPU or on an accelerator."""

from __future__ import annotations

import torch

from benchmarks.engines.torch_session import TorchEngine


def engine() -> TorchEngine:
    return TorchEngine(torch.contiguous_format)
