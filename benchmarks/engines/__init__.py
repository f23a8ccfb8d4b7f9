"""The runtimes, one file each, and what is known of them without importing any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Literal, Protocol, cast

from benchmarks.engines.session import Engine
from benchmarks.scenarios import PRECISIONS, Precision

# The form in which an engine wants its networks. aot: a library, compiled by torch ahead of time.
Export = Literal["onnx", "aot", "xnnpack"]


@dataclass(frozen=True)
class EngineInfo:
    """What a front end may know of an engine.

    runtime: engines of one runtime share a worker process, so that they pair within it.
    export: what is prepared for it, once, to run on the CPU; None: it builds its networks itself,
        as all of PyTorch do on an accelerator.
    precisions: those that it offers; whether this machine has them shows when they are tried.
    """

    name: str
    label: str
    runtime: str
    distribution: str
    export: Export | None = None
    precisions: tuple[Precision, ...] = ("float32",)

    @property
    def module(self) -> str:
        return f"benchmarks.engines.{self.name}"


REDUCED: tuple[Precision, ...] = ("float32", "bfloat16", "float16")
ENGINES = {
    info.name: info
    for info in (
        EngineInfo("eager", "PyTorch eager", "torch", "torch", precisions=REDUCED),
        EngineInfo("channels_last", "PyTorch channels-last", "torch", "torch", precisions=REDUCED),
        EngineInfo("compiled", "PyTorch compiled", "torch", "torch", "aot", REDUCED),
        EngineInfo(
            "onnxruntime", "ONNX Runtime", "onnxruntime", "onnxruntime", "onnx", ("float32", "int8")
        ),
        EngineInfo("openvino", "OpenVINO", "openvino", "openvino", "onnx", PRECISIONS),
        EngineInfo("executorch", "ExecuTorch", "executorch", "executorch", "xnnpack"),
    )
}


class _EngineModule(Protocol):
    def engine(self) -> Engine: ...


@cache
def load_engine(name: str) -> Engine:
    """Import the runtime of the engine called `name` and give the engine. Only a worker does."""
    module = cast(_EngineModule, import_module(ENGINES[name].module))
    return module.engine()
