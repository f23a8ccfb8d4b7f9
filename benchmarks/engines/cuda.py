"""A GPU's own clock, and the memory of an NVIDIA one as PyTorch counts it, for who runs there."""

from __future__ import annotations

import torch


class CudaStopwatch:
    """Two events on the current stream: what the GPU's own clock shows of one inference."""

    def __init__(self) -> None:
        self._start = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        self._end = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]

    def start(self) -> None:
        self._start.record()

    def stop(self) -> None:
        """Wait until all that was ordered since `start` is done."""
        self._end.record()
        self._end.synchronize()

    def elapsed_ns(self) -> int:
        """From `start` to the end of what `stop` waited for; in steps of half a microsecond."""
        elapsed_ms: float = self._start.elapsed_time(self._end)
        return round(elapsed_ms * 1e6)


class CudaMemory:
    """Of the current device."""

    @property
    def uuid(self) -> str:
        """By which NVML knows the device; its own numbers heed no CUDA_VISIBLE_DEVICES."""
        device = torch.cuda.get_device_properties(torch.cuda.current_device())
        return f"GPU-{device.uuid}"

    def reset_peak(self) -> None:
        torch.cuda.empty_cache()  # what loading left over would count as held
        torch.cuda.reset_peak_memory_stats()

    def peak_bytes(self) -> tuple[int, int]:
        return torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
