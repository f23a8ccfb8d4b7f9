"""What a MobileNet is, as a frozen value: the paper's Table 1 scaled by two multipliers.

No torch here: a page or a notebook can describe a network without loading one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

BlockKind = Literal["separable", "full"]
Depth = Literal["paper", "shallow"]

PAPER_WIDTHS = (0.25, 0.5, 0.75, 1.0)  # arXiv:1704.04861, section 3.3
PAPER_RESOLUTIONS = (128, 160, 192, 224)  # arXiv:1704.04861, section 3.4
BASE_RESOLUTION = 224  # the resolution multiplier is 1 here

MIN_WIDTH, MAX_WIDTH = 0.05, 2.0
MIN_RESOLUTION, MAX_RESOLUTION = 32, 1024  # below 32 px the last map has nothing left to see
MAX_CLASSES = 1_000_000
MIN_CHANNELS = 8  # TF-slim's `min_depth`
STEM_CHANNELS = 32  # Table 1, first row


class Block(NamedTuple):
    """One depthwise separable block of Table 1: a 3x3 depthwise and a 1x1 pointwise convolution."""

    number: int
    out_channels: int
    stride: int


# Table 1 of arXiv:1704.04861. Its last depthwise row says stride 2, but input and output are both
# 7x7 there and every released network uses stride 1: an erratum of the paper.
TABLE_1 = (
    Block(1, out_channels=64, stride=1),
    Block(2, out_channels=128, stride=2),
    Block(3, out_channels=128, stride=1),
    Block(4, out_channels=256, stride=2),
    Block(5, out_channels=256, stride=1),
    Block(6, out_channels=512, stride=2),
    Block(7, out_channels=512, stride=1),
    Block(8, out_channels=512, stride=1),
    Block(9, out_channels=512, stride=1),
    Block(10, out_channels=512, stride=1),
    Block(11, out_channels=512, stride=1),
    Block(12, out_channels=1024, stride=2),
    Block(13, out_channels=1024, stride=1),
)
SHALLOW_REMOVES = frozenset(range(7, 12))  # Table 5: the five 14x14x512 blocks


class ConfigError(ValueError):
    """A network was asked for that this program does not build."""


@dataclass(frozen=True)
class MobileNetConfig:
    """A MobileNet v1, described completely.

    width_multiplier: alpha of equation 6; scales every channel count. 0.05 to 2.
    resolution: side of the square input in pixels; stands for rho of equation 7. 32 to 1024.
    num_classes: outputs of the classifier.
    block: "separable" (the paper's network) or "full" 3x3 convolutions (Table 4).
    depth: "paper", or "shallow" without the five 14x14x512 blocks (Table 5).
    channel_multiple: 1 gives TF-slim's channels, `max(int(c * width), 8)`; 8 rounds them to the
        nearest multiple of 8 (never below 90 %), which some hardware likes better.

    Raises ConfigError for a value outside these limits.
    """

    width_multiplier: float = 1.0
    resolution: int = BASE_RESOLUTION
    num_classes: int = 1000
    block: BlockKind = "separable"
    depth: Depth = "paper"
    channel_multiple: int = 1

    def __post_init__(self) -> None:
        _check_number("Width multiplier", self.width_multiplier, MIN_WIDTH, MAX_WIDTH, (int, float))
        _check_number("Resolution", self.resolution, MIN_RESOLUTION, MAX_RESOLUTION, (int,))
        _check_number("Number of classes", self.num_classes, 1, MAX_CLASSES, (int,))
        _check_choice("Block", self.block, get_args(BlockKind))
        _check_choice("Depth", self.depth, get_args(Depth))
        _check_choice("Channel multiple", self.channel_multiple, (1, 8))

    @property
    def resolution_multiplier(self) -> float:
        """rho of equation 7, relative to 224 px."""
        return self.resolution / BASE_RESOLUTION

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The rows of Table 1 that this network has, with their channels scaled."""
        removed = SHALLOW_REMOVES if self.depth == "shallow" else frozenset()
        return tuple(
            row._replace(out_channels=self.scale(row.out_channels))
            for row in TABLE_1
            if row.number not in removed
        )

    @property
    def stem_channels(self) -> int:
        return self.scale(STEM_CHANNELS)

    @property
    def channels(self) -> tuple[int, ...]:
        """Output channels of the first convolution and of each block, in order."""
        return (self.stem_channels, *(row.out_channels for row in self.blocks))

    @property
    def label(self) -> str:
        """The field's short name, such as "0.5-160", with what departs from the paper's network."""
        extras = [
            "full" if self.block == "full" else "",
            "shallow" if self.depth == "shallow" else "",
            "channels of 8" if self.channel_multiple == 8 else "",
            f"{self.num_classes:,} classes" if self.num_classes != 1000 else "",
        ]
        named = ", ".join(extra for extra in extras if extra)
        plain = (
            f"{self.width_multiplier:g}"
            if self.width_multiplier % 1
            else f"{self.width_multiplier:.1f}"
        )
        return f"{plain}-{self.resolution}" + (f" ({named})" if named else "")

    def scale(self, channels: int) -> int:
        """Channels of a layer of the 1.0 network, at this width."""
        scaled = channels * self.width_multiplier
        if self.channel_multiple == 1:
            return max(int(scaled), MIN_CHANNELS)
        nearest = max(MIN_CHANNELS, int(scaled + 4) // 8 * 8)
        return nearest + 8 if nearest < 0.9 * scaled else nearest


def paper_grid() -> tuple[MobileNetConfig, ...]:
    """The sixteen networks of Figures 4 and 5, widest and largest first."""
    return tuple(
        MobileNetConfig(width_multiplier=width, resolution=resolution)
        for width in reversed(PAPER_WIDTHS)
        for resolution in reversed(PAPER_RESOLUTIONS)
    )


def _check_number(
    name: str, value: object, low: float, high: float, kinds: tuple[type, ...]
) -> None:
    if isinstance(value, bool) or not isinstance(value, kinds):
        wanted = "a whole number" if kinds == (int,) else "a number"
        raise ConfigError(f"{name} must be {wanted} from {low} to {high}, got {value!r}.")
    number = float(value)  # type: ignore[arg-type]  # checked above
    if not math.isfinite(number) or not low <= number <= high:
        raise ConfigError(
            f"{name} {value} is outside {low} to {high}. Choose a value in that range."
        )


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name} {value!r} is not known. Choose one of {list(choices)}.")
