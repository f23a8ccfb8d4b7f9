"""A configuration describes a network completely, and refuses what cannot be built."""

import math

import pytest

from mobilenet import ConfigError, MobileNetConfig, paper_grid


def test_the_widest_network_has_the_channels_of_table_1() -> None:
    channels = MobileNetConfig().channels

    assert channels == (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)


def test_channels_follow_tf_slim_and_never_fall_below_eight() -> None:
    assert MobileNetConfig(0.35).channels[:6] == (11, 22, 44, 44, 89, 89)
    assert MobileNetConfig(0.1).stem_channels == 8


def test_channels_can_be_multiples_of_eight_and_stay_above_ninety_percent() -> None:
    config = MobileNetConfig(0.35, channel_multiple=8)

    assert config.channels[:6] == (16, 24, 48, 48, 88, 88)
    for width in [w / 100 for w in range(5, 201)]:
        rounded = MobileNetConfig(width, channel_multiple=8)
        assert all(c % 8 == 0 for c in rounded.channels)
        assert rounded.scale(512) >= 0.9 * 512 * width


@pytest.mark.parametrize("width", [0.25, 0.5, 0.75, 1.0])
def test_both_channel_rules_agree_at_the_papers_widths(width: float) -> None:
    assert MobileNetConfig(width).channels == MobileNetConfig(width, channel_multiple=8).channels


def test_a_shallow_network_lacks_the_five_middle_blocks() -> None:
    shallow = MobileNetConfig(depth="shallow")

    assert [block.number for block in shallow.blocks] == [1, 2, 3, 4, 5, 6, 12, 13]


def test_the_resolution_multiplier_is_relative_to_224() -> None:
    assert MobileNetConfig(resolution=160).resolution_multiplier == pytest.approx(0.714, abs=1e-3)


def test_the_papers_grid_has_sixteen_networks_from_largest_to_smallest() -> None:
    grid = paper_grid()

    assert len(set(grid)) == 16
    assert (grid[0].label, grid[-1].label) == ("1.0-224", "0.25-128")


@pytest.mark.parametrize("width", [0, 0.04, 2.01, -1, math.nan, math.inf, "0.5", None, True])
def test_a_width_outside_its_limits_is_refused_with_value_and_limit(width: object) -> None:
    with pytest.raises(ConfigError, match=r"Width multiplier.*0\.05 to 2"):
        MobileNetConfig(width_multiplier=width)  # type: ignore[arg-type]


@pytest.mark.parametrize("resolution", [31, 1025, 0, 160.5, "160", None, False])
def test_a_resolution_outside_its_limits_is_refused(resolution: object) -> None:
    with pytest.raises(ConfigError, match=r"Resolution.*32 to 1024"):
        MobileNetConfig(resolution=resolution)  # type: ignore[arg-type]


def test_unknown_choices_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"dense.*separable.*full"):
        MobileNetConfig(block="dense")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="Depth"):
        MobileNetConfig(depth="deep")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="Channel multiple"):
        MobileNetConfig(channel_multiple=3)
    with pytest.raises(ConfigError, match="Number of classes"):
        MobileNetConfig(num_classes=0)


def test_a_label_names_what_departs_from_the_paper() -> None:
    config = MobileNetConfig(0.35, 96, num_classes=10, block="full", depth="shallow")

    assert config.label == "0.35-96 (full, shallow, 10 classes)"
