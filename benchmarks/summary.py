"""What a run says, derived from its raw times: for readers of a snapshot that derive nothing."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.insight import told
from benchmarks.results import Measurement, Run
from benchmarks.timing.statistics import MIN_WORKERS
from benchmarks.timing.verdicts import Verdict
from benchmarks.validity import Word


@dataclass(frozen=True)
class ToFirst:
    """A measurement over the first of its run. low, high: 95 % interval of the ratio."""

    ratio: float
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One measurement; what its figures mean stands at `Measurement`.

    to_first: None for the first itself, and where the two were not properly timed in turns.
    """

    network: str
    engine: str
    device: str
    precision: str
    threads: int
    batch: int
    median_s: float
    low_s: float | None
    high_s: float | None
    p90_s: float | None
    p99_s: float | None
    device_median_s: float | None
    inferences: int
    processes: int
    disturbed_share: float
    to_first: ToFirst | None


@dataclass(frozen=True)
class Summary:
    """rows: in the order of the run's measurements. state: None without a proper measurement."""

    state: Word | None
    rows: tuple[Row, ...]


def summarise(run: Run) -> Summary:
    """Everything that is told of `run`, from its times alone."""
    return Summary(run.state.word if run.state else None, tuple(_rows(run)))


def _rows(run: Run) -> list[Row]:
    return [
        Row(
            network=one.candidate.key,
            engine=one.scenario.engine,
            device=one.scenario.device,
            precision=one.scenario.precision,
            threads=one.scenario.threads,
            batch=one.scenario.batch,
            median_s=one.median_s,
            low_s=one.interval_s.low if one.interval_s else None,
            high_s=one.interval_s.high if one.interval_s else None,
            p90_s=one.p90_s,
            p99_s=one.p99_s,
            device_median_s=one.device_median_s,
            inferences=len(one.times_s),
            processes=one.workers,
            disturbed_share=one.disturbed_share,
            to_first=_to_first(one, run.measurements[0], run),
        )
        for one in run.measurements
    ]


def _to_first(one: Measurement, first: Measurement, run: Run) -> ToFirst | None:
    if one is first:
        return None
    ratio = one.ratio_to(first)
    if ratio is None or ratio.workers < MIN_WORKERS:
        return None
    bounds = ratio.interval
    return ToFirst(
        ratio=ratio.value,
        low=bounds.low if bounds else None,
        high=bounds.high if bounds else None,
        verdict=told(one, first, run),
    )
