"""A latency model finds out what a runtime likes, and says how far it may be relied on."""

import random

import numpy as np
import pytest

from benchmarks.calibration import CALIBRATION_NETWORKS, calibration_networks, space
from benchmarks.choosing_text import about_model
from benchmarks.latency_model import (
    MIN_NETWORKS,
    LatencyModel,
    LatencyModelError,
    fit,
    line_in_mult_adds,
)
from benchmarks.scenarios import Scenario
from mobilenet.config import MobileNetConfig
from tests.builders import ONNX, planted, planted_calibration, planted_ms
from tests.wording import Wording

HELD_OUT = random.Random(3).sample(space(), 60)


def calibrated(multiple: int) -> LatencyModel:
    return fit(planted_calibration(multiple), ONNX)


def errors(model: LatencyModel, multiple: int) -> list[float]:
    return [abs(1e3 * model.predict_s(one) / planted_ms(one, multiple) - 1) for one in HELD_OUT]


@pytest.mark.parametrize("multiple", [4, 8])
def test_networks_that_it_has_not_seen_are_predicted(multiple: int) -> None:
    found = errors(calibrated(multiple), multiple)

    assert np.median(found) < 0.03
    assert np.quantile(found, 0.95) < 0.08


def test_it_finds_out_which_channel_counts_are_slow() -> None:
    assert calibrated(4).kernels.multiple == 4
    assert calibrated(8).kernels.multiple == 8


def test_a_straight_line_in_mult_adds_does_much_worse_where_channels_matter() -> None:
    known = [(one, planted_ms(one, 4)) for one in calibration_networks()]
    line = line_in_mult_adds(known, HELD_OUT)
    off = [abs(ms / planted_ms(one, 4) - 1) for ms, one in zip(line, HELD_OUT, strict=True)]

    assert np.median(off) > 3 * np.median(errors(calibrated(4), 4))


def test_each_network_is_predicted_by_a_model_that_has_not_seen_it() -> None:
    rows = planted_calibration()
    config = rows[0].candidate.config
    assert config is not None

    honest = fit(rows, ONNX)
    fooled = fit([planted(config, factor=2), *rows[1:]], ONNX)

    assert fooled.error > 3 * honest.error
    worst = max(fooled.left_out, key=lambda one: abs(one.error))
    assert worst.config == config


def test_the_networks_to_calibrate_with_are_always_the_same_and_all_different() -> None:
    chosen = calibration_networks()

    assert len(set(chosen)) == len(chosen) == CALIBRATION_NETWORKS >= MIN_NETWORKS
    assert chosen == calibration_networks()
    assert set(chosen) <= set(space())


def test_the_space_has_widths_off_the_grid_and_the_papers_own() -> None:
    networks = set(space())

    assert {MobileNetConfig(0.25, 128), MobileNetConfig(0.75, 192), MobileNetConfig()} <= networks
    assert {MobileNetConfig(0.61, 144), MobileNetConfig(0.6875, 208)} <= networks
    assert len(networks) == len(space())


def test_too_few_networks_are_refused_with_the_way_out(wording: Wording) -> None:
    rows = planted_calibration()[: MIN_NETWORKS - 1]

    with pytest.raises(LatencyModelError, match=str(MIN_NETWORKS)) as refused:
        fit(rows, ONNX)
    wording(refused.value)


def test_what_was_timed_in_another_way_is_not_learned_from() -> None:
    with pytest.raises(LatencyModelError, match="0 networks"):
        fit(planted_calibration(), Scenario("onnxruntime", threads=2))


@pytest.mark.parametrize(
    "config",
    [MobileNetConfig(block="full"), MobileNetConfig(depth="shallow")],
    ids=["full", "shallow"],
)
def test_a_network_of_another_kind_is_not_guessed_at(
    config: MobileNetConfig, wording: Wording
) -> None:
    with pytest.raises(LatencyModelError) as refused:
        calibrated(4).predict_s(config)
    wording(refused.value)


def test_no_term_gives_time_back() -> None:
    assert min(calibrated(8).seconds) >= 0


def test_an_indifferent_runtime_is_not_said_to_like_anything() -> None:
    assert "multiple" in about_model(calibrated(4))
    assert "multiple" not in about_model(calibrated(1))
    assert max(errors(calibrated(1), 1)) < 0.03
