"""The most accurate MobileNet within a budget: predicted for all, then shown by measuring. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Literal

from benchmarks.calibration import space
from benchmarks.candidates import Candidate
from benchmarks.latency_model import LatencyModel, is_of_kind
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import MIN_WORKERS
from mobilenet.accuracy import DEFAULT_SOURCE, Estimate, accuracy
from mobilenet.config import MobileNetConfig

Fit = Literal["meets", "misses", "cannot tell"]

SHORTLIST = 4  # proposals measured together
NEXT_GAIN = 0.1  # points of accuracy for which one more measurement is worth while
TYPICAL_HALF_WIDTH = 0.03  # of a quick measurement's interval, relative; before there is one
AIMS = (2.0, 1.0, 0.0, -2.0)  # typical errors below the budget; two above: models err both ways
LIKE_SIZED = 1.5  # what was measured corrects predictions of up to so many times its latency
MIN_ERROR = 0.005
NEAR_ERRORS = 3.0  # typical errors by which the fastest may be predicted to miss, and be tried


class BudgetError(ValueError):
    """A budget that nothing can be held against."""


@dataclass(frozen=True)
class Budget:
    """max_latency_s: of the median inference. max_size_bytes: of the float32 weights; None: any.

    Raises BudgetError unless both are above 0 and finite.
    """

    max_latency_s: float
    max_size_bytes: int | None = None

    def __post_init__(self) -> None:
        _check_is_number("max_latency_s", self.max_latency_s)
        if self.max_size_bytes is not None:
            _check_is_number("max_size_bytes", self.max_size_bytes)
        if not (math.isfinite(self.max_latency_s) and self.max_latency_s > 0):
            raise BudgetError(
                f"{self.max_latency_s * 1e3:g} ms is no limit to a latency. Give a finite time "
                "above 0."
            )
        if self.max_size_bytes is not None and self.max_size_bytes <= 0:
            raise BudgetError(
                f"{self.max_size_bytes} bytes is no limit to a size. Give one above 0."
            )


def _check_is_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BudgetError(f"{name} is {value!r}. Give a number, of seconds or of bytes.")


@dataclass(frozen=True)
class Option:
    """One MobileNet, with its accuracy and its latency: predicted, or measured.

    top1_error: in points; None where the figure was published. predicted_s: by the model, corrected
    by what was measured of its size. measurement: None where it has not been measured.
    """

    config: MobileNetConfig
    top1_percent: float
    top1_error: float | None
    size_bytes: int
    predicted_s: float
    measurement: Measurement | None = None

    @property
    def candidate(self) -> Candidate:
        return Candidate(config=self.config)

    @property
    def latency_s(self) -> float:
        """Measured where it was, else predicted."""
        return self.predicted_s if self.measurement is None else self.measurement.median_s

    def fit(self, budget: Budget) -> Fit | None:
        """Whether it meets the latency, by the whole interval of its measurement; None without."""
        if self.measurement is None:
            return None
        if (interval := self.measurement.interval_s) is None:
            return "cannot tell"
        if interval.high <= budget.max_latency_s:
            return "meets"
        return "misses" if interval.low > budget.max_latency_s else "cannot tell"


@dataclass(frozen=True)
class Outlook:
    """All that can be chosen from, in one scenario, within a budget's size.

    options: the most accurate first. error: of a prediction near the budget, relative, typically.
    half_width: of a measurement's interval, relative, typically.
    """

    budget: Budget
    options: tuple[Option, ...]
    error: float
    half_width: float = TYPICAL_HALF_WIDTH

    @property
    def best(self) -> Option | None:
        """The most accurate that was measured and meets the budget."""
        return next((one for one in self.options if one.fit(self.budget) == "meets"), None)

    @property
    def doubtful(self) -> tuple[Option, ...]:
        """More accurate ones, measured, of which it cannot be told whether they meet it."""
        return tuple(one for one in self._more_accurate() if one.fit(self.budget) == "cannot tell")

    @property
    def predicted(self) -> Option | None:
        """The most accurate that is predicted, or was measured, to meet the budget."""
        limit_s = self.budget.max_latency_s
        return next((one for one in self.options if one.latency_s <= limit_s), None)

    @property
    def shortlist(self) -> tuple[Option, ...]:
        """What to measure next, at most `SHORTLIST`, the most accurate first.

        For each of `AIMS` the most accurate that is predicted to be so fast, filled up with those
        that promise most. Empty where nothing promises to be better than the best.
        """
        unmeasured = [one for one in self._more_accurate() if one.measurement is None]
        promising = [one for one in unmeasured if one.predicted_s <= self._aim_s(AIMS[-1])]
        if not promising and self.best is None:
            # Predictions err: the fastest may meet a budget that none is predicted to meet.
            quickest = min(unmeasured, key=lambda one: one.predicted_s, default=None)
            near_s = self.budget.max_latency_s * (1 + NEAR_ERRORS * self.error)
            return (quickest,) if quickest and quickest.predicted_s <= near_s else ()
        safe = (
            next((one for one in promising if one.predicted_s <= self._aim_s(errors)), None)
            for errors in AIMS
        )
        found = dict.fromkeys(one for one in [*safe, *promising] if one is not None)
        return tuple(sorted(list(found)[:SHORTLIST], key=lambda one: -one.top1_percent))

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left that promises to be better."""
        return not self.shortlist

    def _aim_s(self, errors: float) -> float:
        """A latency whose interval ends at the budget, so many typical errors below it."""
        margin = (1 + self.half_width) * math.pow(1 + self.error, errors)
        return self.budget.max_latency_s / margin

    def _more_accurate(self) -> Sequence[Option]:
        if self.best is None:
            return self.options
        enough = self.best.top1_percent + NEXT_GAIN
        return [one for one in self.options if one.top1_percent >= enough]


def reliable(runs: Iterable[Run]) -> tuple[Measurement, ...]:
    """What `runs` measured, but for those whose own checks say that nothing in them can be told."""
    return tuple(one for run in runs if not is_invalid(run) for one in run.measurements)


def is_invalid(run: Run) -> bool:
    return run.state is not None and run.state.word == "invalid"


def outlook(
    model: LatencyModel,
    measurements: Iterable[Measurement],
    budget: Budget,
    *,
    source: str = DEFAULT_SOURCE,
    networks: Iterable[MobileNetConfig] | None = None,
) -> Outlook:
    """What `budget` can buy among `networks` (None: all of `calibration.space`).

    measurements: what was properly measured; all else is left out of account.
    source: whose accuracies, see `mobilenet.accuracy`; networks without any are left out.
    """
    measured = proven(measurements, model.scenario)
    correction, error = _corrected(model, measured, budget)
    found = []
    for config in dict.fromkeys([*(space() if networks is None else networks), *measured]):
        top1 = accuracy(config, source)
        size_bytes = Candidate(config=config).size_bytes
        if top1 is None or size_bytes > (budget.max_size_bytes or math.inf):
            continue
        found.append(
            Option(
                config,
                top1.top1_percent,
                top1.error_percent if isinstance(top1, Estimate) else None,
                size_bytes,
                model.predict_s(config) * correction,
                measured.get(config),
            )
        )
    # Of equally accurate ones, the fastest first.
    found.sort(key=lambda one: (-one.top1_percent, one.latency_s))
    return Outlook(budget, tuple(found), error, _half_width(measured.values()))


def proven(
    measurements: Iterable[Measurement], scenario: Scenario
) -> Mapping[MobileNetConfig, Measurement]:
    """Those of fresh processes, of networks that can be chosen; cut short, they prove nothing."""
    return {
        one.candidate.config: one
        for one in measurements
        if one.quality == "measured"
        and one.workers >= MIN_WORKERS
        and one.scenario == scenario
        and one.candidate.config is not None
        and is_of_kind(one.candidate.config)
    }


def _half_width(measured: Iterable[Measurement]) -> float:
    widths = [
        interval.high / one.median_s - 1
        for one in measured
        if (interval := one.interval_s) is not None
    ]
    return median(widths) if widths else TYPICAL_HALF_WIDTH


def _corrected(
    model: LatencyModel, measured: Mapping[MobileNetConfig, Measurement], budget: Budget
) -> tuple[float, float]:
    """By how much predictions near the budget are off, and how far they then scatter."""
    logs = [
        math.log(one.median_s / predicted_s)
        for config, one in measured.items()
        for predicted_s in [model.predict_s(config)]
        if 1 / LIKE_SIZED <= predicted_s / budget.max_latency_s <= LIKE_SIZED
    ]
    if not logs:
        return 1.0, max(model.error, MIN_ERROR)
    scatter = stdev(logs) if len(logs) >= SHORTLIST else 0.0
    return math.exp(fmean(logs)), max(scatter, model.error, MIN_ERROR)
