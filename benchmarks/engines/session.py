"""What every runtime offers: load a network for a scenario, then run it on one fixed input."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.candidates import Candidate
from benchmarks.inputs import Images
from benchmarks.scenarios import Scenario

Logits = NDArray[np.float32]


class EngineError(RuntimeError):
    """A runtime refused a network or a scenario; the message is for people."""


class OutOfMemory(EngineError):
    """The batch or the network does not fit."""

    def __init__(self) -> None:
        super().__init__("does not fit into memory; choose a smaller batch or resolution")


class Unsupported(EngineError):
    """This machine, or this engine, lacks the device or the precision; no file is to blame."""


class Session(Protocol):
    """One network, loaded, with its input in place.

    wanted: (N, classes), what eager PyTorch gives in float32 on the CPU, where the session knows;
        engines that load a file find that beside it.
    accelerator: not there, or None, where the session runs on the CPU or nothing tells.
    clock: the same; nanoseconds that the inference before took by the accelerator's own clock.
    profile: not there where the runtime does not tell what its steps take; see `engines.profile`.
    """

    wanted: Logits | None

    def time_ns(self) -> int:
        """Run one inference and wait until its result is there; nanoseconds that it took, by the
        clock of whoever waits, on an accelerator too."""

    def logits(self) -> Logits:
        """(N, classes) of one inference."""

    def answers(self, batch: Images) -> Logits:
        """(N, classes) for other images, of the shape that the session was loaded for."""


class Accelerator(Protocol):
    """The memory of the accelerator that a session runs on."""

    @property
    def uuid(self) -> str:
        """By which NVML knows it."""

    def reset_peak(self) -> None:
        """Let the peak begin anew."""

    def peak_bytes(self) -> tuple[int, int]:
        """The most since then: of tensors, and of what the runtime's allocator held for them."""


class Engine(Protocol):
    """A runtime in this process."""

    def devices(self) -> tuple[str, ...]:
        """Where it can run: "cpu" first."""

    def load(self, candidate: Candidate, scenario: Scenario, prepared: Path | None) -> Session:
        """Build or load the network. Raises EngineError."""
