"""PyTorch as it is: the module called directly, on the CPU or on an accelerator."""

from __future__ import annotations

import torch

from benchmarks.engines.torch_session import TorchEngine


def engine() -> TorchEngine:
    torch.backends.cudnn.allow_tf32 = False  # torch's default rounds float32 to 10 bits on GPUs
    return TorchEngine(torch.contiguous_format)
