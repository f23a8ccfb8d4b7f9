"""ONNX Runtime on the CPU, from a prepared file. Never imports torch."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.candidates import Candidate
from benchmarks.engines.onnxruntime_profile import steps_in
from benchmarks.engines.profile import Pass
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session, Unsupported
from benchmarks.inputs import Images, images
from benchmarks.layer_times import Method
from benchmarks.prepared import FILES
from benchmarks.scenarios import Scenario

Errors = tuple[type[Exception], ...]
Open = Callable[[Path], Any]  # a session of the same file whose profile goes into this folder


class OnnxRuntimeSession:
    wanted: Logits | None = None

    def __init__(
        self, session: Any, feed: dict[str, object], errors: Errors, watched: Open | None = None
    ) -> None:
        self._session = session
        self._feed = feed
        self._errors = errors
        self._watched = watched

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

    @contextmanager
    def profile(self) -> Iterator[OnnxRuntimeProfile]:
        """Of a second session, since the one that is timed must not be looked at."""
        assert self._watched is not None
        with tempfile.TemporaryDirectory() as folder:
            try:
                watched = self._watched(Path(folder))
            except self._errors as error:
                raise _explained(error) from error
            yield OnnxRuntimeProfile(watched, self._feed, self._errors)

    def _run(self, feed: dict[str, object]) -> Logits:
        try:
            output: Logits = self._session.run(None, feed)[0]
        except self._errors as error:
            raise _explained(error) from error
        return output


class OnnxRuntimeProfile:
    method: Method = "profiler"

    def __init__(self, session: Any, feed: dict[str, object], errors: Errors) -> None:
        self._session = session
        self._feed = feed
        self._errors = errors

    def run(self) -> None:
        try:
            for _ in range(2):  # the first after another network is slower
                self._session.run(None, self._feed)
        except self._errors as error:
            raise _explained(error) from error

    def passes(self) -> Sequence[Pass]:
        try:
            text = Path(self._session.end_profiling()).read_text(encoding="utf-8")
        except OSError as error:
            raise EngineError(f"ONNX Runtime's profile is not there: {error.strerror}") from error
        return steps_in(text)[1::2]


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
        file = prepared / FILES["onnx"]
        try:
            session = self._open(file, scenario.threads)
        except self._errors as error:
            raise _explained(error) from error
        feed: dict[str, object] = {session.get_inputs()[0].name: images(candidate, scenario.batch)}
        return OnnxRuntimeSession(
            session, feed, self._errors, lambda folder: self._open(file, scenario.threads, folder)
        )

    def _open(self, file: Path, threads: int, profile: Path | None = None) -> Any:
        """A session; profile: the folder into which it is to write one."""
        options = self._onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin after a run would take the CPU from the network whose turn is next.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if profile is not None:
            options.enable_profiling = True
            options.profile_file_prefix = str(profile / "profile")
        return self._onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )


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
