"""What this machine shows, said in a sentence with its numbers, and only when they carry it."""

from dataclasses import replace

import pytest

from benchmarks.candidates import candidate
from benchmarks.collection import Collection, collect
from benchmarks.insight import LARGEST, SMALLEST, caveat, compared, headline, start
from benchmarks.results import Measurement, Quality
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import GpuSignals, Signals
from tests.builders import EAGER, MS, WAITED, disturbed, measurement, with_times
from tests.wording import Wording

ONE, OTHER = candidate("0.5-160"), candidate("resnet18")


def corners(
    large_ms: float = 12.6,
    small_ms: float = 2.0,
    *,
    rounds: int = 12,
    quality: Quality = "measured",
) -> list[Measurement]:
    """The largest and the smallest network, interleaved in one run."""
    return [
        measurement(network, median_ms=ms, rounds=rounds, quality=quality)
        for network, ms in ((LARGEST, large_ms), (SMALLEST, small_ms))
    ]


@pytest.mark.parametrize(
    ("small_ms", "rounds", "ratio"),
    [
        (2.0, 12, "(6.3 to 6.3 ×)"),
        (25.2, 12, "2.0 × slower here (2.0 to 2.0 ×)"),
        (2.0, 3, "6.3 × faster here."),
    ],
    ids=["faster", "slower", "a few rounds give no bounds"],
)
def test_the_headline_has_both_ratios_and_how_sure_the_measured_one_is(
    small_ms: float, rounds: int, ratio: str, wording: Wording
) -> None:
    sentence = headline(collect(corners(12.6, small_ms, rounds=rounds)), EAGER)

    assert "42 ×" in str(sentence)
    assert ratio in str(sentence)
    wording(sentence)


@pytest.mark.parametrize(
    ("collection", "scenario"),
    [
        (Collection(), EAGER),
        (collect(corners()[:1]), EAGER),
        (collect(corners(rounds=2)), EAGER),
        (collect(corners()), Scenario("openvino")),
    ],
    ids=["nothing timed", "one corner", "two rounds", "another scenario"],
)
def test_nothing_is_said_that_times_do_not_carry(
    collection: Collection, scenario: Scenario
) -> None:
    assert headline(collection, scenario) is None


def test_times_of_different_runs_are_put_into_the_sentence_with_a_reserve(
    wording: Wording,
) -> None:
    large, small = corners()

    sentence = headline(collect([large, replace(small, run_id="another run")]), EAGER)

    assert "about 6.3 ×" in str(sentence)
    wording(sentence)


def test_rounds_of_which_one_half_was_always_disturbed_still_give_a_sentence() -> None:
    pair = [
        replace(
            one,
            blocks=tuple(
                replace(block, signals=WAITED) if block.round % 2 == odd else block
                for block in one.blocks
            ),
        )
        for odd, one in enumerate(corners())
    ]

    assert "about 6.3 ×" in str(headline(collect(pair), EAGER))


def test_the_headline_says_what_weakens_it(wording: Wording) -> None:
    looks = corners(quality="preview")
    hot = Signals(MS, gpu=GpuSignals(reasons=0x40))
    weak = [
        caveat(collect(pair), EAGER)
        for pair in (
            looks,
            [disturbed(one) for one in looks],
            [disturbed(one, by=hot) for one in corners()],
        )
    ]

    assert caveat(collect(corners()), EAGER) == ""
    assert len({*weak}) == len(weak)
    assert "GPU" in weak[-1]  # and the machine is not called busy
    for words in weak:
        wording(words)


@pytest.mark.parametrize(
    ("one_ms", "other_ms", "words"),
    [(2.0, 4.2, "2.1 × faster"), (4.2, 2.0, "2.1 × slower"), (4.0, 4.12, "3 % faster")],
)
def test_interleaved_networks_are_compared_in_words(
    one_ms: float, other_ms: float, words: str
) -> None:
    pair = [measurement(ONE, median_ms=one_ms), measurement(OTHER, median_ms=other_ms)]

    assert compared(ONE, OTHER, EAGER, collect(pair)) == words


def test_a_difference_within_the_noise_is_not_called_one(wording: Wording) -> None:
    noisy = with_times(measurement(ONE), *[round(4 * MS * share) for share in (0.9, 1.1) * 6])

    words = compared(ONE, OTHER, EAGER, collect([measurement(OTHER), noisy]))

    assert "faster" not in str(words)
    assert "slower" not in str(words)
    wording(words)


@pytest.mark.parametrize(
    ("rounds", "run_id"),
    [(12, "another run"), (5, "0123456789ab")],
    ids=["other run", "few rounds"],
)
def test_what_was_not_interleaved_for_long_enough_is_compared_with_a_reserve(
    rounds: int, run_id: str
) -> None:
    pair = [
        measurement(ONE, median_ms=2.0, rounds=rounds),
        measurement(OTHER, median_ms=4.2, rounds=rounds, run_id=run_id),
    ]

    assert compared(ONE, OTHER, EAGER, collect(pair)) == "about 2.1 × faster"


def test_what_was_not_timed_is_not_compared() -> None:
    assert compared(ONE, OTHER, EAGER, collect([measurement(ONE)])) is None


@pytest.mark.parametrize(
    ("warmup_ms", "first", "steady"),
    [
        ([12.3, 5, 2.4, 1.3, *[1] * 90], "12.3 ms", "4 calls (21.0 ms)"),
        ([12.3, *[2] * 60], "12.3 ms", "steady after it"),
        ([2] * 60, "2.00 ms", "steady from then on"),
        ([300 * 0.9**n for n in range(40)], "300 ms", "never"),
        ([12.3, 2, 2], "12.3 ms", ""),
    ],
    ids=["after 4", "after the first", "from the first", "never", "not watched"],
)
def test_the_start_of_a_network_is_said_in_words(
    warmup_ms: list[float], first: str, steady: str, wording: Wording
) -> None:
    said = start(measurement(ONE, warmup_ms=warmup_ms))

    assert first in said
    assert steady in said
    assert ("steady" in said) == bool(steady)
    wording(said)
