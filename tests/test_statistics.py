"""What may be said of a set of times: gated quantiles, intervals that cover, paired ratios."""

import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.timing.statistics import (
    MIN_SAMPLES,
    Interval,
    Ratio,
    mean_interval,
    median_interval,
    quantile,
    ratio_over_workers,
    trimmed_mean,
)

positive = st.floats(min_value=1e-6, max_value=1e3)
many = st.lists(positive, min_size=6, max_size=150)


def paired_ratio(a: dict[int, float], b: dict[int, float]) -> Ratio | None:
    """Within one worker."""
    return ratio_over_workers({0: a}, {0: b})


def coverage(count: int, rank: int) -> float:
    """Chance that the interval between these order statistics holds the median: binomial sum."""
    return sum(math.comb(count, k) for k in range(rank + 1, count - rank)) / 2**count


@pytest.mark.parametrize(("fraction", "fewest"), [(0.9, 29), (0.99, 299)])
def test_a_high_quantile_needs_enough_samples_to_carry_it(fraction: float, fewest: int) -> None:
    samples = [float(number) for number in range(fewest)]

    assert quantile(samples[:-1], fraction) is None
    assert quantile(samples, fraction) is not None


@pytest.mark.parametrize(("fraction", "fewest"), [(0.9, 29), (0.99, 299)])
def test_the_gate_is_where_a_distribution_free_interval_first_exists(
    fraction: float, fewest: int
) -> None:
    def widest_interval_covers(count: int) -> float:
        return 1 - fraction**count  # the quantile lies below the largest sample

    assert widest_interval_covers(fewest) >= 0.95 > widest_interval_covers(fewest - 1)
    assert MIN_SAMPLES[fraction] == fewest


def test_a_quantile_is_the_nearest_rank_and_so_a_time_that_was_measured() -> None:
    samples = [float(number) for number in range(1, 101)]
    random.Random(0).shuffle(samples)

    assert quantile(samples, 0.9) == 90
    assert quantile(samples, 0.5) == 50


def test_six_values_bound_the_median_by_their_extremes_and_five_do_not_at_all() -> None:
    six = [5.0, 1.0, 4.0, 2.0, 6.0, 3.0]

    assert median_interval(six) == Interval(1.0, 6.0)
    assert median_interval(six[:5]) is None


@pytest.mark.parametrize(
    ("count", "low", "high"),  # ranks from 1, as tables of the sign test give them
    [(6, 1, 6), (8, 1, 8), (9, 2, 8), (12, 3, 10), (20, 6, 15), (40, 14, 27), (100, 40, 61)],
)
def test_the_medians_interval_has_the_tabled_ranks(count: int, low: int, high: int) -> None:
    ranks = [float(rank) for rank in range(1, count + 1)]

    assert median_interval(ranks) == Interval(low, high)


@pytest.mark.parametrize("count", [6, 7, 12, 40, 99, 120, 1000])
def test_the_medians_interval_is_the_narrowest_that_covers_95_percent(count: int) -> None:
    interval = median_interval([float(rank) for rank in range(count)])

    assert interval is not None
    rank = round(interval.low)
    assert interval.high == count - 1 - rank
    assert coverage(count, rank) >= 0.95 > coverage(count, rank + 1)


@pytest.mark.parametrize("count", [6, 12, 40])
def test_the_interval_holds_the_true_median_of_skewed_times_as_often_as_it_says(
    count: int,
) -> None:
    rng = random.Random(count)
    truth, trials, held = 1.0, 2000, 0
    for _ in range(trials):
        interval = median_interval([rng.lognormvariate(0.0, 0.5) for _ in range(count)])
        assert interval is not None
        held += interval.low <= truth <= interval.high

    assert held / trials > 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials)


@given(many)
def test_an_interval_holds_the_median_of_its_own_values(values: list[float]) -> None:
    interval = median_interval(values)

    assert interval is not None
    assert min(values) <= interval.low <= median(values) <= interval.high <= max(values)


@given(many, st.randoms())
def test_statistics_do_not_depend_on_the_order_of_the_values(
    values: list[float], rng: random.Random
) -> None:
    shuffled = list(values)
    rng.shuffle(shuffled)

    assert median_interval(shuffled) == median_interval(values)
    assert quantile(shuffled, 0.9) == quantile(values, 0.9)


def test_a_ratio_is_taken_over_the_rounds_that_both_have() -> None:
    slow = {0: 2.0, 1: 4.0, 2: 6.0, 9: 1000.0}
    fast = {0: 1.0, 1: 2.0, 2: 3.0, 5: 0.001}

    ratio = paired_ratio(slow, fast)

    assert ratio is not None
    assert ratio.value == pytest.approx(2.0)
    assert (ratio.rounds, ratio.interval) == (3, None)


def test_rounds_that_nobody_shares_give_no_ratio() -> None:
    assert paired_ratio({0: 1.0}, {1: 1.0}) is None
    assert paired_ratio({}, {}) is None


def test_pairing_takes_out_what_changes_from_round_to_round() -> None:
    drift = {number: 1.5**number for number in range(12)}  # the machine slows down 86 times over
    slow = {number: 1.10 * speed for number, speed in drift.items()}

    ratio = paired_ratio(slow, drift)

    assert ratio is not None
    assert ratio.interval is not None
    assert ratio.value == pytest.approx(1.1)
    assert ratio.interval.high - ratio.interval.low < 1e-9


rounds = st.dictionaries(st.integers(0, 60), positive, min_size=1, max_size=50)


@given(rounds, rounds)
def test_the_reverse_ratio_is_the_inverse(a: dict[int, float], b: dict[int, float]) -> None:
    there, back = paired_ratio(a, b), paired_ratio(b, a)

    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there.value * back.value == pytest.approx(1)
        assert (there.interval is None) == (there.rounds < 6)
        if there.interval is not None and back.interval is not None:
            assert there.interval.low <= there.value * (1 + 1e-12)
            assert there.interval.low * back.interval.high == pytest.approx(1)


@given(rounds)
def test_a_network_is_exactly_as_slow_as_itself(a: dict[int, float]) -> None:
    ratio = paired_ratio(a, a)

    assert ratio is not None
    assert ratio.value == 1


def test_an_interval_over_workers_is_students_t() -> None:
    assert mean_interval([1.0, 2.0]) is None

    interval = mean_interval([1.0, 2.0, 3.0])

    assert interval is not None  # 6.2053 is t at 98.75 % with two degrees of freedom
    assert interval.high - 2.0 == pytest.approx(6.2053 / math.sqrt(3), rel=1e-4)
    assert interval.low + interval.high == pytest.approx(4.0)


def test_a_worker_counts_once_however_many_rounds_it_ran() -> None:
    short = {0: {0: 2.0}, 1: {0: 2.0}, 2: {0: 2.0}}
    long = {0: {0: 1.0}, 1: {0: 1.0}, 2: {0: 1.0, 1: 1.0, 2: 1.0}}

    ratio = ratio_over_workers(short, long)

    assert ratio is not None
    assert (ratio.workers, ratio.rounds) == (3, 3)
    assert ratio.value == pytest.approx(2.0)
    assert ratio.half_width == pytest.approx(0.0)


@pytest.mark.parametrize("workers", [3, 5, 12])
def test_a_difference_that_is_said_to_be_findable_is_found_by_four_of_five_runs(
    workers: int,
) -> None:
    rng = random.Random(0)

    def run(effect: float) -> Ratio:
        times = {worker: {0: math.exp(rng.gauss(effect, 0.01))} for worker in range(workers)}
        ratio = ratio_over_workers(times, {worker: {0: 1.0} for worker in range(workers)})
        assert ratio is not None
        return ratio

    findable = median(run(0.0).findable or math.nan for _ in range(1000))
    runs = [run(math.log1p(findable)) for _ in range(1000)]
    found = sum(ratio.interval is not None and ratio.interval.low > 1 for ratio in runs)

    assert 0.76 < found / len(runs) < 0.84


def test_below_three_workers_nothing_is_said_to_be_findable() -> None:
    assert Ratio(1.0, Interval(0.9, 1.1), 60, 2).findable is None
    assert Ratio(1.0, None, 60, 5).findable is None


def test_a_trimmed_mean_is_not_moved_by_strays_to_either_side() -> None:
    assert trimmed_mean([1.0, 2.0, 3.0]) == 2.0
    assert trimmed_mean([1.0, 1.0, 1.0, 1.0, 100.0]) == 1.0
    assert trimmed_mean([-50.0, 1.0, 2.0, 3.0, 90.0]) == 2.0


def test_a_trimmed_mean_of_very_few_is_their_mean() -> None:
    assert trimmed_mean([1.0]) == 1.0
    assert trimmed_mean([1.0, 2.0]) == 1.5
