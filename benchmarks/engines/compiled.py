"""PyTorch's compiler: on the CPU a library compiled ahead of time, elsewhere `torch.compile`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError
from benchmarks.engines.torch_session import (
    DTYPES,
    TorchSession,
    compute_as_asked,
    devices,
    expected_logits,
    explained,
    set_up,
)
from benchmarks.inputs import images
from benchmarks.networks import build
from benchmarks.prepared import FILES
from benchmarks.scenarios import Scenario

# Weights that are constants fold into the convolutions; one graph launch replaces many of kernels.
ON_ACCELERATOR: dict[str, str | int | bool | Callable[..., object]] = {
    "freezing": True,
    "triton.cudagraphs": True,
}


class CompiledEngine:
    def devices(self) -> tuple[str, ...]:
        return devices()

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> TorchSession:
        set_up(scenario)
        try:
            batch = images(candidate, scenario.batch)
            there = torch.from_numpy(batch).to(scenario.device, DTYPES[scenario.precision])
            if prepared is not None:
                return TorchSession(_library(prepared / FILES["aot"]), there)
            model = build(candidate)
            wanted = expected_logits(model, batch)
            return TorchSession(_compiled(model, there), there, wanted)
        except (RuntimeError, MemoryError) as error:
            raise explained(error) from error


def engine() -> CompiledEngine:
    compute_as_asked()
    return CompiledEngine()


def _library(path: Path) -> Callable[[Tensor], Tensor]:
    """Loaded where it lies: torch's loader for packages would unpack a copy into the temporary
    folder, and leave it there when this process is ended."""
    try:
        runner = torch._C._aoti.AOTIModelContainerRunnerCpu(str(path), 1)
    except RuntimeError as error:
        raise EngineError("PyTorch refused: the compiled library cannot be loaded") from error
    return lambda batch: runner.run([batch])[0]


def _compiled(model: nn.Module, there: Tensor) -> Callable[[Tensor], Tensor]:
    """Compiled by its first call, which warming up begins with."""
    model = model.to(there.device, there.dtype)
    compiled: Callable[[Tensor], Tensor] = torch.compile(model, options=ON_ACCELERATOR)
    return compiled
