"""What a budget buys: proposals from predictions, answers from measurements alone."""

import random
import re
from dataclasses import replace

import pytest

from benchmarks.calibration import space
from benchmarks.choosing import Budget, BudgetError, Option, Outlook, outlook, reliable
from benchmarks.choosing_text import answer
from benchmarks.latency_model import LatencyModel, fit
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from mobilenet.accuracy import accuracy
from mobilenet.config import MobileNetConfig
from tests.builders import (
    ONNX,
    a_run,
    disturbed,
    measurement,
    planted,
    planted_calibration,
    planted_ms,
)
from tests.wording import Wording

INTERVAL_ENDS = 1.0105  # over the median, in the planted measurements


@pytest.fixture(scope="module")
def model() -> LatencyModel:
    return fit(planted_calibration(), ONNX)


def played(model: LatencyModel, budget: Budget, rounds: int = 4) -> tuple[Outlook, int]:
    """The proposals measured, until there is nothing more to measure."""
    rows: list[Measurement] = []
    for _ in range(rounds):
        found = outlook(model, rows, budget)
        if not found.shortlist:
            break
        rows += [planted(one.config) for one in found.shortlist]
    return outlook(model, rows, budget), len(rows)


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_is_close_to_the_best_there_is(model: LatencyModel, seed: int) -> None:
    budget = Budget(random.Random(seed).uniform(0.0015, 0.06))

    found, count = played(model, budget)

    reachable = [
        one.top1_percent
        for config in space()
        if planted_ms(config) * INTERVAL_ENDS <= 1e3 * budget.max_latency_s
        and (one := accuracy(config)) is not None
    ]
    assert found.best is not None
    assert found.best.latency_s <= budget.max_latency_s
    assert found.best.top1_percent >= max(reachable) - 0.5
    assert count <= 16


def test_a_prediction_alone_is_no_answer(model: LatencyModel) -> None:
    found = outlook(model, [], Budget(0.01))

    assert found.best is None
    assert found.predicted is not None
    assert found.shortlist


def test_a_network_whose_interval_reaches_beyond_the_budget_is_not_said_to_meet_it(
    model: LatencyModel,
) -> None:
    config = MobileNetConfig(0.5, 160)
    row = planted(config)
    interval = row.interval_s
    assert interval is not None

    within, across = Budget(interval.high * 1.001), Budget(row.median_s * 1.0001)
    beyond = Budget(interval.low * 0.999)

    def fit_of(budget: Budget) -> object:
        found = outlook(model, [row], budget)
        return next(one.fit(budget) for one in found.options if one.config == config)

    assert fit_of(within) == "meets"
    assert fit_of(across) == "cannot tell"
    assert fit_of(beyond) == "misses"


def test_one_process_proves_nothing(model: LatencyModel) -> None:
    row = measurement("0.5-160", engine="onnxruntime", median_ms=1.0)
    budget = Budget(1.0)

    assert outlook(model, [row], budget).best is None


@pytest.mark.parametrize("quality", ["preview", "preliminary"])
def test_a_first_look_proves_nothing(model: LatencyModel, quality: str) -> None:
    row = replace(planted(MobileNetConfig(0.5, 160)), quality=quality)  # type: ignore[arg-type]

    assert outlook(model, [row], Budget(1.0)).best is None


def test_what_was_measured_corrects_predictions_of_its_size(model: LatencyModel) -> None:
    budget = Budget(planted_ms(MobileNetConfig(0.5, 160)) / 1e3)
    other = MobileNetConfig(0.5, 176)
    before = next(one for one in outlook(model, [], budget).options if one.config == other)

    slow = [planted(MobileNetConfig(0.5, 160), factor=1.2)]
    after = next(one for one in outlook(model, slow, budget).options if one.config == other)

    assert after.predicted_s == pytest.approx(1.2 * before.predicted_s, rel=0.05)


def test_nothing_larger_than_the_budget_is_proposed(model: LatencyModel) -> None:
    found = outlook(model, [], Budget(1.0, max_size_bytes=6_000_000))

    assert found.options
    assert max(one.size_bytes for one in found.options) <= 6_000_000


@pytest.mark.parametrize(
    "budget", [Budget(1.0, max_size_bytes=1000), Budget(1e-6)], ids=["small", "fast"]
)
def test_where_no_network_keeps_within_the_budget_it_says_so(
    model: LatencyModel, budget: Budget, wording: Wording
) -> None:
    found = outlook(model, [], budget)

    assert not found.shortlist
    wording(re.sub(r"about [\d.]+ ms", "about N ms", answer(found)))


def test_the_search_ends_when_nothing_promises_to_be_better(model: LatencyModel) -> None:
    found = outlook(model, [planted(MobileNetConfig())], Budget(1.0))

    assert found.best is not None
    assert found.best.config == MobileNetConfig()
    assert not found.shortlist


def test_what_another_way_of_running_took_is_left_out(model: LatencyModel) -> None:
    row = replace(planted(MobileNetConfig()), scenario=Scenario("openvino"))

    assert outlook(model, [row], Budget(1.0)).best is None


@pytest.mark.parametrize(
    ("latency_s", "size_bytes"),
    [(0.0, None), (-1.0, None), (float("nan"), None), (float("inf"), None), (1.0, 0)],
    ids=str,
)
def test_a_budget_that_means_nothing_is_refused(
    latency_s: float, size_bytes: int | None, wording: Wording
) -> None:
    with pytest.raises(BudgetError) as refused:
        Budget(latency_s, max_size_bytes=size_bytes)
    wording(refused.value)


@pytest.mark.parametrize("error", [0.01, 0.3, 0.6, 2.0])
def test_a_bad_model_still_proposes_what_may_be_best(model: LatencyModel, error: float) -> None:
    found = replace(outlook(model, [], Budget(0.01)), error=error)
    ranked = [one for one in found.options if one.predicted_s <= 0.01]

    assert len(found.shortlist) >= 2
    assert found.shortlist[0].top1_percent >= ranked[0].top1_percent


def test_a_network_with_channels_of_its_own_is_not_chosen(model: LatencyModel) -> None:
    row = planted(MobileNetConfig(0.5, 160, channel_multiple=8))

    assert outlook(model, [row], Budget(1.0)).best is None


def test_accuracies_are_of_the_source_that_was_asked_for(model: LatencyModel) -> None:
    def top1(source: str) -> Option:
        options = outlook(model, [], Budget(1.0), source=source).options
        return next(one for one in options if one.config == MobileNetConfig())

    assert top1("tf_slim_2018").top1_percent != top1("tf_slim_2017").top1_percent
    assert top1("tf_slim_2018").top1_error is None


def test_measurements_of_an_invalid_run_are_not_relied_on() -> None:
    run = a_run(planted(MobileNetConfig()))
    busy = replace(run, measurements=(disturbed(run.measurements[0], 1.0),))

    assert busy.state is not None
    assert busy.state.word == "invalid"
    assert reliable([run, busy]) == run.measurements
