"""What may be said of a ratio: faster, slower, the same within a margin, or cannot tell."""

from __future__ import annotations

import math
from typing import Literal

from benchmarks.timing.statistics import MIN_WORKERS, Ratio

Verdict = Literal["faster", "slower", "same", "cannot tell"]
MARGIN = 0.02  # differences below 2 % are of no consequence to whoever chooses a network
MIN_WORKERS_FOR_SAME = 5  # with fewer, a narrow interval is more luck than knowledge


def verdict(ratio: Ratio | None, *, margin: float = MARGIN, null: Ratio | None = None) -> Verdict:
    """What `ratio`, times of a over times of b, says of a compared with b.

    null: the ratio of the anchor's copy to the anchor, in the same run. Where that is off although
    both are one network, differences less than twice as large are not believed.
    """
    if ratio is None or ratio.interval is None or ratio.workers < MIN_WORKERS:
        return "cannot tell"
    low, high = ratio.interval.low, ratio.interval.high
    is_inside = 1 / (1 + margin) <= low and high <= 1 + margin
    if is_inside and ratio.workers >= MIN_WORKERS_FOR_SAME:
        return "same"
    if low <= 1 <= high or abs(_percent(ratio)) < 2 * abs(null_effect(null)):
        return "cannot tell"
    return "faster" if high < 1 else "slower"


def null_effect(null: Ratio | None) -> float:
    """By how much the anchor's copy differs from it (100 × logarithm); 0 where the interval may be
    of no difference."""
    if null is None or null.interval is None or null.interval.low <= 1 <= null.interval.high:
        return 0.0
    return _percent(null)


def _percent(ratio: Ratio) -> float:
    return 100 * math.log(ratio.value)
