"""Vectors that are near each other for pictures of one face (the paper's Table 14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import normalize

from mobilenet.tasks.data import DataError, Split
from mobilenet.tasks.pictures import Picture, numbered_batches
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality
from mobilenet.tasks.verification import verified
from mobilenet.weights.preprocessing import Preprocessing

DIMENSIONS = 128  # FaceNet's (arXiv:1503.03832)
MARGIN = 0.2  # the same
TOGETHER = 4  # images of one identity in a batch
FEWEST = 2  # identities of a split, and images of an identity


@dataclass(frozen=True)
class Embedding:
    """Pictures of faces, each of one identity; those of a test are of people never seen.

    identities: their names. of_picture: (pictures,) of indices into them. splits: the numbers of
    the identities that train and test. dimensions: of a picture's vector.

    Raises DataError for an identity with one picture or in both splits, and a split with one
    identity.
    """

    name: str
    fingerprint: str
    identities: tuple[str, ...]
    pictures: tuple[Picture, ...] = field(repr=False)
    of_picture: tuple[int, ...] = field(repr=False)
    splits: Mapping[Split, tuple[int, ...]] = field(repr=False)
    dimensions: int = DIMENSIONS

    def __post_init__(self) -> None:
        for split, found in self.splits.items():
            if len(found) < FEWEST:
                raise DataError(
                    f"{self.name} has {len(found) or 'no'} "
                    f"identit{'y' if len(found) == 1 else 'ies'} to {split}. Give it two or more, "
                    "as different ones must be told apart."
                )
        both = sorted(set(self.splits["train"]) & set(self.splits["test"]))
        if both:
            raise DataError(
                f"{self.name}: {self.identities[both[0]]} would train and test. Test with people "
                "who train nothing."
            )
        counts = Counter(self.of_picture)
        for number, identity in enumerate(self.identities):
            if counts[number] < FEWEST:
                raise DataError(
                    f"{self.name}: {identity} has {counts[number] or 'no'} image, which makes "
                    "no pair. Add some, or take it out."
                )

    @property
    def outputs(self) -> int:
        return self.dimensions

    def count(self, split: Split) -> int:
        return len(self._numbers(split))

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Targets: (N,) of the identities' numbers. Raises DataError for a file that is no image.

        In training each batch has about four images of each of its identities, and two identities
        or more; what is left of an epoch for one identity alone is left out.
        """
        numbers = self._numbers(split)
        chosen = [numbers] if augmentation is None else self._mixed(numbers, batch)
        size = batch if augmentation is None else len(numbers)
        identities = torch.tensor(self.of_picture)
        for part in chosen:
            for images, found in numbered_batches(
                self.pictures, part, resolution, size, preprocessing, augmentation
            ):
                yield images, identities[found]

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        """Triplets on the unit sphere: of each pair of one identity, the nearest image of another
        that is farther than the pair must be so by 0.2, in squared distance (FaceNet's semi-hard
        ones); the farthest of all, where none is.

        The nearest of another whatever its distance (batch-hard) soon makes all vectors the same.
        """
        vectors = normalize(answers)
        distances = 2 - 2 * vectors @ vectors.T  # (N, N)
        alike = targets[:, None] == targets[None, :]
        others = distances.masked_fill(alike, -torch.inf)[:, None, :]  # (N, 1, N)
        farther = others > distances[:, :, None]  # (N, N, N)
        nearest = others.where(farther, torch.inf).amin(dim=2)
        negative = nearest.where(farther.any(dim=2), others.amax(dim=2))
        pairs = alike & ~torch.eye(len(alike), dtype=torch.bool, device=alike.device)
        return (distances - negative + MARGIN).relu()[pairs].mean()

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        return (verified(answers, targets),)

    def _numbers(self, split: Split) -> list[int]:
        chosen = frozenset(self.splits[split])
        return [number for number, one in enumerate(self.of_picture) if one in chosen]

    def _mixed(self, numbers: Sequence[int], batch: int) -> Iterator[list[int]]:
        """Groups of images of one identity, by rounds in which each identity has one."""
        together = min(TOGETHER, max(batch // 2, 2))
        waiting: dict[int, list[list[int]]] = {}
        for place in torch.randperm(len(numbers)).tolist():
            groups = waiting.setdefault(self.of_picture[numbers[place]], [[]])
            if len(groups[-1]) == together:
                groups.append([])
            groups[-1].append(numbers[place])
        for groups in waiting.values():
            if len(groups[-1]) == 1 and len(groups) > 1:  # alone it would make no pair
                alone = groups.pop()
                groups[-1] += alone
        rounds = max(len(groups) for groups in waiting.values())
        ordered = [
            groups[number]
            for number in range(rounds)
            for groups in _shuffled([one for one in waiting.values() if number < len(one)])
        ]
        several = max(batch // together, 2)
        for start in range(0, len(ordered), several):
            chosen = ordered[start : start + several]
            if len({self.of_picture[group[0]] for group in chosen}) > 1:
                yield [number for group in chosen for number in group]


def _shuffled(groups: list[list[list[int]]]) -> list[list[list[int]]]:
    return [groups[place] for place in torch.randperm(len(groups)).tolist()]
