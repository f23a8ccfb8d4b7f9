"""ONNX Runtime's profile, a JSON file of events, as the steps of each inference. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.engines.profile import HALF_A_MICROSECOND_NS, Pass, Role, Step
from benchmarks.engines.session import EngineError

_CONVOLUTIONS = frozenset({"Conv", "FusedConv", "NhwcFusedConv", "QLinearConv"})
_KINDS: dict[str, Role] = {
    **dict.fromkeys(("ReduceMean", "GlobalAveragePool", "QLinearGlobalAveragePool"), "pooling"),
    **dict.fromkeys(
        ("Gemm", "FusedGemm", "QGemm", "MatMul", "FusedMatMul", "QLinearMatMul"), "classifier"
    ),
}


def steps_in(text: str) -> Sequence[Pass]:
    """The inferences in a profile, one after the other; an event ends each, after its nodes.

    Raises EngineError where it is no such profile.
    """
    passes: list[Pass] = []
    steps: list[Step] = []
    try:
        for event in json.loads(text):
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
                time_ns = 1000 * int(event["dur"]) + HALF_A_MICROSECOND_NS
                steps.append(Step(_role(event["args"]), time_ns))
            elif event.get("name") == "model_run":
                passes.append(tuple(steps))
                steps = []
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise EngineError("ONNX Runtime's profile is written in a way not known here") from error
    return passes


def _role(node: dict[str, Any]) -> Role | None:
    """Depthwise: each filter sees one channel. Kernels that were rearranged are not told of."""
    if node["op_name"] not in _CONVOLUTIONS:
        return _KINDS.get(node["op_name"])
    shapes = [shape for one in node["input_type_shape"] for shape in one.values()]
    kernels = [shape for shape in shapes if len(shape) == 4][1:]  # the first is the image
    if not kernels:
        return "convolution"
    return "depthwise" if kernels[0][1] == 1 else "dense"
