"""ONNX Runtime on the CPU, from a prepared file. Never imports torch."""

from __future__ import annotations

import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session, Unsupported
from benchmarks.inputs import Images, images
from benchmarks.prepared import FILES
from benchmarks.scenarios import Scenario

Errors = tuple[type[Exception], ...]


class OnnxRuntimeSession:
    wanted: Logits | None = None

    def __init__(self, session: Any, feed: dict[str, object], errors: Errors) -> None:
        self._session = session
        self._feed = feed
        self._errors = errors

    def time_ns(self) -> int:
        try:
            start = time.perf_counter_ns()
            self._session.run(None, self._feed)
            return time.perf_counter_ns() - start
        except self._errors as error:
            raise _explained(error) from error

    def logits(self) -> Logits:
        return self._run(self._feed)

    def answers(self, batch: Images) -> Logits:
        return self._run(dict.fromkeys(self._feed, batch))

    def _run(self, feed: dict[str, object]) -> Logits:
        try:
            output: Logits = self._session.run(None, feed)[0]
        except self._errors as error:
            raise _explained(error) from error
        return output


class OnnxRuntimeEngine:
    def __init__(self, onnxruntime: Any, errors: Errors) -> None:
        self._onnxruntime = onnxruntime
        self._errors = errors

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Session:
        if scenario.device != "cpu":
            raise Unsupported("ONNX Runtime is timed on the CPU only. Choose the device 'cpu'.")
        assert prepared is not None
        options = self._onnxruntime.SessionOptions()
        options.intra_op_num_threads = scenario.threads
        options.inter_op_num_threads = 1
        # Threads that spin after a run would take the CPU from the network whose turn is next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = self._onnxruntime.InferenceSession(
                str(prepared / FILES["onnx"]), options, providers=["CPUExecutionProvider"]
            )
        except self._errors as error:
            raise _explained(error) from error
        feed: dict[str, object] = {session.get_inputs()[0].name: images(candidate, scenario.batch)}
        return OnnxRuntimeSession(session, feed, self._errors)


def forbid_telemetry() -> None:
    """ONNX Runtime would write an identifier into the home directory as soon as it is imported, and
    report to its maker. Its own switch comes too late."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def engine() -> OnnxRuntimeEngine:
    forbid_telemetry()
    import onnxruntime

    native = vars(import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    kinds = [kind for kind in native if isinstance(kind, type) and issubclass(kind, Exception)]
    return OnnxRuntimeEngine(onnxruntime, (RuntimeError, *kinds))


def _explained(error: Exception) -> EngineError:
    text = str(error)
    if "Failed to allocate memory" in text or "bad_alloc" in text:
        return OutOfMemory()
    first_line, _, _ = text.partition("\n")
    return EngineError(f"ONNX Runtime refused: {first_line}")
