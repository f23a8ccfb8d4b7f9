"""How far a measure that has no formula of its own would lie elsewhere. No torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mobilenet.tasks.score import CONFIDENCE, Bounds

RESAMPLES = 1_000
SEED = 0  # the same answers have the same interval
Floats = npt.NDArray[np.float64]


def bootstrapped(measure: Callable[[Floats], float], units: int) -> tuple[float, Bounds]:
    """The measure in percent, and its 95 % interval if other units had been drawn.

    measure: of how often each unit counts, (units,), as a share of 1; NaN where a draw has none.
    units: what is drawn independently: images, or people.

    The interval is of percentiles, moved by the mean error of the draws: a unit that is drawn twice
    ranks beside itself, so that plain percentiles of a mean average precision lie too high.
    """
    chance = np.random.default_rng(SEED)
    value = measure(np.ones(units))
    draws = np.array(
        [
            measure(np.bincount(chance.integers(units, size=units), minlength=units).astype(float))
            for _ in range(RESAMPLES)
        ]
    )
    if np.isnan(draws).all():
        return 100 * value, Bounds(0.0, 100.0)
    low, high = np.nanquantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    error = np.nanmean(draws) - value
    return 100 * value, Bounds(
        low=100 * float(np.clip(low - error, 0, value)),
        high=100 * float(np.clip(high - error, value, 1)),
    )
