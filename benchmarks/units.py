"""Numbers for people: the only place that rounds. Values come in seconds, bytes and counts."""

from __future__ import annotations

import math

from benchmarks.timing.statistics import Interval

NOT_MEASURED = "–"
MIN_SHARE = 0.01  # less than this would soon be "−100 %", which is nothing left at all


def significant(value: float, digits: int = 3) -> str:
    """`value` to so many significant digits, never in exponent form: 0.0123, 1.23, 123, 12,300."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))  # 9.999 becomes 10.0
    return f"{rounded:,.{max(decimals, 0)}f}"


def fixed(value: float, decimals: int) -> str:
    """With so many digits after the point, whatever stands before it: "4,867.3"."""
    return f"{value:,.{decimals}f}"


def milliseconds(seconds: float | None) -> str:
    return NOT_MEASURED if seconds is None else f"{significant(seconds * 1e3)} ms"


def milliseconds_interval(interval_s: Interval | None) -> str:
    if interval_s is None:
        return NOT_MEASURED
    return f"{significant(interval_s.low * 1e3)} to {significant(interval_s.high * 1e3)} ms"


def megabytes(count_bytes: int | None) -> str:
    """MB of a million bytes."""
    return NOT_MEASURED if count_bytes is None else f"{significant(count_bytes / 1e6)} MB"


def file_size(count_bytes: int) -> str:
    """In the unit that keeps the number short: "46.7 kB", "1.23 MB"."""
    return f"{significant(count_bytes / 1e3)} kB" if count_bytes < 1e6 else megabytes(count_bytes)


def gigabytes(count_bytes: int) -> str:
    return f"{significant(count_bytes / 1e9, 2)} GB"


def flops_per_s(rate: float) -> str:
    """Floating-point operations a second: "96.4 GFLOP/s"."""
    return f"{significant(rate / 1e9)} GFLOP/s"


def bytes_per_s(rate: float) -> str:
    """ "28.4 GB/s", of a billion bytes."""
    return f"{significant(rate / 1e9)} GB/s"


def joules(energy_j: float | None) -> str:
    """In the unit that keeps the number short: "1.23 J", "123 mJ"."""
    if energy_j is None:
        return NOT_MEASURED
    return f"{significant(energy_j)} J" if energy_j >= 1 else f"{significant(energy_j * 1e3)} mJ"


def millions(count: int | None, *, digits: int = 3) -> str:
    return NOT_MEASURED if count is None else f"{significant(count / 1e6, digits)} M"


def percent(value_percent: float | None, *, error_percent: float | None = None) -> str:
    if value_percent is None:
        return NOT_MEASURED
    if error_percent is None:
        return f"{value_percent:.1f} %"
    return f"≈ {value_percent:.1f} ± {error_percent:.1f} %"


def percent_span(low_percent: float, high_percent: float) -> str:
    """The ends of an interval of percentages: "96.4 to 98.9 %"."""
    return f"{low_percent:.1f} to {percent(high_percent)}"


def points(difference_percent: float) -> str:
    """A difference of two percentages: "2.3 points"."""
    return f"{difference_percent:.1f} points"


def points_span(low_percent: float, high_percent: float) -> str:
    """The ends of a range of such differences: "5.3 to 8.4 points"."""
    return f"{low_percent:.1f} to {points(high_percent)}"


def times(ratio: float, *, digits: int = 2) -> str:
    """A ratio as people say it: 6.3 ×, 42 ×."""
    return f"{significant(ratio, digits)} ×"


def factor(ratio: float) -> str:
    """How far from 1 a ratio of at least 1 is: "0.4 %", "4 %" below 1.5, "2.1 ×" from there on."""
    share = (ratio - 1) * 100
    return f"{share:.{0 if share >= 1 else 1}f} %" if ratio < 1.5 else times(ratio)


def share(fraction: float) -> str:
    """A part of a whole: "41 %", "0.9 %"."""
    return f"{significant(100 * fraction, 2)} %"


def signed_percent(value_percent: float) -> str:
    """A difference that may be small: "+0.3 %", "−12 %", "0 %"."""
    size = abs(value_percent)
    text = f"{size:.1f}".removesuffix(".0") if size < 10 else f"{size:,.0f}"
    if text == "0":
        return "0 %"
    return f"{'+' if value_percent > 0 else '−'}{text} %"


def one_in(fraction: float) -> str:
    """A small share as people say it: "1 part in 31,000"; "nothing" for zero."""
    return "nothing" if fraction == 0 else f"1 part in {significant(1 / fraction, 2)}"


def span(low: float, high: float, *, digits: int = 2) -> str:
    """The ends of an interval of ratios: "5.9 to 6.6 ×"."""
    return f"{significant(low, digits)} to {times(high, digits=digits)}"


def change(value: float, baseline: float) -> str:
    """How `value` differs from `baseline`: "−86 %", "× 3.2" from double upwards, "÷ 3,000" below a
    hundredth, "same"."""
    if baseline == 0:
        return NOT_MEASURED
    ratio = value / baseline
    if ratio >= 2:
        return f"× {significant(ratio, 2)}"
    if 0 < ratio < MIN_SHARE:
        return f"÷ {significant(1 / ratio, 2)}"
    share = round((ratio - 1) * 100)
    if share == 0:
        return "same" if value == baseline else "±0 %"
    return f"+{share} %" if share > 0 else f"−{-share} %"


def counted(number: int, thing: str) -> str:
    """ "1 thread", "2 threads"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def moment(utc: str) -> str:
    """A time in UTC as people write it: "2026-01-31 12:00 UTC"."""
    return f"{utc[:10]} {utc[11:16]} UTC"


def duration(seconds: float) -> str:
    """Time left or taken, coarse: "8 s", "2 min", "2 min 5 s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, f"{rest} s"] if rest or not minutes else parts)
