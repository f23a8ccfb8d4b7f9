"""How good a choice within a budget is, against a dense grid that was measured."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.api import carry_out, request_for
from benchmarks.chooser import Chosen, calibration_request, choose
from benchmarks.choosing import Budget, Option, outlook
from benchmarks.engines import ENGINES
from benchmarks.jobs.updates import Update
from benchmarks.latency_model import fit
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import Interval
from mobilenet.accuracy import accuracy
from mobilenet.config import PAPER_RESOLUTIONS, MobileNetConfig
from tests.bench.figure import Figure, judged
from tests.bench.worth import worth

ENGINE = "onnxruntime"
WIDTHS = sorted(
    {step / 16 for step in range(4, 17)} | {round(step / 20, 2) for step in range(5, 21)}
)
SEED = 6
GOAL_POINTS = 0.5


def figures(count: int) -> Iterator[Figure]:
    """count: random budgets."""
    scenario = Scenario(ENGINE)
    dense = _measured(
        [MobileNetConfig(width, side) for width in WIDTHS for side in PAPER_RESOLUTIONS], scenario
    )
    calibration = carry_out(calibration_request(scenario), _nobody)
    seconds = [one.median_s for one in dense.measurements]
    draw = random.Random(SEED)
    low, high = math.log(1.3 * min(seconds)), math.log(0.95 * max(seconds))
    budgets = [Budget(math.exp(draw.uniform(low, high))) for _ in range(count)]
    answers = [
        choose(budget.max_latency_s, engine=ENGINE, calibration=calibration, listen=_nobody)
        for budget in budgets
    ]
    found = [
        (budget, best)
        for budget, one in zip(budgets, answers, strict=True)
        if (best := _best(one)) is not None
    ]
    yield Figure(
        f"{ENGINES[ENGINE].label}: {count} random budgets, answered",
        f"{len(found)}; {median(len(one.verified) for one in answers):.0f} runs of proposals each, "
        f"{max(len(one.verified) for one in answers)} at most",
        "all",
        judged(len(found) == count),
    )
    yield from _once_more(found, scenario)
    gaps = [_gap(budget, best, dense, lambda one: one.interval_s) for budget, best in found]
    yield Figure(
        f"  less accurate than the best of {len(dense.measurements)} that keep within it, points",
        f"{max(gaps):+.2f} at most, median {median(gaps):+.2f} (below 0: more accurate)",
        f"{GOAL_POINTS}",
        judged(max(gaps) <= GOAL_POINTS),
    )
    by_median = [
        _gap(budget, best, dense, lambda one: Interval(one.median_s, one.median_s))
        for budget, best in found
    ]
    yield Figure(
        "    the same, of those whose median alone does",
        f"{max(by_median):+.2f} at most; {sum(one <= GOAL_POINTS for one in by_median)} of "
        f"{len(by_median)} within {GOAL_POINTS}",
    )
    model = fit(calibration.measurements, scenario)
    blind = [
        predicted.config
        for budget, _ in found
        if (predicted := outlook(model, (), budget).predicted) is not None
    ]
    unverified = _measured(list(dict.fromkeys(blind)), scenario)
    took = {one.candidate.config: one.median_s for one in unverified.measurements}
    kept = sum(
        took.get(config, math.inf) <= budget.max_latency_s
        for config, (budget, _) in zip(blind, found, strict=True)
    )
    yield Figure("  a prediction alone would have kept within it", f"{kept} of {len(blind)}")
    yield Figure("  the grid", worth(dense))


def _once_more(found: list[tuple[Budget, Option]], scenario: Scenario) -> Iterator[Figure]:
    """The chosen ones, measured anew."""
    again = _measured(list(dict.fromkeys(best.config for _, best in found)), scenario)
    took = {one.candidate.config: one.median_s for one in again.measurements}
    over = [took[best.config] / budget.max_latency_s for budget, best in found]
    yield Figure(
        "  measured once more, the choice keeps within the budget",
        f"{sum(one <= 1 for one in over)} of {len(over)}; at most {max(over):.3f} of it",
        "all",
        judged(max(over) <= 1),
    )


def _best(answer: Chosen) -> Option | None:
    return None if answer.outlook is None else answer.outlook.best


def _gap(
    budget: Budget, best: Option, dense: Run, bounds: Callable[[Measurement], Interval | None]
) -> float:
    """Points between the most accurate of the grid that kept within the budget, and the choice."""
    reachable = [
        top1.top1_percent
        for one in dense.measurements
        if (interval := bounds(one)) is not None
        and interval.high <= budget.max_latency_s
        and one.candidate.config is not None
        and (top1 := accuracy(one.candidate.config)) is not None
    ]
    return max(reachable) - best.top1_percent


def _measured(networks: list[MobileNetConfig], scenario: Scenario) -> Run:
    return carry_out(request_for(networks, (scenario,), "quick"), _nobody)


def _nobody(update: Update) -> None:
    """Listens to nothing."""
