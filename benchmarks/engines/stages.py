"""A MobileNet in PyTorch, layer by layer: each is called by itself, with a look at the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from benchmarks.engines.profile import ROLES, Pass, Step
from benchmarks.engines.session import EngineError
from benchmarks.layer_times import Method
from mobilenet.cost import cost
from mobilenet.model import MobileNet

Call = Callable[[Tensor], Tensor]
Explain = Callable[[Exception], EngineError]


class StageProfile:
    """On an accelerator each layer is waited for, so that they cannot overlap as they do else."""

    method: Method = "stages"

    def __init__(self, model: MobileNet, batch: Tensor, explain: Explain) -> None:
        self._stages = stages(model)
        self._roles = [ROLES[layer.kind] for layer in cost(model.config).layers]
        self._batch = batch
        self._explain = explain
        self._passes: list[Pass] = []

    def run(self) -> None:
        try:
            with torch.inference_mode():
                self._once()  # the first after another network is slower
                ends_ns = self._once()
        except (RuntimeError, MemoryError) as error:
            raise self._explain(error) from error
        times_ns = (after - before for before, after in pairwise(ends_ns))
        self._passes.append(
            [Step(role, ns) for role, ns in zip(self._roles, times_ns, strict=True)]
        )

    def passes(self) -> Sequence[Pass]:
        return self._passes

    def _wait(self) -> None:
        if not self._batch.is_cpu:
            torch.accelerator.synchronize()

    def _once(self) -> list[int]:
        """The clock at the start, and after each of the layers."""
        maps = self._batch
        self._wait()
        ends_ns = [time.perf_counter_ns()]
        for stage in self._stages:
            maps = stage(maps)
            self._wait()
            ends_ns.append(time.perf_counter_ns())
        return ends_ns


def stages(model: MobileNet) -> list[Call]:
    """Its layers as `mobilenet.cost` has them; one after the other they are the network."""
    blocks: list[Call] = []
    for block in model.blocks:
        assert isinstance(block, torch.nn.Sequential)
        blocks += [block] if model.config.block == "full" else list(block)
    return [model.stem, *blocks, lambda maps: model.pool(maps).flatten(1), model.classifier]
