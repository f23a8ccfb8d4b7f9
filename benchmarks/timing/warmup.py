"""Warming up until a network is seen to be steady, which no fixed time can promise.

What is looked for is an effect of the start (code generated, memory claimed, caches filled): first
calls that take longer and then no more. A machine's own flicker must not pass for one, so how far
two stretches may lie apart goes by how much the calls scatter. By the scatter itself and not by a
standard error: noise that outlasts a call does not average out over neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.timing.protocol import Check, Plan, TimedCall

MIN_CALLS = 6  # fewer cannot show that a network is steady
MIN_STRETCH_NS = 75_000_000  # nor can less time: machines change their speed within 60 ms
MAX_CALLS = 4000  # so that the curve of one that is never steady stays small
TOLERANCE = 0.02  # where calls hardly scatter
SHARE_OF_SPREAD = 0.25  # an even fall would make it 0.6, one step 1
MAX_SPREAD = math.log(2)  # a machine that changes its speed reaches 1.6
LOOK_EVERY = 1 / 8  # of the calls so far: looking takes time between calls


def warm_up(call: TimedCall, plan: Plan, check: Check) -> tuple[int, ...]:
    """Nanoseconds of each call, first to last, until they are steady or the plan allows no more."""
    times: list[int] = []
    total_ns = 0
    next_look = max(MIN_CALLS, plan.min_warmup_calls)
    while len(times) < plan.min_warmup_calls or (
        total_ns < plan.max_warmup_s * 1e9 and len(times) < MAX_CALLS
    ):
        check()
        times.append(call())
        total_ns += times[-1]
        if total_ns >= MIN_STRETCH_NS and len(times) >= next_look:
            if steady_after(times) is not None:
                break
            next_look = math.ceil(len(times) * (1 + LOOK_EVERY))
    return tuple(times)


def steady_after(times_ns: Sequence[int]) -> int | None:
    """Calls before the network was steady; None if nothing shows that it was.

    Steady: the later half of the calls agrees with itself. Its two windows have medians that differ
    by less than a quarter of its spread, or 2 %, and its spread is no more than a factor of 2.
    A plateau longer than that half, and a fall that drowns in the scatter, look steady too.
    """
    if not can_tell(times_ns):
        return None
    stretch = _last(times_ns)
    logs = [math.log(ns) for ns in stretch]
    middle = len(logs) // 2
    spread = _spread(logs)
    allowed = max(TOLERANCE, SHARE_OF_SPREAD * spread)
    if spread > MAX_SPREAD or abs(median(logs[:middle]) - median(logs[middle:])) > allowed:
        return None
    return _calls_that_were_slower(times_ns, stretch[middle:])


def can_tell(times_ns: Sequence[int]) -> bool:
    """Whether there are enough calls to judge by."""
    return len(times_ns) >= MIN_CALLS and sum(times_ns) >= MIN_STRETCH_NS


def typical_s(warmup_ns: Sequence[int]) -> float:
    """Seconds a call once warm, from the faster half of the warm-up: for planning only."""
    ranked = sorted(warmup_ns)
    return ranked[(len(ranked) - 1) // 2] * 1e-9


def _last(times_ns: Sequence[int]) -> Sequence[int]:
    """The later half of the calls, or as many as it takes to judge by."""
    ends_ns = accumulate(reversed(times_ns))
    long_enough = next(count for count, ns in enumerate(ends_ns, 1) if ns >= MIN_STRETCH_NS)
    return times_ns[-max(MIN_CALLS, math.ceil(len(times_ns) / 2), long_enough) :]


def _spread(logs: Sequence[float]) -> float:
    """From the fastest tenth to the slowest."""
    ranked = sorted(logs)
    left_out = len(ranked) // 10
    return ranked[-1 - left_out] - ranked[left_out]


def _calls_that_were_slower(times_ns: Sequence[int], steady_ns: Sequence[int]) -> int:
    """As many of the first calls as were mostly slower than nine tenths of the steady ones.

    By votes, so that one very slow call on the way counts no more than another.
    """
    limit_ns = sorted(steady_ns)[-1 - len(steady_ns) // 10]
    votes = accumulate((1 if ns > limit_ns else -1 for ns in times_ns), initial=0)
    standings = list(votes)
    return standings.index(max(standings))
