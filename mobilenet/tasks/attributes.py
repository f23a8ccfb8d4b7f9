"""What is to be seen in a picture, each thing by itself: the paper's face attributes (Table 12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from mobilenet.tasks.bootstrap import Floats, bootstrapped
from mobilenet.tasks.data import DataError, Split
from mobilenet.tasks.pictures import Picture, numbered_batches
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality
from mobilenet.weights.preprocessing import Preprocessing


@dataclass(frozen=True)
class Attributes:
    """Pictures with K attributes each, present or not.

    present: (pictures, K) of 0 and 1. splits: the numbers of the pictures that train and test.

    Raises DataError for an attribute that all or none have, in either split.
    """

    name: str
    fingerprint: str
    attributes: tuple[str, ...]
    pictures: tuple[Picture, ...] = field(repr=False)
    present: Tensor = field(repr=False)
    splits: Mapping[Split, tuple[int, ...]] = field(repr=False)

    def __post_init__(self) -> None:
        for split, numbers in self.splits.items():
            having = self.present[list(numbers)].sum(dim=0).tolist()
            for attribute, count in zip(self.attributes, having, strict=True):
                if count in (0, len(numbers)):
                    raise DataError(
                        f"{self.name}: {'all' if count else 'none'} of the {len(numbers)} images "
                        f"that {split} have {attribute}. Give images of both kinds, say in a "
                        "column split which of them train and test, or leave the column out."
                    )

    @property
    def outputs(self) -> int:
        return len(self.attributes)

    def count(self, split: Split) -> int:
        return len(self.splits[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Targets: (N, K) of 0.0 and 1.0. Raises DataError for a file that is no image."""
        for images, numbers in numbered_batches(
            self.pictures, self.splits[split], resolution, batch, preprocessing, augmentation
        ):
            yield images, self.present[numbers]

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        return binary_cross_entropy_with_logits(answers, targets)

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        """Mean average precision: each attribute's images ranked by its logit."""
        scores, present = (one.detach().cpu().double().numpy() for one in (answers, targets))
        percent, bounds = bootstrapped(Ranking(scores, present).mean_precision, len(scores))
        return (
            Quality(
                measure="mean average precision",
                percent=percent,
                low=bounds.low,
                high=bounds.high,
                chance=100 * by_chance(present),
                count=len(scores),
            ),
        )


class Ranking:
    """Images ranked once for each attribute; how often each counts may then change.

    scores: (N, K), any order of numbers. present: (N, K) of 0 and 1.
    """

    def __init__(self, scores: Floats, present: Floats) -> None:
        self._order = np.argsort(-scores, axis=0, kind="stable")
        falling = -np.take_along_axis(scores, self._order, axis=0)
        self._present = np.take_along_axis(present, self._order, axis=0)
        # Equal scores have one precision: that behind the last of them.
        self._last = np.stack([np.searchsorted(one, one, side="right") - 1 for one in falling.T], 1)

    def mean_precision(self, weights: Floats) -> float:
        """As scikit-learn's average_precision_score, the mean over attributes; weights: (N,).

        A thousand resamples take a tenth of a second here and minutes there. An attribute that
        nothing of any weight has is left out.
        """
        ranked = weights[self._order]
        found = np.cumsum(ranked * self._present, axis=0)
        precision = np.take_along_axis(
            found / np.maximum(np.cumsum(ranked, axis=0), 1), self._last, axis=0
        )
        total = found[-1]
        if not total.any():
            return float("nan")
        gained = (ranked * self._present * precision).sum(axis=0)
        return float(np.mean(gained[total > 0] / total[total > 0]))


def by_chance(present: Floats) -> float:
    """The mean average precision that ranking by chance gives on the average, 0 to 1.

    It is the share of images that have an attribute, and a little more in a small set, where
    whatever comes first is an average of few: of 90 images at 30 % it is 33 %.
    """
    total, having = len(present), present.sum(axis=0)
    others = (having - 1) / max(total - 1, 1)  # as likely as that is another before it one too
    first = float(np.mean(1 / np.arange(1, total + 1)))
    return float(np.mean(others + (1 - others) * first))
