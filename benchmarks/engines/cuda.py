"""The memory of an NVIDIA GPU as PyTorch counts it, for the sessions that run there."""

from __future__ import annotations

import torch


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
