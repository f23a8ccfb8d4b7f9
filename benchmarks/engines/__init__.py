"""The runtimes, one file each, and what is known of them without importing any."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from benchmarks.engines.session import Engine


@dataclass(frozen=True)
class EngineInfo:
    """What a front end may know of an engine: names, and whether networks are exported for it."""

    name: str
    label: str
    distribution: str
    module: str
    needs_export: bool


ENGINES = {
    info.name: info
    for info in (
        EngineInfo("eager", "PyTorch eager", "torch", "benchmarks.engines.eager", False),
        EngineInfo(
            "onnxruntime",
            "ONNX Runtime",
            "onnxruntime",
            "benchmarks.engines.onnxruntime",
            needs_export=True,
        ),
        EngineInfo(
            "openvino", "OpenVINO", "openvino", "benchmarks.engines.openvino", needs_export=True
        ),
    )
}


class _EngineModule(Protocol):
    def engine(self) -> Engine: ...


def load_engine(name: str) -> Engine:
    """Import the runtime called `name` and give its engine. Only a worker does this."""
    module = cast(_EngineModule, import_module(ENGINES[name].module))
    return module.engine()
