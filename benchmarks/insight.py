"""What this machine shows, in one sentence with its numbers. Pure."""

from __future__ import annotations

from benchmarks import units
from benchmarks.candidates import Candidate
from benchmarks.collection import Collection
from benchmarks.results import Scenario
from mobilenet.config import MobileNetConfig

LARGEST = Candidate(config=MobileNetConfig(1.0, 224))
SMALLEST = Candidate(config=MobileNetConfig(0.25, 128))
MIN_ROUNDS = 3  # of a run that is under way; fewer would make the sentence jump


def headline(collection: Collection, scenario: Scenario) -> str | None:
    """How arithmetic and time part ways here, from the paper's two corners.

    None until both have taken turns in `scenario` for a few rounds.
    """
    pair = collection.together(LARGEST, SMALLEST, scenario)
    if pair is None:
        return None
    large, small = pair
    ratio = large.ratio_to(small)
    if ratio is None or ratio.rounds < MIN_ROUNDS:
        return None
    arithmetic = units.times(LARGEST.mult_adds / SMALLEST.mult_adds)
    bounds = f" ({units.span(ratio.interval.low, ratio.interval.high)})" if ratio.interval else ""
    return (
        f"{SMALLEST.label} does {arithmetic} less arithmetic than {LARGEST.label}, "
        f"and is {_in_words(ratio.value)} here{bounds}."
    )


def compared(
    one: Candidate, other: Candidate, scenario: Scenario, collection: Collection
) -> str | None:
    """How `one` compares with `other`: "2.1 × faster", "3 % slower", "no difference seen".

    Says "about" unless the two took turns for at least six rounds; None until both are timed.
    """
    pair = collection.together(one, other, scenario)
    ratio = pair[1].ratio_to(pair[0]) if pair else None
    if ratio is None or ratio.interval is None:
        a, b = collection.get(one, scenario), collection.get(other, scenario)
        return None if a is None or b is None else f"about {_in_words(b.median_s / a.median_s)}"
    if ratio.interval.low <= 1 <= ratio.interval.high:
        return "no difference seen"
    return _in_words(ratio.value)


def _in_words(times_as_fast: float) -> str:
    word = "faster" if times_as_fast >= 1 else "slower"
    return f"{units.factor(max(times_as_fast, 1 / times_as_fast))} {word}"
