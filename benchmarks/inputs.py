"""The same input for every runtime: standard normal images from a fixed seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.candidates import Candidate

SEED = 0


def images(candidate: Candidate, batch: int) -> NDArray[np.float32]:
    """(batch, 3, R, R), float32. Not zeros: some kernels skip work on those."""
    rng = np.random.default_rng(SEED)
    return rng.standard_normal((batch, *candidate.image_shape), dtype=np.float32)
