"""What may be said of a ratio, and when it may not."""

import pytest

from benchmarks.timing.statistics import Interval, Ratio
from benchmarks.timing.verdicts import Verdict, verdict


def ratio(low: float, high: float, *, workers: int = 5) -> Ratio:
    return Ratio((low * high) ** 0.5, Interval(low, high), rounds=60, workers=workers)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.90, 0.95, "faster"),
        (1.05, 1.10, "slower"),
        (0.985, 1.015, "same"),
        (1.002, 1.018, "same"),  # a difference, but one of no consequence
        (0.97, 1.01, "cannot tell"),
        (1.01, 1.03, "slower"),
        (0.5, 2.0, "cannot tell"),
    ],
)
def test_the_whole_interval_decides(low: float, high: float, says: Verdict) -> None:
    assert verdict(ratio(low, high)) == says


def test_a_wider_margin_calls_more_the_same() -> None:
    assert verdict(ratio(1.01, 1.04)) == "slower"
    assert verdict(ratio(1.01, 1.04), margin=0.05) == "same"


def test_three_workers_never_say_the_same() -> None:
    assert verdict(ratio(0.999, 1.001, workers=3)) == "cannot tell"
    assert verdict(ratio(0.90, 0.95, workers=3)) == "faster"


def test_without_workers_or_interval_nothing_is_said() -> None:
    assert verdict(None) == "cannot tell"
    assert verdict(Ratio(0.5, None, rounds=3, workers=2)) == "cannot tell"
    assert verdict(ratio(0.4, 0.5, workers=1)) == "cannot tell"


def test_where_the_control_is_off_only_differences_twice_as_large_are_believed() -> None:
    off = ratio(1.03, 1.05)

    assert verdict(ratio(1.06, 1.08), null=off) == "cannot tell"
    assert verdict(ratio(0.93, 0.95), null=off) == "cannot tell"
    assert verdict(ratio(1.10, 1.12), null=off) == "slower"
    assert verdict(ratio(1.06, 1.08), null=ratio(0.99, 1.05)) == "slower"
