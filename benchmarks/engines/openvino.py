"""OpenVINO on the CPU, from a prepared file. Never imports torch."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session, Unsupported
from benchmarks.inputs import Images, images
from benchmarks.prepared import FILES
from benchmarks.scenarios import Precision, Scenario

# What OpenVINO calls a precision, as a setting and as an ability of the CPU.
HALVES: Mapping[Precision, tuple[str, str]] = {
    "bfloat16": ("bf16", "BF16"),
    "float16": ("f16", "FP16"),
}


class OpenVinoSession:
    wanted: Logits | None = None

    def __init__(self, request: Any) -> None:
        self._request = request

    def time_ns(self) -> int:
        try:
            start = time.perf_counter_ns()
            self._request.infer()
            return time.perf_counter_ns() - start
        except RuntimeError as error:
            raise _explained(error) from error

    def logits(self) -> Logits:
        self.time_ns()
        output: Logits = self._request.get_output_tensor(0).data.copy()
        return output

    def answers(self, batch: Images) -> Logits:
        try:
            self._request.infer({0: batch})
        except RuntimeError as error:
            raise _explained(error) from error
        output: Logits = self._request.get_output_tensor(0).data.copy()
        return output


class OpenVinoEngine:
    def __init__(self, openvino: ModuleType) -> None:
        self._openvino = openvino
        self._core = openvino.Core()

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Session:
        if scenario.device != "cpu":
            raise Unsupported("OpenVINO is timed on the CPU only. Choose the device 'cpu'.")
        assert prepared is not None
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": scenario.threads,
            "INFERENCE_PRECISION_HINT": self._precision_hint(scenario.precision),
        }
        try:
            model = self._core.read_model(prepared / FILES["onnx"])
            request = self._core.compile_model(model, "CPU", settings).create_infer_request()
            request.set_input_tensor(self._openvino.Tensor(images(candidate, scenario.batch)))
        except RuntimeError as error:
            raise _explained(error) from error
        return OpenVinoSession(request)

    def _precision_hint(self, precision: Precision) -> str:
        """What arithmetic stays in floating point is done in: said, or it would be bfloat16
        wherever the CPU has that. Raises Unsupported where the CPU lacks it."""
        if precision not in HALVES:
            return "f32"  # a quantised network says by itself which layers are int8
        hint, capability = HALVES[precision]
        if capability not in self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
            raise Unsupported(
                f"OpenVINO finds no instructions for {precision} in this CPU. Choose float32."
            )
        return hint


def engine() -> OpenVinoEngine:
    """OpenVINO without its telemetry, which would look up an analytics host and write a folder
    into the home directory as soon as openvino is imported. It runs without that package."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    return OpenVinoEngine(openvino)


def _explained(error: RuntimeError) -> EngineError:
    text = str(error)
    if "bad_alloc" in text or "allocate" in text:
        return OutOfMemory()
    lines = [line for line in text.splitlines() if line.strip()]
    return EngineError(f"OpenVINO refused: {lines[-1] if lines else type(error).__name__}")
