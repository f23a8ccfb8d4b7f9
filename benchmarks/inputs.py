"""The same input for every runtime: standard normal images from a fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.candidates import Candidate

SEED = 0
Images = NDArray[np.float32]


def images(candidate: Candidate, batch: int, *, seed: int = SEED) -> Images:
    """(batch, C, H, W), float32. Not zeros: some kernels skip work on those."""
    return images_of(candidate.image_shape, batch, seed=seed)


def images_of(shape: tuple[int, int, int], batch: int, *, seed: int = SEED) -> Images:
    """The same for a network that is no candidate yet."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((batch, *shape), dtype=np.float32)
