"""Numbers for people: three digits that mean something, units, and a dash for what is unknown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import units
from benchmarks.timing.statistics import Interval
from benchmarks.units import NOT_MEASURED


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (12345.0, "12,300"),
        (0.0, "0"),
        (-1.234, "-1.23"),
        (9.999, "10.0"),
        (0.09999, "0.100"),
        (999.6, "1,000"),
    ],
)
def test_three_significant_digits_without_an_exponent(value: float, text: str) -> None:
    assert units.significant(value) == text


@given(st.floats(min_value=1e-9, max_value=1e12), st.integers(1, 6))
def test_rounding_stays_within_half_of_the_last_digit(value: float, digits: int) -> None:
    text = units.significant(value, digits)

    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits))


@given(st.floats(min_value=1e-9, max_value=9.4), st.integers(2, 6))
def test_as_many_digits_are_shown_as_were_asked_for(value: float, digits: int) -> None:
    shown = units.significant(value, digits).replace(".", "").lstrip("0")

    assert len(shown) == digits


def test_seconds_become_milliseconds_only_here() -> None:
    assert units.milliseconds(0.0071234) == "7.12 ms"
    assert units.milliseconds_interval(Interval(0.0070, 0.0073)) == "7.00 to 7.30 ms"


def test_bytes_are_counted_in_millions_and_billions() -> None:
    assert units.megabytes(17_020_000) == "17.0 MB"
    assert units.gigabytes(25_300_000_000) == "25 GB"
    assert units.millions(4_231_976) == "4.23 M"


def test_energy_is_in_the_unit_that_keeps_the_number_short() -> None:
    assert units.joules(0.01234) == "12.3 mJ"
    assert units.joules(2.5) == "2.50 J"
    assert units.joules(None) == NOT_MEASURED


def test_what_was_not_measured_is_a_dash_and_zero_is_a_number() -> None:
    assert units.milliseconds(None) == NOT_MEASURED
    assert units.milliseconds_interval(None) == NOT_MEASURED
    assert units.megabytes(None) == NOT_MEASURED
    assert units.millions(None) == NOT_MEASURED
    assert units.percent(None) == NOT_MEASURED
    assert units.milliseconds(0.0) == "0 ms"
    assert units.percent(0.0) == "0.0 %"


def test_an_estimate_is_told_from_a_published_figure() -> None:
    assert units.percent(70.6) == "70.6 %"
    assert units.percent(65.31, error_percent=0.5) == "≈ 65.3 ± 0.5 %"


def test_ratios_have_two_digits() -> None:
    assert units.times(6.27) == "6.3 ×"
    assert units.times(41.7) == "42 ×"


@pytest.mark.parametrize(
    ("value", "baseline", "text"),
    [
        (14, 100, "−86 %"),
        (150, 100, "+50 %"),
        (320, 100, "× 3.2"),
        (200, 100, "× 2.0"),
        (100, 100, "same"),
        (100.1, 100, "±0 %"),
        (5, 0, NOT_MEASURED),
    ],
)
def test_a_change_is_said_as_people_say_it(value: float, baseline: float, text: str) -> None:
    assert units.change(value, baseline) == text


def test_only_several_of_a_thing_have_a_plural() -> None:
    assert units.counted(1, "thread") == "1 thread"
    assert units.counted(1234, "thread") == "1,234 threads"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0.4, "0 s"), (8.2, "8 s"), (59.7, "1 min"), (125, "2 min 5 s")],
)
def test_time_left_is_coarse_and_never_negative(seconds: float, text: str) -> None:
    assert units.duration(seconds) == text


def test_what_is_no_number_is_not_rounded() -> None:
    assert units.significant(math.inf) == "inf"
    assert units.significant(math.nan) == "nan"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.004, "0.4 %"), (1.04, "4 %"), (1.49, "49 %"), (1.5, "1.5 ×"), (2.13, "2.1 ×")],
)
def test_a_small_factor_is_a_share_and_a_large_one_a_multiple(ratio: float, text: str) -> None:
    assert units.factor(ratio) == text


def test_the_bounds_of_a_ratio_share_their_sign() -> None:
    assert units.span(5.93, 6.61) == "5.9 to 6.6 ×"


def test_what_is_left_of_less_than_a_hundredth_is_a_ratio_and_never_nothing() -> None:
    assert units.change(188, 568_740) == "÷ 3,000"
    assert units.change(1.2, 100) == "−99 %"
    assert units.change(0, 100) == "−100 %"


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(4867.336, 1, "4,867.3"), (0.2673, 3, "0.267"), (28, 0, "28")]
)
def test_digits_after_the_point_can_be_fixed(value: float, decimals: int, text: str) -> None:
    assert units.fixed(value, decimals) == text


def test_a_range_of_points_names_its_unit_once() -> None:
    assert units.points_span(5.31, 8.38) == "5.3 to 8.4 points"
