"""OpenVINO on the CPU, from a prepared file. Never imports torch."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.candidates import Candidate
from benchmarks.engines.profile import HALF_A_MICROSECOND_NS, Pass, Role, Step
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session, Unsupported
from benchmarks.inputs import Images, images
from benchmarks.layer_times import Method
from benchmarks.prepared import FILES
from benchmarks.scenarios import Precision, Scenario

# What OpenVINO calls a precision, as a setting and as an ability of the CPU.
HALVES: Mapping[Precision, tuple[str, str]] = {
    "bfloat16": ("bf16", "BF16"),
    "float16": ("f16", "FP16"),
}


# What runs, as OpenVINO calls it; in int8 the classifier has a longer name.
ROLES: Mapping[str, Role] = {
    "Convolution": "dense",
    "GroupConvolution": "depthwise",
    "ReduceMean": "pooling",
    "AvgPool": "pooling",
    "MatMul": "classifier",
}
CLASSIFIER = "FullyConnected"
PART_OF_ANOTHER = "undef"
Compile = Callable[[], Any]  # a request of the same network, made anew, that counts its times


class OpenVinoSession:
    wanted: Logits | None = None

    def __init__(self, request: Any, watched: Compile | None = None) -> None:
        self._request = request
        self._watched = watched

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

    @contextmanager
    def profile(self) -> Iterator[OpenVinoProfile]:
        assert self._watched is not None
        yield OpenVinoProfile(self._watched)


class OpenVinoProfile:
    """OpenVINO tells the mean of all inferences since the network was compiled, each cut to whole
    microseconds and then the mean once more: after many of them nothing is left of a single one.
    So each pass compiles anew, runs twice and subtracts the first."""

    method: Method = "profiler"

    def __init__(self, watched: Compile) -> None:
        self._watched = watched
        self._passes: list[Pass] = []

    def run(self) -> None:
        try:
            request = self._watched()
            request.infer()
            first = request.get_profiling_info()
            request.infer()
            both = request.get_profiling_info()
        except RuntimeError as error:
            raise _explained(error) from error
        self._passes.append(
            tuple(
                Step(_role(one), second_ns(one.real_time, mean.real_time))
                for one, mean in zip(first, both, strict=True)
                if _role(one) is not None or mean.real_time
            )
        )

    def passes(self) -> Sequence[Pass]:
        return self._passes


def second_ns(first: timedelta, mean: timedelta) -> int:
    """The second of two inferences, from the first and the mean of both, in whole microseconds.

    Half a microsecond is cut off on average from the time, another from the mean of every other.
    """
    microsecond = timedelta(microseconds=1)
    told_us = 2 * (mean // microsecond) - first // microsecond
    return 1000 * max(0, told_us) + 2 * HALF_A_MICROSECOND_NS


def _role(step: Any) -> Role | None:
    """What took less than a microsecond OpenVINO tells as not executed; what became part of another
    step, as of no kind."""
    if step.exec_type == PART_OF_ANOTHER:
        return None
    kind: str = step.node_type
    return "classifier" if kind.startswith(CLASSIFIER) else ROLES.get(kind)


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
        path = prepared / FILES["onnx"]
        batch = images(candidate, scenario.batch)

        def compiled(**more: Any) -> Any:
            model = self._core.read_model(path)
            request = self._core.compile_model(model, "CPU", settings | more).create_infer_request()
            request.set_input_tensor(self._openvino.Tensor(batch))
            return request

        try:
            return OpenVinoSession(compiled(), lambda: compiled(PERF_COUNT=True))
        except RuntimeError as error:
            raise _explained(error) from error

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
