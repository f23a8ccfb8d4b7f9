"""The same input for every runtime: standard normal images from a fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.candidates import Candidate

SEED = 0
Images = NDArray[np.float32]


def images(candidate: Candidate, batch: int, *, seed: int = SEED) -> Images:
    """(batch, 3, R, R), float32. Not zeros: some kernels skip work on those."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((batch, *candidate.image_shape), dtype=np.float32)
