"""Modules such as people write, and some that go wrong in one way each."""

import os
import threading

import torch
from torch import Tensor, nn


class Net(nn.Module):
    """Small, with torch's own initialisation. (N, 3, H, W) -> (N, 10)"""

    def __init__(self, width: int = 1, stride: int = 2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8 * width, 3, stride=stride), nn.BatchNorm2d(8 * width), nn.ReLU()
        )
        self.dropout = nn.Dropout(0.5)
        self.classifier = nn.Linear(8 * width, 10)

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.classifier(self.dropout(self.features(images).mean((2, 3))))
        return found


class SameByAnotherName(Net):
    pass


class Zeros(Net):
    """As a network is whose last layer begins with zeros."""

    def __init__(self) -> None:
        super().__init__()
        nn.init.zeros_(self.classifier.weight)
        nn.init.zeros_(self.classifier.bias)


class NoNumber(Net):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) / 0 * 0


class OnlyOneImage(Net):
    def forward(self, images: Tensor) -> Tensor:
        if len(images) > 1:
            raise KeyError("one at a time")
        return super().forward(images)


class OnlyHere(Net):
    """Can be pickled, but unpickled in the same process only."""

    def __init__(self) -> None:
        super().__init__()
        self.home = os.getpid()

    def __setstate__(self, state: dict[str, object]) -> None:
        if state["home"] != os.getpid():
            raise ValueError("no licence there")
        super().__setstate__(state)


class Undecided(Net):
    """What it does depends on the values that it is given, which no exporter can write down."""

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images if images.sum().item() > 0 else -images)


class Pair(Net):
    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        return super().forward(images), images


class Chosen(Net):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).argmax(1)


class WithoutBatch(Net):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images)[0]


class Locked(Net):
    def __init__(self) -> None:
        super().__init__()
        self.features.lock = threading.Lock()


class Random(Net):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images + torch.rand(1))
