"""The frozen values of a measurement: what was asked, what was read off the clock, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Literal

from benchmarks.candidates import Candidate
from benchmarks.machine import Machine
from benchmarks.timing.statistics import (
    MIN_SAMPLES,
    Interval,
    Ratio,
    median_interval,
    paired_ratio,
    quantile,
)

if TYPE_CHECKING:
    import pandas as pd

Quality = Literal["preview", "preliminary", "measured"]
QUALITIES: tuple[Quality, ...] = ("preview", "preliminary", "measured")
NANOSECONDS = 1e-9
MAX_BATCH = 1024
MAX_THREADS = 1024


class ScenarioError(ValueError):
    """A way of running was asked for that is outside its limits."""


@dataclass(frozen=True)
class Scenario:
    """How a network is run. Every latency belongs to one of these, on one machine.

    engine: "eager", "onnxruntime" or "openvino".
    device: "cpu", or what torch calls an accelerator ("cuda").
    threads: CPU threads the engine may use.
    batch: images in one inference; times are for the whole batch.
    """

    engine: str = "eager"
    device: str = "cpu"
    precision: Literal["float32"] = "float32"
    threads: int = 1
    batch: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.device, str) or not self.device:
            raise ScenarioError(f"Device must be 'cpu' or an accelerator, got {self.device!r}.")
        _check_range("Batch", self.batch, MAX_BATCH)
        _check_range("Threads", self.threads, MAX_THREADS)


@dataclass(frozen=True)
class Block:
    """Consecutive inferences of one network in one round, as read off the clock."""

    round: int
    settle_ns: int  # the first call after another network's turn: kept, not counted
    times_ns: tuple[int, ...]

    @property
    def median_s(self) -> float:
        return median(self.times_ns) * NANOSECONDS


@dataclass(frozen=True)
class Measurement:
    """One network in one scenario: raw times, from which every statistic is derived.

    quality: "preview" (a first look), "preliminary" (a warm process) or "measured" (a fresh one).
    load_s: build the network, or load its prepared file; prepare_s: export it (None: not needed).
    output_error: largest difference of a logit from eager PyTorch's on the same input, in units of
        the logits' standard deviation.
    Times are service times of back-to-back calls, in seconds for the whole batch.
    """

    candidate: Candidate
    scenario: Scenario
    quality: Quality
    run_id: str
    measured_utc: str
    warmup_ns: tuple[int, ...]
    blocks: tuple[Block, ...]
    load_s: float
    prepare_s: float | None = None
    output_error: float | None = None

    @cached_property
    def times_s(self) -> tuple[float, ...]:
        """Every counted inference, in the order in which it ran."""
        return tuple(ns * NANOSECONDS for block in self.blocks for ns in block.times_ns)

    @cached_property
    def median_s(self) -> float:
        return median(self.times_s)

    @cached_property
    def interval_s(self) -> Interval | None:
        """95 % interval of the median within this run; None below six rounds."""
        return median_interval([block.median_s for block in self.blocks])

    @cached_property
    def p90_s(self) -> float | None:
        return quantile(self.times_s, 0.9)

    @cached_property
    def p99_s(self) -> float | None:
        return quantile(self.times_s, 0.99)

    def ratio_to(self, other: Measurement) -> Ratio | None:
        """How many times as long as `other`; None unless both were interleaved in one run."""
        if (self.run_id, self.scenario) != (other.run_id, other.scenario):
            return None
        mine = {block.round: block.median_s for block in self.blocks}
        theirs = {block.round: block.median_s for block in other.blocks}
        return paired_ratio(mine, theirs)


@dataclass(frozen=True)
class Failure:
    """A network that could not be timed, and why, in words for people."""

    candidate: Candidate
    scenario: Scenario
    reason: str


@dataclass(frozen=True)
class Run:
    """Everything that one request measured, on one machine. Prints as a table."""

    id: str
    started_utc: str
    machine: Machine
    measurements: tuple[Measurement, ...]
    failures: tuple[Failure, ...] = ()
    cancelled: bool = False

    def to_frame(self) -> pd.DataFrame:
        """One row a network and scenario, units in the column names, None for "not measured"."""
        from benchmarks.tables import to_frame

        return to_frame(self)

    def __repr__(self) -> str:
        from benchmarks.tables import to_text

        return to_text(self)

    def _repr_html_(self) -> str:
        from benchmarks.tables import to_html

        return to_html(self)


def better(a: Measurement, b: Measurement) -> Measurement:
    """Of two measurements of the same thing, the one to show: higher trust, then newer."""
    return max(b, a, key=lambda m: (trust(m), m.measured_utc))


def trust(measurement: Measurement) -> tuple[int, int]:
    """Quality first; then one that has only begun ranks below one that has an interval."""
    rounds = min(len(measurement.blocks), MIN_SAMPLES[0.5])
    return QUALITIES.index(measurement.quality), rounds


def _check_range(name: str, value: object, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= high:
        raise ScenarioError(
            f"{name} must be a whole number from 1 to {high}, got {value!r}. Choose one of those."
        )
