"""The network itself, built from a MobileNetConfig. One paper, one file."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobilenet.config import MobileNetConfig

INPUT_CHANNELS = 3


class MobileNet(nn.Module):
    """MobileNet v1 (arXiv:1704.04861, Table 1). (N, 3, R, R) -> (N, num_classes) logits.

    Each convolution is followed by batch norm and ReLU6: the paper says ReLU, every released
    network uses ReLU6. Any input of 32 px or more is taken; `config.resolution` is what is counted.
    The constructor leaves torch's default weights; see `mobilenet.initialise`.
    """

    def __init__(self, config: MobileNetConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = convolution(INPUT_CHANNELS, config.stem_channels, kernel=3, stride=2)
        blocks: list[nn.Module] = []
        channels = config.stem_channels
        for block in config.blocks:
            make = full_block if config.block == "full" else separable_block
            blocks.append(make(channels, block.out_channels, block.stride))
            channels = block.out_channels
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, config.num_classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.blocks(self.stem(images))  # (N, C, R/32, R/32)
        pooled = self.pool(features).flatten(1)  # (N, C)
        logits: Tensor = self.classifier(pooled)  # (N, num_classes)
        return logits


def convolution(
    inputs: int, outputs: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Convolution, batch norm, ReLU6; padded so that the map shrinks by the stride alone."""
    return nn.Sequential(
        nn.Conv2d(
            inputs,
            outputs,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=groups,
            bias=False,  # batch norm shifts anyway
        ),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


def separable_block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Equation 5: filter each channel by itself, then combine channels at each pixel."""
    return nn.Sequential(
        convolution(inputs, inputs, kernel=3, stride=stride, groups=inputs),
        convolution(inputs, outputs, kernel=1),
    )


def full_block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Equation 2: what a separable block replaces (Table 4, "Conv MobileNet")."""
    return convolution(inputs, outputs, kernel=3, stride=stride)


def random_input(shape: tuple[int, ...], seed: int) -> Tensor:
    """The same standard normal images for every engine: float32, `shape` = (N, 3, R, R)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator)
