"""Whether two pictures are of one face: how often that is told, at a rate of false accepts.

Two are compared that somebody gives; nothing here searches among many, or says who it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from mobilenet.tasks.bootstrap import SEED, Floats, bootstrapped
from mobilenet.tasks.score import Quality

RATES = (1e-4, 1e-3, 1e-2, 1e-1)  # the paper's first
FALSE_ACCEPTS = 40  # fewer would be of one or two people who look alike
MOST_PAIRS = 500_000  # of each kind; a thousand resamples of them take some seconds
Numbers = npt.NDArray[np.int64]


def same(one: Tensor, other: Tensor) -> float:
    """How alike two images' embeddings are, (D,) each: their cosine, from -1 to 1.

    Raises ValueError for anything but two embeddings.
    """
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(
            f"Shapes {tuple(one.shape)} and {tuple(other.shape)} are no two embeddings. Give the "
            "network's outputs for one image each, (D,)."
        )
    return float(cosine_similarity(one, other, dim=0))


def verified(embeddings: Tensor, identities: Tensor) -> Quality:
    """The share of pairs of one identity that a threshold accepts which accepts, at most, a given
    share of pairs of different ones. Its interval is over identities.

    embeddings: (N, D), of any length. identities: (N,), two or more, of two images or more. The
    rate is 1e-4 as in the paper, or the least at which forty pairs may be accepted falsely. Of more
    than 500,000 pairs of a kind, so many are drawn.
    """
    pairs = _compared(embeddings, identities)
    percent, bounds = bootstrapped(pairs.accepted, pairs.people)
    return Quality(
        measure=f"verified at {100 * pairs.rate:g} % false accepts",
        percent=percent,
        low=bounds.low,
        high=bounds.high,
        chance=100 * pairs.rate,
        count=len(pairs.alike) + len(pairs.different),
    )


def alike_above(embeddings: Tensor, identities: Tensor) -> float:
    """The cosine above which `verified` takes two images for ones of one identity."""
    pairs = _compared(embeddings, identities)
    limit = pairs.limit(np.ones(pairs.people))
    return 1.0 if limit is None else limit


@dataclass(frozen=True)
class _Pairs:
    """alike, different: cosines of pairs; those of different identities fall.

    of_alike: (pairs,) whose each is. of_different: (2, pairs) the same.
    """

    people: int
    rate: float
    alike: Floats
    different: Floats
    of_alike: Numbers
    of_different: Numbers

    def limit(self, weights: Floats) -> float | None:
        """weights: how often each identity counts, (identities,). None where all are of one."""
        one, other = self.of_different
        counted = np.cumsum(weights[one] * weights[other])
        beyond = np.searchsorted(counted, self.rate * counted[-1], side="right")
        return None if beyond == len(self.different) else float(self.different[beyond])

    def accepted(self, weights: Floats) -> float:
        """The share of pairs of one identity that lie above the limit, 0 to 1."""
        limit, total = self.limit(weights), weights[self.of_alike]
        if limit is None or not total.any():
            return float("nan")
        return float(total[self.alike > limit].sum() / total.sum())


def _compared(embeddings: Tensor, identities: Tensor) -> _Pairs:
    vectors = normalize(embeddings.detach().cpu().double()).numpy()
    people, of_image = np.unique(identities.cpu().numpy(), return_inverse=True)
    chance = np.random.default_rng(SEED)
    alike, different = _alike(of_image, chance), _different(of_image, chance)
    rate = next((one for one in RATES if one * len(different) >= FALSE_ACCEPTS), RATES[-1])
    of_different = _cosines(vectors, different)
    order = np.argsort(-of_different)
    return _Pairs(
        people=len(people),
        rate=rate,
        alike=_cosines(vectors, alike),
        different=of_different[order],
        of_alike=of_image[alike[:, 0]],
        of_different=of_image[different[order]].T,
    )


def _alike(of_image: Numbers, chance: np.random.Generator) -> Numbers:
    """(pairs, 2) of images."""
    pairs = []
    for identity in range(of_image.max() + 1):
        images = np.flatnonzero(of_image == identity)
        pairs.append(images[np.stack(np.triu_indices(len(images), 1), axis=1)])
    found: Numbers = np.concatenate(pairs)
    if len(found) > MOST_PAIRS:
        found = chance.choice(found, MOST_PAIRS, replace=False)
    return found


def _different(of_image: Numbers, chance: np.random.Generator) -> Numbers:
    """(pairs, 2) of images."""
    count = len(of_image)
    if count * (count - 1) // 2 <= MOST_PAIRS:
        found = np.stack(np.triu_indices(count, 1), axis=1)
    else:
        found = chance.integers(count, size=(MOST_PAIRS, 2))
    different: Numbers = found[of_image[found[:, 0]] != of_image[found[:, 1]]]
    return different


def _cosines(vectors: Floats, pairs: Numbers) -> Floats:
    found: Floats = np.concatenate(
        [
            (vectors[chosen[:, 0]] * vectors[chosen[:, 1]]).sum(axis=1)
            for chosen in np.array_split(pairs, len(pairs) // 10_000 + 1)  # for memory
        ]
    )
    return found
