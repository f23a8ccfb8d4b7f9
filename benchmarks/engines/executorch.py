"""ExecuTorch with XNNPACK on the CPU, which is what phones run, from a prepared file."""

from __future__ import annotations

import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session, Unsupported
from benchmarks.inputs import Images, images
from benchmarks.prepared import FILES
from benchmarks.scenarios import Scenario


class ExecuTorchSession:
    wanted: Logits | None = None

    def __init__(self, program: Any, inputs: list[torch.Tensor]) -> None:
        self._program = program
        self._inputs = inputs

    def time_ns(self) -> int:
        try:
            start = time.perf_counter_ns()
            self._program.forward(self._inputs)
            return time.perf_counter_ns() - start
        except RuntimeError as error:
            raise _explained(error) from error

    def logits(self) -> Logits:
        return self._run(self._inputs)

    def answers(self, batch: Images) -> Logits:
        return self._run([torch.from_numpy(batch)])

    def _run(self, inputs: list[torch.Tensor]) -> Logits:
        try:
            output: Logits = self._program.forward(inputs)[0].numpy().copy()
        except RuntimeError as error:
            raise _explained(error) from error
        return output


class ExecuTorchEngine:
    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def devices(self) -> tuple[str, ...]:
        return ("cpu",)

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Session:
        if scenario.device != "cpu":
            raise Unsupported("ExecuTorch is timed on the CPU only. Choose the device 'cpu'.")
        assert prepared is not None
        # Its own switch for threads; otherwise it takes one for each core.
        self._runtime._unsafe_reset_threadpool(scenario.threads)
        try:
            program = self._runtime._load_for_executorch(str(prepared / FILES["xnnpack"]))
        except RuntimeError as error:
            raise _explained(error) from error
        return ExecuTorchSession(program, [torch.from_numpy(images(candidate, scenario.batch))])


def engine() -> ExecuTorchEngine:
    """The extension itself: its front in Python takes seven seconds to import an exporter that
    nothing here needs. Its name has changed between releases."""
    for name in ("_C", "_portable_lib"):
        with suppress(ModuleNotFoundError):
            return ExecuTorchEngine(import_module(f"executorch.extension.pybindings.{name}"))
    return ExecuTorchEngine(import_module("executorch.extension.pybindings.portable_lib"))


def _explained(error: RuntimeError) -> EngineError:
    text = str(error)
    if "0x21" in text or "MemoryAllocationFailed" in text:
        return OutOfMemory()
    return EngineError(f"ExecuTorch refused: {text.splitlines()[0] if text else 'unknown reason'}")
