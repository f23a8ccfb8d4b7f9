"""How a network is run: the engine, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Precision = Literal["float32", "float16", "bfloat16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
MAX_BATCH = 1024
MAX_THREADS = 1024


class ScenarioError(ValueError):
    """A way of running was asked for that is outside its limits."""


@dataclass(frozen=True)
class Scenario:
    """How a network is run. Every latency belongs to one of these, on one machine.

    engine: a name in `benchmarks.engines.ENGINES`, such as "eager" or "openvino".
    device: "cpu", or what torch calls an accelerator ("cuda").
    precision: of weights and arithmetic; int8 is quantised after training.
    threads: CPU threads the engine may use.
    batch: images in one inference; times are for the whole batch.
    """

    engine: str = "eager"
    device: str = "cpu"
    precision: Precision = "float32"
    threads: int = 1
    batch: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.device, str) or not self.device:
            raise ScenarioError(f"Device must be 'cpu' or an accelerator, got {self.device!r}.")
        if self.precision not in PRECISIONS:
            raise ScenarioError(
                f"Precision {self.precision!r} is not known. "
                f"Choose one of: {', '.join(PRECISIONS)}."
            )
        _check_range("Batch", self.batch, MAX_BATCH)
        _check_range("Threads", self.threads, MAX_THREADS)


def _check_range(name: str, value: object, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        raise ScenarioError(
            f"{name} must be a whole number from 1 to {high}, got {value!r}. Choose one of those."
        )
