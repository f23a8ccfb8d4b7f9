"""What PyTorch's engines have in common: a module on a device, timed, and its errors in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.candidates import Candidate
from benchmarks.engines.cuda import CudaMemory, CudaStopwatch
from benchmarks.engines.profile import Profile
from benchmarks.engines.session import EngineError, Logits, OutOfMemory, Unsupported
from benchmarks.engines.stages import StageProfile
from benchmarks.inputs import Images, images
from benchmarks.networks import build
from benchmarks.scenarios import Precision, Scenario
from benchmarks.timing.protocol import DeviceClock
from mobilenet.model import MobileNet

DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
# Of the CPU's allocator twice; of CUDA where it is not torch that allocates; of cuDNN and cuBLAS.
NO_ROOM = ("can't allocate memory", "not enough memory", "out of memory", "_ALLOC_FAILED")
Call = Callable[[Tensor], Tensor]


class TorchSession:
    """A network, called with one batch on one device.

    wanted: the logits that eager PyTorch gives in float32 on the CPU; None where this is that.
    """

    def __init__(self, call: Call, batch: Tensor, wanted: Logits | None = None) -> None:
        self._call = call
        self._batch = batch
        self.wanted = wanted
        self.accelerator = CudaMemory() if torch.version.cuda and batch.is_cuda else None
        self.clock: DeviceClock | None = None
        self._time = self._time_on_cpu
        if batch.is_cuda:  # AMD's GPUs too
            self._stopwatch = CudaStopwatch()
            self.clock, self._time = self._stopwatch.elapsed_ns, self._time_on_cuda
        elif not batch.is_cpu:
            self._time = self._time_on_accelerator

    def time_ns(self) -> int:
        try:
            with torch.inference_mode():
                return self._time()
        except Exception as error:  # somebody's own network may raise whatever it likes
            raise explained(error) from error

    def logits(self) -> Logits:
        return self._run(self._batch)

    def answers(self, batch: Images) -> Logits:
        there = torch.empty_like(self._batch)  # its device, precision and layout
        return self._run(there.copy_(torch.from_numpy(batch)))

    @contextmanager
    def profile(self) -> Iterator[Profile]:
        if not isinstance(self._call, MobileNet):
            raise Unsupported("what PyTorch has compiled is no longer layer by layer")
        yield StageProfile(self._call, self._batch, explained)

    def _run(self, batch: Tensor) -> Logits:
        try:
            with torch.inference_mode():
                output: Logits = self._call(batch).float().cpu().numpy()
        except Exception as error:
            raise explained(error) from error
        return output

    def _time_on_cpu(self) -> int:
        start = time.perf_counter_ns()
        self._call(self._batch)
        return time.perf_counter_ns() - start

    def _time_on_cuda(self) -> int:
        """The host's clock, from the call until the result is there; `clock` tells the GPU's.

        The host's is the latency: it is what a caller waits for, launching and waking up included,
        and what other runtimes and the CPU are timed by. Small networks spend most of it on
        launching, which the GPU's clock shows as its own idle time at best. The events lie within,
        so that one is never more than the other; they cost every network the same microseconds.
        """
        torch.cuda.synchronize()  # nothing of the call before may count
        start = time.perf_counter_ns()
        self._stopwatch.start()
        self._call(self._batch)
        self._stopwatch.stop()
        return time.perf_counter_ns() - start

    def _time_on_accelerator(self) -> int:
        """Other accelerators have no common event clock: the host's, with a wait on both sides."""
        torch.accelerator.synchronize()
        start = time.perf_counter_ns()
        self._call(self._batch)
        torch.accelerator.synchronize()
        return time.perf_counter_ns() - start


class TorchEngine:
    """Builds networks in PyTorch; `layout` is how it keeps images in memory."""

    def __init__(self, layout: torch.memory_format) -> None:
        compute_as_asked()
        self._layout = layout

    def devices(self) -> tuple[str, ...]:
        return devices()

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> TorchSession:
        set_up(scenario)
        try:
            model = build(candidate)
            batch = images(candidate, scenario.batch)
            wanted = None if self._is_reference(scenario) else expected_logits(model, batch)
            kind = DTYPES[scenario.precision]
            model = model.to(scenario.device, kind).to(memory_format=self._layout)
            there = torch.from_numpy(batch).to(scenario.device, kind, memory_format=self._layout)
        except (RuntimeError, MemoryError) as error:
            raise explained(error) from error
        return TorchSession(model, there, wanted)

    def _is_reference(self, scenario: Scenario) -> bool:
        plain = (scenario.device, scenario.precision) == ("cpu", "float32")
        return plain and self._layout == torch.contiguous_format


def compute_as_asked() -> None:
    """Switches of torch that would make a GPU compute something else, or not the same every time.

    All are set, whatever they were: environment variables of some containers change them too.
    """
    torch.backends.cudnn.allow_tf32 = False  # torch's default rounds float32 to 10 bits
    torch.backends.cuda.matmul.allow_tf32 = False
    # It would try kernels and keep the fastest: noise decides, so two copies of a network differ.
    torch.backends.cudnn.benchmark = False


def set_up(scenario: Scenario) -> None:
    """Give torch the threads; raises Unsupported where it lacks the device or the precision."""
    check_device(scenario.device)
    check_precision(scenario.device, scenario.precision)
    torch.set_num_threads(scenario.threads)


def devices() -> tuple[str, ...]:
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    return ("cpu",) if accelerator is None else ("cpu", accelerator.type)


def check_device(device: str) -> None:
    if device not in devices():
        raise Unsupported(
            f"PyTorch finds no device {device!r} here. Choose one of: {', '.join(devices())}."
        )


def check_precision(device: str, precision: Precision) -> None:
    """Without instructions for it a precision is emulated, which says nothing about it."""
    if device == "cuda":
        _check_precision_of_gpu(precision)
    if device != "cpu" or precision == "float32":
        return
    has = {
        "bfloat16": getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
        or getattr(torch.cpu, "_is_amx_tile_supported", bool)(),
        "float16": getattr(torch.cpu, "_is_amx_fp16_supported", bool)(),
    }
    if not has.get(precision, False):
        raise Unsupported(
            f"This CPU has no instructions for {precision}, so PyTorch would emulate it. "
            "Choose float32."
        )


def _check_precision_of_gpu(precision: Precision) -> None:
    if precision == "bfloat16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise Unsupported(
            "This GPU has no instructions for bfloat16 (NVIDIA's have them since Ampere), so "
            "PyTorch would emulate it. Choose float16 or float32."
        )


def expected_logits(model: nn.Module, batch: Images) -> Logits:
    """What every other engine and precision is checked against."""
    return TorchSession(model, torch.from_numpy(batch)).logits()


def explained(error: Exception) -> EngineError:
    """What torch raised, in words for people."""
    if isinstance(error, EngineError):
        return error
    text = str(error)
    too_large = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    if too_large or any(words in text for words in NO_ROOM):
        return OutOfMemory()
    said = text.splitlines()[0] if text else type(error).__name__
    if not isinstance(error, RuntimeError) and text:
        said = f"{type(error).__name__}: {said}"  # a KeyError says no more than the key
    return EngineError(f"PyTorch refused: {said}")
