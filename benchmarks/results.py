"""The frozen values of a measurement: what was asked, what was read off the clock, what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal, TypeVar

from benchmarks.candidates import Candidate
from benchmarks.layer_times import NANOSECONDS, Ceiling, LayerTimes
from benchmarks.machine import Machine
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import Signals, disturbances
from benchmarks.timing.statistics import (
    MIN_SAMPLES,
    MIN_WORKERS,
    Interval,
    Ratio,
    mean_interval,
    median_interval,
    missing,
    quantile,
    quantile_interval,
    ratio_over_workers,
)
from benchmarks.timing.warmup import can_tell, steady_after
from benchmarks.usage import Energy, Memory

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from benchmarks.validity import State
    from benchmarks.variants import Metric

Quality = Literal["preview", "preliminary", "measured"]
QUALITIES: tuple[Quality, ...] = ("preview", "preliminary", "measured")
MIN_CLEAN_SHARE = 0.25  # below this nothing is left out: the run as a whole is in doubt
K = TypeVar("K")


@dataclass(frozen=True)
class Block:
    """Consecutive inferences of one network in one round, as read off the clock.

    worker: which of the run's processes, from 0; its networks took turns with one another.
    device_ns: of each inference, by the accelerator's own clock; None where that has none.
    """

    round: int
    settle_ns: int  # the first call after another network's turn: kept, not counted
    times_ns: tuple[int, ...]
    worker: int = 0
    signals: Signals | None = None
    device_ns: tuple[int, ...] | None = None

    @property
    def median_s(self) -> float:
        return median(self.times_ns) * NANOSECONDS


@dataclass(frozen=True)
class Tail:
    """A high quantile. missing: inferences that it still takes; 0 where there are enough.

    interval_s: 95 %, of this session; the inferences of one worker resemble each other, and it is
        as wide as that asks for.
    """

    value_s: float | None
    interval_s: Interval | None
    missing: int


@dataclass(frozen=True)
class Measurement:
    """One network in one scenario: raw times, from which every statistic is derived.

    quality: "preview" (a first look), "preliminary" (a warm process) or "measured" (a fresh one).
    load_s: build the network, or load its prepared file; prepare_s: export it (None: not needed).
    output_error: root mean square of the logits' differences from eager PyTorch's in float32 on the
        same input, in units of their standard deviation; for somebody's own network, whose outputs
        may be anything, in units of their root mean square.
    warmup_ns: every call before its first turn, of the first worker.
    memory, energy, layer_times: None where nobody asked, or nothing can be read.
    Times are service times of back-to-back calls, in seconds for the whole batch. On an accelerator
    too they are the host's, from the call until the result is there: what a caller waits for, and
    what can be compared with another runtime or device. Its own clock is told beside them.
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
    memory: Memory | None = None
    energy: Energy | None = None
    layer_times: LayerTimes | None = None

    @cached_property
    def counted(self) -> tuple[Block, ...]:
        """The blocks that count: those that nothing disturbed, or all where that leaves too few."""
        if self.disturbed_share > 1 - MIN_CLEAN_SHARE:
            return self.blocks
        return tuple(block for block in self.blocks if not disturbances(block.signals))

    @cached_property
    def disturbed(self) -> tuple[Block, ...]:
        """Blocks that something disturbed; judged without a look at their times."""
        return tuple(block for block in self.blocks if disturbances(block.signals))

    @property
    def disturbed_share(self) -> float:
        return len(self.disturbed) / len(self.blocks)

    @cached_property
    def times_s(self) -> tuple[float, ...]:
        """Every counted inference, in the order in which it ran."""
        return tuple(ns * NANOSECONDS for block in self.counted for ns in block.times_ns)

    @cached_property
    def workers(self) -> int:
        """Processes in which it was timed."""
        return len({block.worker for block in self.blocks})

    @cached_property
    def median_s(self) -> float:
        """The median inference; of several workers the geometric mean of their medians."""
        return self._typical(self._by_worker)

    @cached_property
    def device_median_s(self) -> float | None:
        """The same by the accelerator's clock: from the first of its work to the end of the last,
        with the time that it waited for orders in between. None: not measured."""
        times = self._times_by(lambda block: block.worker, lambda block: block.device_ns or ())
        return self._typical(times) if times else None

    @cached_property
    def interval_s(self) -> Interval | None:
        """Interval of the median, of this session: over workers, or over the rounds of one.

        None below three workers and six rounds.
        """
        if self.workers < MIN_WORKERS:
            return median_interval([block.median_s for block in self.counted])
        bounds = mean_interval(_log_medians(self._by_worker))
        return bounds and Interval(math.exp(bounds.low), math.exp(bounds.high))

    @cached_property
    def p90_s(self) -> float | None:
        return quantile(self.times_s, 0.9)

    @cached_property
    def p99_s(self) -> float | None:
        return quantile(self.times_s, 0.99)

    @property
    def first_call_s(self) -> float:
        """The very first inference after loading."""
        return self.warmup_ns[0] * NANOSECONDS

    @cached_property
    def steady_after(self) -> int | None:
        """Calls until it ran as fast as it would; None where warming up showed no steady state."""
        return steady_after(self.warmup_ns)

    @property
    def time_to_steady_s(self) -> float | None:
        if self.steady_after is None:
            return None
        return sum(self.warmup_ns[: self.steady_after]) * NANOSECONDS

    @property
    def never_steady(self) -> bool:
        """Whether it was watched for long enough and still was not steady."""
        return self.steady_after is None and can_tell(self.warmup_ns)

    @property
    def memory_bytes(self) -> int | None:
        """At the peak, over what the runtime takes anyway."""
        return self.memory.needed_bytes if self.memory else None

    @property
    def energy_j(self) -> float | None:
        """Of one inference."""
        return self.energy.inference_j if self.energy else None

    def tail(self, fraction: float) -> Tail:
        """The `fraction` quantile of all counted inferences: 0.9 or 0.99."""
        blocks = self._by_worker if self.workers >= MIN_WORKERS else self._by_round
        return Tail(
            value_s=quantile(self.times_s, fraction),
            interval_s=quantile_interval(blocks.values(), fraction),
            missing=missing(len(self.times_s), fraction),
        )

    def ratio_to(self, other: Measurement) -> Ratio | None:
        """How many times as long as `other`; None unless both took turns in one run."""
        if self.run_id != other.run_id:
            return None
        return ratio_over_workers(self._block_medians_s, other._block_medians_s)

    def _typical(self, by_worker: Mapping[int, Sequence[float]]) -> float:
        if self.workers < MIN_WORKERS:
            return median(time_s for own in by_worker.values() for time_s in own)
        return math.exp(fmean(_log_medians(by_worker)))

    @cached_property
    def _by_worker(self) -> dict[int, list[float]]:
        return self._times_by(lambda block: block.worker)

    @cached_property
    def _by_round(self) -> dict[tuple[int, int], list[float]]:
        return self._times_by(lambda block: (block.worker, block.round))

    def _times_by(
        self,
        group: Callable[[Block], K],
        times_ns: Callable[[Block], Sequence[int]] = lambda block: block.times_ns,
    ) -> dict[K, list[float]]:
        """Seconds of every counted inference; groups without any are left out."""
        times: dict[K, list[float]] = {}
        for block in self.counted:
            if found := times_ns(block):
                times.setdefault(group(block), []).extend(ns * NANOSECONDS for ns in found)
        return times

    @cached_property
    def _block_medians_s(self) -> dict[int, dict[int, float]]:
        """Worker to round to block median."""
        typical: dict[int, dict[int, float]] = {}
        for block in self.counted:
            typical.setdefault(block.worker, {})[block.round] = block.median_s
        return typical


@dataclass(frozen=True)
class Failure:
    """A network that could not be timed, and why, in words for people."""

    candidate: Candidate
    scenario: Scenario
    reason: str


@dataclass(frozen=True)
class Conditions:
    """How the machine was while a run lasted. None: not known.

    others_cpus: CPUs that other programs used, on average.
    on_battery, governor: of the machine when the run began.
    pressure_before: share of the time for which programs waited for a CPU just before the turns.
    """

    others_cpus: float | None = None
    on_battery: bool | None = None
    governor: str | None = None
    pressure_before: float | None = None


@dataclass(frozen=True)
class Run:
    """Everything that one request measured, on one machine. Prints as a table.

    controls: second copies of the anchor, one in each scenario; they differ from it by chance only.
    ceilings: of this machine, for each number of threads at which layers were timed.
    """

    id: str
    started_utc: str
    machine: Machine
    measurements: tuple[Measurement, ...]
    failures: tuple[Failure, ...] = ()
    cancelled: bool = False
    controls: tuple[Measurement, ...] = ()
    conditions: Conditions = Conditions()
    ceilings: tuple[Ceiling, ...] = ()

    @cached_property
    def state(self) -> State | None:
        """What it is worth, with the reasons; None where it holds no proper measurement."""
        from benchmarks.validity import state_of

        return state_of(self)

    def to_frame(self) -> pd.DataFrame:
        """One row a network and scenario, units in the column names, None for "not measured"."""
        from benchmarks.tables import to_frame

        return to_frame(self)

    def tradeoff(
        self,
        metric: Metric = "latency",
        *,
        engine: str | None = None,
        selected: str | None = None,
        baseline: str | None = None,
        dark: bool = False,
    ) -> go.Figure:
        """The dashboard's chart of accuracy over what a network costs, as a figure of plotly.

        metric: "latency", "mult_adds", "parameters" or "size". engine: of several in the run.
        `benchmarks.figures` has the others, and says what these mean.
        """
        from benchmarks.figures import tradeoff

        return tradeoff(
            self, metric, engine=engine, selected=selected, baseline=baseline, dark=dark
        )

    def layers(
        self, network: str | None = None, *, engine: str | None = None, dark: bool = False
    ) -> go.Figure:
        """Where the time of a MobileNet goes, block by block; of a run with `layers=True`.

        network, engine: of several in the run. Raises ScenarioError without times of layers.
        """
        from benchmarks.figures import layer_shares

        return layer_shares(self, network, engine=engine, dark=dark)

    def roofline(
        self, network: str | None = None, *, engine: str | None = None, dark: bool = False
    ) -> go.Figure:
        """How near its layers come to what this machine does at best; the same runs.

        Raises ScenarioError without times of layers, or without a ceiling for them.
        """
        from benchmarks.figures import roofline

        return roofline(self, network, engine=engine, dark=dark)

    def save(self, title: str = "", note: str = "", tags: Sequence[str] = ()) -> str:
        """Keep it in the store, where the dashboard's Snapshots page shows it; its id.

        `benchmarks.load` finds it again by that. Raises SnapshotError, StoreError or TagError.
        """
        from benchmarks.keeping import keep

        return keep(self, title, note, tags)

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


def _log_medians(by_worker: Mapping[int, Sequence[float]]) -> list[float]:
    return [math.log(median(own)) for own in by_worker.values()]
