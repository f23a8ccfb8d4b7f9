"""Files that hold named arrays, whatever these mean. Nothing here runs code that a file brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mobilenet.weights.places import Shape

Array = NDArray[np.float32]
MAX_FILE_BYTES = 2 * 10**9  # a hundred times the largest released MobileNet
MAX_ARRAYS = 5_000


class Container(Protocol):
    """An open file. shapes: of the arrays in it, by name, known before any is read."""

    shapes: Mapping[str, Shape]

    def array(self, name: str) -> Array:
        """One array as float32. Raises WeightsError where the file does not hold what it says."""
        ...
