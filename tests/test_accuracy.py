"""Published accuracies are quoted exactly; the estimate between them is as good as it claims."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from mobilenet import MobileNetConfig, cost, paper_grid
from mobilenet.accuracy import (
    DEFAULT_SOURCE,
    PUBLISHED,
    SOURCES,
    Estimate,
    PublishedAccuracy,
    accuracy,
    estimate,
    leave_one_out_errors,
    published,
)

ROOT = Path(__file__).parents[1]
FULL_SOURCES = ("tf_slim_2018", "tf_slim_2018_quant", "tf_slim_2017", "mlperf")
FLOAT_SOURCES = ("tf_slim_2018", "tf_slim_2017", "mlperf")


def top1(config: MobileNetConfig, source: str = DEFAULT_SOURCE) -> float:
    result = accuracy(config, source)
    assert result is not None
    return result.top1_percent


# tensorflow/models, research/slim/nets/mobilenet_v1.md; widest and largest first
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "tf_slim_2018",
            "70.9 70.0 68.0 65.2 68.4 67.2 65.3 62.1 63.3 61.7 59.1 56.3 49.8 47.7 45.5 41.5",
        ),
        (
            "tf_slim_2018_quant",
            "69.7 69.0 67.3 64.0 67.9 66.2 63.9 59.8 62.2 60.4 57.7 54.9 48.2 45.8 43.5 39.9",
        ),
        (
            "tf_slim_2017",
            "70.7 69.3 67.2 64.1 68.4 67.4 65.2 61.8 64.0 62.1 59.9 56.2 50.6 49.0 46.0 41.3",
        ),
        (
            "mlperf",
            "71.678 70.624 69.106 66.604 69.262 68.242 66.384 63.716 "
            "64.346 63.244 60.842 57.918 51.848 49.478 47.810 44.116",
        ),
    ],
)
def test_the_sixteen_networks_have_their_published_accuracy(source: str, expected: str) -> None:
    results = [accuracy(config, source) for config in paper_grid()]

    assert all(isinstance(result, PublishedAccuracy) for result in results)
    assert [result.top1_percent for result in results] == [
        float(figure) for figure in expected.split()
    ]


def test_top_5_of_the_default_source_is_the_published_one() -> None:
    expected = "89.9 89.2 87.7 85.8 88.2 87.3 86.0 83.9 84.9 83.6 81.9 79.4 74.2 72.3 70.3 66.3"

    results = [accuracy(config) for config in paper_grid()]

    assert [result.top5_percent for result in results] == [
        float(figure) for figure in expected.split()
    ]


@pytest.mark.parametrize(
    ("width", "resolution", "expected"),
    [
        (1.0, 224, 70.6),
        (0.75, 224, 68.4),
        (0.5, 224, 63.7),
        (0.25, 224, 50.6),
        (1.0, 192, 69.1),
        (1.0, 160, 67.2),
        (1.0, 128, 64.4),
        (0.5, 160, 60.2),
    ],
)
def test_the_papers_eight_networks_have_the_papers_accuracy(
    width: float, resolution: int, expected: float
) -> None:
    assert top1(MobileNetConfig(width, resolution), "paper") == expected


@pytest.mark.parametrize(
    ("width", "resolution", "source", "expected"),
    [
        (1.0, 224, "keras", 70.4),
        (1.0, 224, "mobilenet_v4_paper", 74.0),
        (1.0, 224, "timm", 75.388),
        (1.0, 256, "timm", 76.088),
        (1.25, 224, "timm", 76.920),
        (1.25, 256, "timm", 77.612),
    ],
)
def test_other_recipes_have_their_own_accuracy(
    width: float, resolution: int, source: str, expected: float
) -> None:
    assert top1(MobileNetConfig(width, resolution), source) == expected


def test_the_design_studies_are_published_by_the_paper_only() -> None:
    full = MobileNetConfig(block="full")
    shallow = MobileNetConfig(depth="shallow")

    assert [(r.source, r.top1_percent) for r in published(full)] == [("paper", 71.7)]
    assert [(r.source, r.top1_percent) for r in published(shallow)] == [("paper", 65.3)]
    assert accuracy(full) is None
    assert accuracy(shallow) is None


def test_all_recipes_of_one_network_are_listed_together() -> None:
    results = published(MobileNetConfig())

    assert {result.source for result in results} == set(SOURCES)
    assert min(r.top1_percent for r in results if r.precision == "float32") == 70.4
    assert max(r.top1_percent for r in results) == 75.388


def test_a_network_is_recognised_by_its_channels_not_by_how_they_were_asked_for() -> None:
    plain = MobileNetConfig(0.5, 160)
    rounded = MobileNetConfig(0.5, 160, channel_multiple=8)
    other = MobileNetConfig(0.3, 160, channel_multiple=8)

    assert published(plain) == published(rounded) != ()
    assert published(other) == ()


def test_no_source_gives_one_network_two_accuracies() -> None:
    pairs = Counter((result.source, result.config) for result in PUBLISHED)

    assert set(pairs.values()) == {1}


def test_every_result_names_a_known_source_and_every_source_has_results() -> None:
    assert {result.source for result in PUBLISHED} == set(SOURCES)


def test_every_source_says_who_how_and_where() -> None:
    for key, source in SOURCES.items():
        assert source.key == key
        assert source.title
        assert source.recipe.endswith(".")
        assert source.url.startswith("https://")
        assert all(footnote.endswith(".") for footnote in source.footnotes)


@pytest.mark.parametrize(
    ("source", "subject"),
    [
        ("paper", "Table 1 "),
        ("paper", "1.19 %"),
        ("paper", "Table 9"),
        ("paper", "Table 14"),
        ("tf_slim_2018", "2.6 %"),
        ("tf_slim_2018", "34 instead of 30"),
        ("keras", "529"),
    ],
)
def test_known_errors_of_a_source_are_its_footnotes(source: str, subject: str) -> None:
    assert any(subject in footnote for footnote in SOURCES[source].footnotes)


def test_percentages_are_percentages_and_top_5_is_above_top_1() -> None:
    for result in PUBLISHED:
        assert 30 < result.top1_percent < 80
        assert result.top5_percent is None or result.top1_percent < result.top5_percent < 100


def test_eight_bit_figures_are_marked_and_below_their_float_network() -> None:
    for config in paper_grid():
        quantised = accuracy(config, "tf_slim_2018_quant")

        assert quantised.precision == "int8"
        assert quantised.top1_percent < top1(config)


def test_between_trained_networks_there_is_an_estimate_with_its_error() -> None:
    result = accuracy(MobileNetConfig(0.6, 176))

    assert isinstance(result, Estimate)
    assert top1(MobileNetConfig(0.5, 160)) < result.top1_percent < top1(MobileNetConfig(0.75, 192))
    assert 0 < result.error_percent < 1
    assert result.source == DEFAULT_SOURCE
    assert "quadratic" in result.method


@pytest.mark.parametrize("source", FULL_SOURCES)
def test_the_estimate_passes_each_trained_network_within_its_error(source: str) -> None:
    for config in paper_grid():
        guess = estimate(config, source)

        assert abs(guess.top1_percent - top1(config, source)) <= guess.error_percent


@pytest.mark.parametrize("source", FULL_SOURCES)
def test_half_of_the_networks_left_out_are_predicted_within_0_7_points(source: str) -> None:
    assert median(leave_one_out_errors(source)) <= 0.7


@pytest.mark.parametrize("source", FULL_SOURCES)
def test_the_stated_error_covers_every_leave_one_out_error(source: str) -> None:
    errors = leave_one_out_errors(source)

    assert len(errors) == 16
    assert estimate(MobileNetConfig(0.6, 176), source).error_percent == max(errors)


def surface(config: MobileNetConfig) -> list[float]:
    w, r = np.log(config.width_multiplier), np.log(config.resolution / 224)
    return [1, w, r, w * w, w * r, r * r]


def plane(config: MobileNetConfig) -> list[float]:
    return [1, np.log(config.width_multiplier), np.log(config.resolution)]


def line_in_log_mult_adds(config: MobileNetConfig) -> list[float]:
    return [1, np.log(cost(config).mult_adds)]


def parabola_in_log_mult_adds(config: MobileNetConfig) -> list[float]:
    x = np.log(cost(config).mult_adds / cost(MobileNetConfig()).mult_adds)
    return [1, x, x * x]


def refitted_errors(terms, source: str) -> list[float]:
    """Leave-one-out errors in closed form: a residual over one minus its leverage."""
    grid = paper_grid()
    design = np.array([terms(config) for config in grid], dtype=float)
    known = np.array([top1(config, source) for config in grid])
    hat = design @ np.linalg.pinv(design)
    return list(abs((known - hat @ known) / (1 - np.diag(hat))))


@pytest.mark.parametrize("source", FULL_SOURCES)
def test_leave_one_out_errors_agree_with_their_closed_form(source: str) -> None:
    assert leave_one_out_errors(source) == pytest.approx(refitted_errors(surface, source))


@pytest.mark.parametrize("source", FLOAT_SOURCES)
@pytest.mark.parametrize(
    ("axis", "unseen"),
    [
        ("width_multiplier", 0.5),
        ("width_multiplier", 0.75),
        ("resolution", 160),
        ("resolution", 192),
    ],
)
def test_the_stated_error_holds_across_a_gap_twice_as_wide_as_any_real_one(
    axis: str, unseen: float, source: str
) -> None:
    seen = [config for config in paper_grid() if getattr(config, axis) != unseen]
    hidden = [config for config in paper_grid() if getattr(config, axis) == unseen]
    known = [top1(config, source) for config in seen]

    coefficients = np.linalg.lstsq(np.array([surface(c) for c in seen]), known, rcond=None)[0]
    errors = [abs(surface(config) @ coefficients - top1(config, source)) for config in hidden]

    assert max(errors) <= max(leave_one_out_errors(source))


@pytest.mark.parametrize("source", FLOAT_SOURCES)
@pytest.mark.parametrize("simpler", [plane, line_in_log_mult_adds, parabola_in_log_mult_adds])
def test_simpler_estimators_would_be_several_times_worse(
    simpler: Callable[[MobileNetConfig], list[float]], source: str
) -> None:
    errors = refitted_errors(simpler, source)

    assert max(errors) > 3 * max(leave_one_out_errors(source))
    assert median(errors) > 2 * median(leave_one_out_errors(source))


@pytest.mark.parametrize(
    ("source", "typical", "largest"),
    [("tf_slim_2018", 0.16, 0.50), ("tf_slim_2017", 0.21, 0.63), ("mlperf", 0.09, 0.71)],
)
def test_the_documented_errors_are_the_computed_ones(
    source: str, typical: float, largest: float
) -> None:
    errors = leave_one_out_errors(source)

    assert (round(median(errors), 2), round(max(errors), 2)) == (typical, largest)
    assert f"{typical:.2f} / {largest:.2f}" in estimate.__doc__


@pytest.mark.parametrize("source", FULL_SOURCES)
def test_the_estimate_never_falls_when_width_or_resolution_grows(source: str) -> None:
    widths = np.linspace(0.25, 1.0, 31)
    resolutions = range(128, 225, 4)

    table = np.array(
        [
            [
                estimate(MobileNetConfig(float(width), resolution), source).top1_percent
                for resolution in resolutions
            ]
            for width in widths
        ]
    )

    assert (np.diff(table, axis=0) > 0).all()
    assert (np.diff(table, axis=1) > 0).all()


@pytest.mark.parametrize(
    "config",
    [
        MobileNetConfig(0.24, 160),
        MobileNetConfig(1.01, 160),
        MobileNetConfig(0.6, 127),
        MobileNetConfig(0.6, 225),
        MobileNetConfig(0.6, 160, block="full"),
        MobileNetConfig(0.6, 160, depth="shallow"),
        MobileNetConfig(0.6, 160, num_classes=10),
        MobileNetConfig(1.0, 224, num_classes=1001),
    ],
    ids=lambda config: config.label,
)
def test_outside_what_was_trained_there_is_no_accuracy(config: MobileNetConfig) -> None:
    assert accuracy(config) is None
    assert estimate(config) is None
    assert published(config) == ()


@pytest.mark.parametrize("source", ["paper", "keras", "mobilenet_v4_paper", "timm"])
def test_a_source_without_all_sixteen_networks_estimates_nothing(source: str) -> None:
    assert accuracy(MobileNetConfig(0.6, 176), source) is None
    assert leave_one_out_errors(source) == ()


def test_an_unknown_source_is_refused_by_name() -> None:
    for ask in (accuracy, estimate):
        with pytest.raises(ValueError, match=r"imagenet21k.*tf_slim_2018"):
            ask(MobileNetConfig(), "imagenet21k")


def test_following_a_slider_fits_the_surface_once(monkeypatch: pytest.MonkeyPatch) -> None:
    accuracy(MobileNetConfig(0.25, 176))
    monkeypatch.setattr(np.linalg, "lstsq", None)  # it would be called to fit another

    for step in range(100):
        assert accuracy(MobileNetConfig(0.25 + 0.005 * step, 176)) is not None


def test_accuracies_need_no_torch() -> None:
    program = "import sys, mobilenet.accuracy; sys.exit('torch' in sys.modules)"

    finished = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)

    assert finished.returncode == 0
