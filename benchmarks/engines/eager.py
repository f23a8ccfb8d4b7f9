"""PyTorch as it is: the module called directly, on the CPU or on an accelerator."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Session
from benchmarks.inputs import images
from benchmarks.networks import build
from benchmarks.results import Scenario


class EagerSession:
    """A module and its input on one device."""

    def __init__(self, model: nn.Module, batch: Tensor) -> None:
        self._model = model
        self._batch = batch
        self._time = {"cpu": self._time_on_cpu, "cuda": self._time_on_cuda}.get(
            batch.device.type, self._time_on_accelerator
        )

    def time_ns(self) -> int:
        try:
            with torch.inference_mode():
                return self._time()
        except RuntimeError as error:
            raise explained(error) from error

    def logits(self) -> Logits:
        try:
            with torch.inference_mode():
                output: Logits = self._model(self._batch).cpu().numpy()
        except RuntimeError as error:
            raise explained(error) from error
        return output

    def _time_on_cpu(self) -> int:
        start = time.perf_counter_ns()
        self._model(self._batch)
        return time.perf_counter_ns() - start

    def _time_on_cuda(self) -> int:
        """Between two events on the stream: the device's own clock, waits included."""
        start = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        end = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        start.record()
        self._model(self._batch)
        end.record()
        end.synchronize()
        elapsed_ms: float = start.elapsed_time(end)
        return round(elapsed_ms * 1e6)

    def _time_on_accelerator(self) -> int:
        """Other accelerators have no common event clock: the host's, with a wait on both sides."""
        torch.accelerator.synchronize()
        start = time.perf_counter_ns()
        self._model(self._batch)
        torch.accelerator.synchronize()
        return time.perf_counter_ns() - start


class EagerEngine:
    def devices(self) -> tuple[str, ...]:
        accelerator = torch.accelerator.current_accelerator(check_available=True)
        return ("cpu",) if accelerator is None else ("cpu", accelerator.type)

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Session:
        if scenario.device not in self.devices():
            raise EngineError(
                f"PyTorch finds no device {scenario.device!r} here. "
                f"Choose one of: {', '.join(self.devices())}."
            )
        torch.set_num_threads(scenario.threads)
        try:
            model = build(candidate).to(scenario.device)
            batch = torch.from_numpy(images(candidate, scenario.batch)).to(scenario.device)
        except (RuntimeError, MemoryError) as error:
            raise explained(error) from error
        return EagerSession(model, batch)


def engine() -> EagerEngine:
    torch.backends.cudnn.allow_tf32 = False  # torch's default rounds float32 to 10 bits on GPUs
    return EagerEngine()


def expected_logits(
    model: nn.Module, batch: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> Logits:
    """What the other runtimes are checked against."""
    return EagerSession(model, torch.from_numpy(batch)).logits()


def explained(error: RuntimeError | MemoryError) -> EngineError:
    """What torch raised, in words for people."""
    if isinstance(error, EngineError):
        return error
    text = str(error)
    too_large = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    if too_large or "can't allocate memory" in text or "not enough memory" in text:
        return OutOfMemory()
    return EngineError(f"PyTorch refused: {text.splitlines()[0] if text else type(error).__name__}")
