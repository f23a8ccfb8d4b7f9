"""What every application of the paper has: images with targets, a loss, a measure of quality.

The network is the same for all but detection: a MobileNet whose classifier has so many outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor

from mobilenet.tasks.data import Split
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality
from mobilenet.weights.preprocessing import Preprocessing


class Images(Protocol):
    """What a network is shown, split in two.

    fingerprint: tells these images from others of the same name.
    """

    @property
    def fingerprint(self) -> str: ...

    def count(self, split: Split) -> int: ...

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """All images once, (N, 3, R, R) as a network takes them, with their targets, (N, ...).

        augmentation: in an order of chance, for training; None in theirs. Raises DataError.
        """
        ...


class Task(Images, Protocol):
    """One application on one set of images.

    name: of the images, for people; generated ones say so. outputs: of the network, for one image,
        or for one place of it.
    """

    @property
    def name(self) -> str: ...

    @property
    def outputs(self) -> int: ...

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        """What training makes small: one number for (N, outputs) and the targets of a batch."""
        ...

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        """How good the answers to all test images are; what matters most comes first."""
        ...
