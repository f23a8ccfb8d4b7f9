"""MobileNet as what a detector is built on: its maps instead of its classes."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from mobilenet.model import MobileNet


class Body(nn.Module):
    """MobileNet's maps after the blocks named; what comes after the last is left out."""

    def __init__(self, network: MobileNet, taps: tuple[int, ...]) -> None:
        super().__init__()
        self.taps = taps
        self.stem, self.blocks = network.stem, network.blocks[: max(taps)]
        self.out_channels = network.config.blocks[max(taps) - 1].out_channels

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        maps: OrderedDict[str, Tensor] = OrderedDict()
        current = self.stem(images)
        for number, block in enumerate(self.blocks, start=1):
            current = block(current)
            if number in self.taps:
                maps[str(number)] = current
        return maps


def listed(images: Tensor) -> ImageList:
    """torchvision's own kind of batch; the images have their size and range already."""
    height, width = images.shape[-2:]
    return ImageList(images, [(height, width)] * len(images))
