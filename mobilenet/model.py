"""The network itself, built from a MobileNetConfig. One paper, one file."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mobilenet.config import MobileNetConfig
from mobilenet.convention import PYTORCH, Convention

INPUT_CHANNELS = 3


class MobileNet(nn.Module):
    """MobileNet v1 (arXiv:1704.04861, Table 1). (N, 3, R, R) -> (N, num_classes) logits.

    Each convolution is followed by batch norm and ReLU6: the paper says ReLU, every released
    network uses ReLU6. Any input of 32 px or more is taken; `config.resolution` is what is counted.
    The constructor leaves torch's default weights; see `mobilenet.initialise`, and
    `mobilenet.weights` for released ones, which bring the convention that they need.
    """

    def __init__(self, config: MobileNetConfig, convention: Convention = PYTORCH) -> None:
        super().__init__()
        self.config = config
        self.convention = convention
        self.stem = convolution(
            INPUT_CHANNELS, config.stem_channels, kernel=3, stride=2, convention=convention
        )
        blocks: list[nn.Module] = []
        channels = config.stem_channels
        for block in config.blocks:
            make = full_block if config.block == "full" else separable_block
            blocks.append(make(channels, block.out_channels, block.stride, convention))
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
    inputs: int,
    outputs: int,
    *,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    convention: Convention = PYTORCH,
) -> nn.Sequential:
    """Convolution, batch norm, ReLU6; padded so that the map shrinks by the stride alone."""
    # With stride 1 both conventions pad alike.
    make = SamePadded if convention.same_padding and stride > 1 else nn.Conv2d
    return nn.Sequential(
        make(
            inputs,
            outputs,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=groups,
            bias=False,  # batch norm shifts anyway
        ),
        nn.BatchNorm2d(outputs, eps=convention.epsilon),
        nn.ReLU6(inplace=True),
    )


class SamePadded(nn.Conv2d):
    """A convolution with a stride, padded as TensorFlow's "SAME": the odd pixel goes last."""

    def forward(self, maps: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        height, width = (
            max(kernel - (size % stride or stride), 0) for size in (maps.shape[2], maps.shape[3])
        )
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        return nn.functional.conv2d(
            nn.functional.pad(maps, sides),
            self.weight,
            self.bias,
            self.stride,
            0,
            self.dilation,
            self.groups,
        )


def separable_block(
    inputs: int, outputs: int, stride: int, convention: Convention = PYTORCH
) -> nn.Sequential:
    """Equation 5: filter each channel by itself, then combine channels at each pixel."""
    return nn.Sequential(
        convolution(inputs, inputs, kernel=3, stride=stride, groups=inputs, convention=convention),
        convolution(inputs, outputs, kernel=1, convention=convention),
    )


def full_block(
    inputs: int, outputs: int, stride: int, convention: Convention = PYTORCH
) -> nn.Sequential:
    """Equation 2: what a separable block replaces (Table 4, "Conv MobileNet")."""
    return convolution(inputs, outputs, kernel=3, stride=stride, convention=convention)


def random_input(shape: tuple[int, ...], seed: int) -> Tensor:
    """The same standard normal images for every engine: float32, `shape` = (N, 3, R, R)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator)
