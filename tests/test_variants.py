"""A network as a point: its accuracy with where that comes from, its costs, its latency here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.candidates import candidate
from benchmarks.collection import collect
from benchmarks.references import references
from benchmarks.results import Measurement, better
from benchmarks.scenarios import Scenario
from benchmarks.variants import (
    METRICS,
    MOBILENET_FAMILY,
    Metric,
    Top1,
    Variant,
    describe,
    pareto_front,
)
from mobilenet import accuracy
from tests.builders import measurement

EAGER = Scenario()


def described(network: str, *measurements: Measurement, **recipes: str) -> Variant:
    return describe(candidate(network), collect(measurements).best, EAGER, **recipes)


def point(
    median_ms: float | None, top1_percent: float | None, *, estimated: bool = False
) -> Variant:
    """A made-up network with this latency and accuracy."""
    error = 0.5 if estimated else None
    return Variant(
        candidate=candidate("0.5-160"),
        family=MOBILENET_FAMILY,
        top1=None if top1_percent is None else Top1(top1_percent, error, "here", "recipe"),
        measurement=None
        if median_ms is None
        else measurement("0.5-160", median_ms=median_ms, rounds=13),
    )


def front_of(*points: Variant, metric: Metric = "latency") -> list[float]:
    return [one.top1.percent for one in pareto_front(points, metric) if one.top1]


def test_a_published_accuracy_has_its_source_and_no_error() -> None:
    top1 = described("0.5-160").top1

    assert top1 is not None
    assert top1.error_percent is None
    assert top1.source == accuracy.SOURCES[accuracy.DEFAULT_SOURCE].title


def test_an_estimate_has_its_error() -> None:
    top1 = described("0.6-160").top1

    assert top1 is not None
    assert top1.error_percent is not None
    assert top1.error_percent > 0


@pytest.mark.parametrize("network", ["0.5-160-n10", "0.5-160-full", "1.5-224", "0.5-96"])
def test_a_network_that_nobody_trained_and_nothing_surrounds_has_no_accuracy(network: str) -> None:
    assert described(network).top1 is None


def test_the_recipe_is_the_one_that_was_asked_for() -> None:
    first = described("resnet50").top1
    best = described("resnet50", weights="best").top1

    assert first is not None
    assert best is not None
    assert first.source == "torchvision IMAGENET1K_V1"
    assert best.percent == max(recipe.top1_percent for recipe in references()["resnet50"].weights)
    assert best.percent > first.percent
    assert best.recipe != first.recipe


def test_a_recipe_that_does_not_exist_for_a_network_gives_no_accuracy() -> None:
    assert described("resnet50", weights="IMAGENET1K_V9").top1 is None


def test_families_are_named() -> None:
    assert described("0.5-160").family == MOBILENET_FAMILY
    assert described("resnet18").family == "ResNet"


def test_the_latency_is_of_the_chosen_scenario_alone() -> None:
    openvino = measurement("0.5-160", engine="openvino", median_ms=1.0)
    eager = measurement("0.5-160", median_ms=4.0, rounds=13)

    assert described("0.5-160", openvino).metric("latency") is None
    assert described("0.5-160", openvino, eager).metric("latency") == pytest.approx(0.004)


def test_costs_are_known_without_a_measurement() -> None:
    variant = described("resnet18")
    network = references()["resnet18"]

    assert variant.metric("latency") is None
    assert variant.metric("mult_adds") == network.mult_adds
    assert variant.metric("parameters") == network.parameters
    assert variant.metric("size") == network.size_bytes


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_a_number_once_measured(metric: Metric) -> None:
    value = described("0.5-160", measurement("0.5-160")).metric(metric)

    assert value is not None
    assert value > 0


def test_a_proper_measurement_is_shown_rather_than_a_later_look() -> None:
    measured, preliminary, preview = (
        measurement("0.5-160", second=1, quality="measured"),
        measurement("0.5-160", second=2, quality="preliminary"),
        measurement("0.5-160", second=3, quality="preview"),
    )

    for order in ([measured, preview, preliminary], [preview, preliminary, measured]):
        assert list(collect(order).best.values()) == [measured]
    assert better(preview, preliminary) == preliminary


def test_of_two_alike_the_newer_is_shown() -> None:
    old, new = (
        measurement("0.5-160", second=1, median_ms=4.0),
        measurement("0.5-160", second=2, median_ms=5.0),
    )

    assert better(old, new) is better(new, old) is new
    assert list(collect([new, old]).best.values()) == [new]


def test_of_two_at_the_same_moment_the_one_that_came_later_is_shown() -> None:
    one, two = (
        measurement("0.5-160", second=1, median_ms=4.0),
        measurement("0.5-160", second=1, median_ms=5.0),
    )

    assert better(one, two) is two


def test_networks_and_scenarios_do_not_hide_each_other() -> None:
    several = [
        measurement("0.5-160"),
        measurement("0.5-160", batch=8),
        measurement("0.5-160", engine="openvino"),
        measurement("resnet18"),
    ]

    assert list(collect(several).best.values()) == several


def test_the_front_is_what_nothing_else_beats_from_the_fastest_up() -> None:
    points = [point(4, 70), point(1, 50), point(2, 60), point(3, 55), point(5, 65)]

    assert front_of(*points) == [50, 60, 70]


def test_of_equally_fast_networks_only_the_most_accurate_is_on_the_front() -> None:
    assert front_of(point(2, 60), point(2, 65), point(1, 40)) == [40, 65]


def test_of_equally_accurate_networks_only_the_fastest_is_on_the_front() -> None:
    assert front_of(point(3, 60), point(2, 60)) == [60]
    assert pareto_front([point(3, 60), point(2, 60)], "latency")[0].metric("latency") == (
        pytest.approx(0.002)
    )


def test_estimates_and_what_is_unknown_take_no_part_in_the_front() -> None:
    known = point(2, 60)

    assert front_of(known, point(1, 70, estimated=True), point(None, 80), point(1, None)) == [60]


def test_no_points_give_no_front() -> None:
    assert pareto_front([], "latency") == ()


values = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 90)), max_size=30)


@given(values)
def test_whatever_is_not_on_the_front_is_beaten_by_something_that_is(
    pairs: list[tuple[int, int]],
) -> None:
    points = [point(ms, percent) for ms, percent in pairs]

    front = pareto_front(points, "latency")

    placed = [(one.metric("latency") or 0, one.top1.percent) for one in front if one.top1]
    assert placed == sorted(placed)
    assert len({percent for _, percent in placed}) == len(placed)
    for ms, percent in pairs:
        assert any(value <= ms / 1e3 + 1e-12 and top1 >= percent for value, top1 in placed)
