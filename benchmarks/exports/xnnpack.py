"""ExecuTorch's program file, its layers handed to XNNPACK."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from benchmarks.engines.session import EngineError
from benchmarks.inputs import images
from benchmarks.prepared import Form


def write(model: nn.Module, form: Form, path: Path, _: object) -> None:
    """Raises EngineError where ExecuTorch does not go with the torch that is installed."""
    try:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import to_edge_transform_and_lower
    except ImportError as error:
        raise EngineError(f"ExecuTorch does not start here: {error}") from error
    inputs = (torch.from_numpy(images(form.candidate, form.batch)),)
    program = torch.export.export(model, inputs)
    lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    path.write_bytes(lowered.to_executorch().buffer)
