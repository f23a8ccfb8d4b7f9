"""Which of several kinds a picture shows, where kinds look alike: the paper's dogs (Table 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor
from torch.nn.functional import cross_entropy

from mobilenet.tasks.data import Batch, Data, Split
from mobilenet.tasks.folder import Folder
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality, wilson
from mobilenet.weights.preprocessing import Preprocessing


@dataclass(frozen=True)
class Recognition:
    """Images with a class each; targets are (N,) of class numbers."""

    data: Data = field(repr=False)

    @property
    def name(self) -> str:
        return self.data.name

    @property
    def fingerprint(self) -> str:
        return self.data.fingerprint

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    @property
    def outputs(self) -> int:
        return len(self.classes)

    def count(self, split: Split) -> int:
        return self.data.count(split)

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[Batch]:
        """Raises DataError for a file that is no image."""
        return self.data.batches(split, resolution, batch, preprocessing, augmentation)

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(answers, targets)

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        """Top-1. Chance: always to say what most test images are."""
        right, total = int((answers.argmax(dim=1) == targets).sum()), len(targets)
        most = max(Counter(targets.tolist()).values())
        return (
            Quality(
                "top-1",
                100 * right / total,
                *wilson(right, total),
                chance=100 * most / total,
                count=total,
            ),
        )


def read(folder: Path) -> Recognition:
    """A sub-folder for each class, as `folder.Folder` takes them. Raises DataError."""
    return Recognition(Folder(folder))
