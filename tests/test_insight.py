"""What this machine shows, said in a sentence with its numbers, and only when they carry it."""

from dataclasses import replace

import pytest

from benchmarks.candidates import candidate
from benchmarks.collection import Collection, collect
from benchmarks.insight import LARGEST, SMALLEST, caveat, compared, headline, start
from benchmarks.results import Block, Measurement
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import GpuSignals, Signals
from tests.builders import measurement

EAGER = Scenario()


def together(large_ms: float, small_ms: float, *, rounds: int = 12) -> Collection:
    """The two corners, timed in turns in one run."""
    return collect(
        [
            measurement(LARGEST.key, median_ms=large_ms, rounds=rounds),
            measurement(SMALLEST.key, median_ms=small_ms, rounds=rounds),
        ]
    )


def in_another_run(timed: Measurement) -> Measurement:
    return replace(timed, run_id="another run")


def scattered(timed: Measurement, *shares: float) -> Measurement:
    """Rounds that differ by these factors."""
    ns = timed.blocks[0].settle_ns // 2
    blocks = tuple(
        Block(number, ns, (round(ns * share),) * 5) for number, share in enumerate(shares)
    )
    return replace(timed, blocks=blocks)


def test_the_sentence_has_both_ratios_and_how_sure_the_measured_one_is() -> None:
    sentence = headline(together(12.6, 2.0), EAGER)

    assert sentence == (
        "0.25-128 does 42 × less arithmetic than 1.0-224, and is 6.3 × faster here (6.3 to 6.3 ×)."
    )


def test_a_smaller_network_that_is_slower_is_called_slower() -> None:
    sentence = headline(together(1.0, 2.0), EAGER)

    assert sentence is not None
    assert "and is 2.0 × slower here" in sentence


def test_a_few_rounds_give_the_sentence_without_bounds_and_fewer_give_none() -> None:
    some = headline(together(12.6, 2.0, rounds=3), EAGER)

    assert some is not None
    assert some.endswith("6.3 × faster here.")
    assert headline(together(12.6, 2.0, rounds=2), EAGER) is None


def test_nothing_is_said_before_both_corners_have_been_timed() -> None:
    one = collect([measurement(LARGEST.key)])

    assert headline(Collection(), EAGER) is None
    assert headline(one, EAGER) is None


def test_times_of_different_runs_are_put_into_the_sentence_with_a_reserve() -> None:
    apart = collect(
        [
            measurement(LARGEST.key, median_ms=12.6),
            in_another_run(measurement(SMALLEST.key, median_ms=2.0)),
        ]
    )

    sentence = headline(apart, EAGER)

    assert sentence is not None
    assert sentence.endswith("and is about 6.3 × faster here.")


def test_rounds_of_which_one_half_was_always_disturbed_still_give_a_sentence() -> None:
    waited = Signals(1_000_000, delay_ns=500_000)
    pair = [
        replace(
            one,
            blocks=tuple(
                replace(block, signals=waited) if block.round % 2 == odd else block
                for block in one.blocks
            ),
        )
        for odd, one in enumerate(
            [measurement(LARGEST.key, median_ms=12.6), measurement(SMALLEST.key, median_ms=2.0)]
        )
    ]

    sentence = headline(collect(pair), EAGER)

    assert sentence is not None
    assert "about 6.3 × faster here" in sentence


def test_the_headline_says_what_weakens_it() -> None:
    pair = [measurement(key, quality="preview") for key in (LARGEST.key, SMALLEST.key)]
    waited = Signals(1_000_000, delay_ns=500_000)
    busy = [
        replace(one, blocks=tuple(replace(block, signals=waited) for block in one.blocks))
        for one in pair
    ]

    assert caveat(together(12.6, 2.0), EAGER) == ""
    assert caveat(collect(pair), EAGER) == "a first look"
    assert caveat(collect(busy), EAGER) == "a first look, the machine was busy"


def test_a_gpu_that_was_held_back_is_not_taken_for_a_busy_machine() -> None:
    hot = Signals(1_000_000, gpu=GpuSignals(reasons=0x40))
    pair = [
        replace(one, blocks=tuple(replace(block, signals=hot) for block in one.blocks))
        for one in (measurement(LARGEST.key), measurement(SMALLEST.key))
    ]

    assert caveat(collect(pair), EAGER) == "the GPU was slowed down"


def test_the_sentence_is_of_the_scenario_that_was_asked_for() -> None:
    assert headline(together(12.6, 2.0), Scenario(engine="openvino")) is None


@pytest.mark.parametrize(
    ("one_ms", "other_ms", "words"),
    [(2.0, 4.2, "2.1 × faster"), (4.2, 2.0, "2.1 × slower"), (4.0, 4.12, "3 % faster")],
)
def test_networks_that_took_turns_are_compared_in_words(
    one_ms: float, other_ms: float, words: str
) -> None:
    pair = [measurement("0.5-160", median_ms=one_ms), measurement("resnet18", median_ms=other_ms)]

    assert compared(candidate("0.5-160"), candidate("resnet18"), EAGER, collect(pair)) == words


def test_a_difference_within_the_noise_is_not_called_one() -> None:
    steady = measurement("resnet18", median_ms=4.0)
    noisy = scattered(measurement("0.5-160", median_ms=4.0), *[0.9, 1.1] * 6)

    words = compared(candidate("0.5-160"), candidate("resnet18"), EAGER, collect([steady, noisy]))

    assert words == "no difference seen"


def test_times_of_different_runs_are_compared_with_a_reserve() -> None:
    apart = [
        measurement("0.5-160", median_ms=2.0),
        in_another_run(measurement("resnet18", median_ms=4.2)),
    ]

    words = compared(candidate("0.5-160"), candidate("resnet18"), EAGER, collect(apart))

    assert words == "about 2.1 × faster"


def test_too_few_rounds_are_compared_with_a_reserve() -> None:
    few = [
        measurement("0.5-160", median_ms=2.0, rounds=5),
        measurement("resnet18", median_ms=4.2, rounds=5),
    ]

    words = compared(candidate("0.5-160"), candidate("resnet18"), EAGER, collect(few))

    assert words == "about 2.1 × faster"


def test_what_was_not_timed_is_not_compared() -> None:
    one = collect([measurement("0.5-160")])

    assert compared(candidate("0.5-160"), candidate("resnet18"), EAGER, one) is None


@pytest.mark.parametrize(
    ("warmup_ms", "said"),
    [
        ([12.3, 5, 2.4, 1.3, *[1] * 90], "first call 12.3 ms, steady after 4 calls (21.0 ms)"),
        ([12.3, *[2] * 60], "first call 12.3 ms, steady after it"),
        ([2] * 60, "first call 2.00 ms, steady from then on"),
        ([300 * 0.9**n for n in range(40)], "first call 300 ms, never became steady in 3 s"),
        ([12.3, 2, 2], "first call 12.3 ms"),
    ],
)
def test_the_start_of_a_network_is_said_in_words(warmup_ms: list[float], said: str) -> None:
    times_ns = tuple(round(ms * 1e6) for ms in warmup_ms)

    assert start(replace(measurement("0.5-160"), warmup_ns=times_ns)) == said
