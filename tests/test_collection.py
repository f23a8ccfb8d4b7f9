"""What has been measured since the program started: what is shown of it, and what may be paired."""

from dataclasses import replace

import pytest

from benchmarks import collection as collection_module
from benchmarks.candidates import candidate
from benchmarks.collection import Collection, collect
from benchmarks.results import Measurement
from benchmarks.scenarios import Scenario
from tests.builders import measurement

EAGER = Scenario()
A, B = candidate("0.5-160"), candidate("resnet18")


def timed(network: str, run_id: str, second: int = 0, **settings: object) -> Measurement:
    return measurement(network, run_id=run_id, second=second, **settings)  # type: ignore[arg-type]


def test_what_is_shown_is_the_best_and_then_the_newest() -> None:
    proper, later_look = timed(A.key, "1", 1), timed(A.key, "2", 2, quality="preview")

    assert collect([proper, later_look]).get(A, EAGER) == proper
    assert collect([later_look, proper]).get(A, EAGER) == proper


def test_an_earlier_part_of_a_measurement_is_replaced_by_the_whole() -> None:
    part, whole = timed(A.key, "1", 1, rounds=3), timed(A.key, "1", 2, rounds=12)

    collected = collect([part, whole])

    assert collected.get(A, EAGER) == whole
    assert list(collected.runs["1"].values()) == [whole]


def test_a_collection_never_changes_only_the_next_one_is_larger() -> None:
    empty = Collection()

    larger = empty.plus(timed(A.key, "1"))

    assert empty == Collection()
    assert larger.get(A, EAGER) is not None


def test_only_what_took_turns_in_one_run_is_paired() -> None:
    apart = collect([timed(A.key, "1"), timed(B.key, "2")])
    together = apart.plus(timed(B.key, "1"))

    assert apart.together(A, B, EAGER) is None
    assert together.together(A, B, EAGER) == (timed(A.key, "1"), timed(B.key, "1"))


def test_a_pair_of_proper_measurements_is_trusted_more_than_a_later_half_proper_one() -> None:
    proper = [timed(A.key, "1", 1), timed(B.key, "1", 1)]
    half = [timed(A.key, "2", 2), timed(B.key, "2", 2, quality="preview")]

    assert collect([*proper, *half]).together(A, B, EAGER) == tuple(proper)
    assert collect([*half, *proper]).together(A, B, EAGER) == tuple(proper)


def test_a_pair_that_has_only_begun_does_not_push_aside_one_with_an_interval() -> None:
    done = [timed(A.key, "1", 1), timed(B.key, "1", 1)]
    begun = [replace(timed(key, "2", 2), blocks=done[0].blocks[:2]) for key in (A.key, B.key)]

    collected = collect([*done, *begun])

    assert collected.together(A, B, EAGER) == tuple(done)
    assert collected.get(A, EAGER) == done[0]


def test_a_first_look_pairs_only_what_is_shown() -> None:
    pair = [timed(key, "1", 1, quality="preview") for key in (A.key, B.key)]
    newer = timed(A.key, "2", 2, quality="preview")

    assert collect(pair).together(A, B, EAGER) == tuple(pair)
    assert collect([*pair, newer]).together(A, B, EAGER) is None


def test_a_proper_pair_counts_also_when_one_of_them_was_measured_again() -> None:
    pair = [timed(key, "1", 1) for key in (A.key, B.key)]

    assert collect([*pair, timed(A.key, "2", 2)]).together(A, B, EAGER) == tuple(pair)


def test_of_equally_good_pairs_the_newest_is_taken() -> None:
    old = [timed(A.key, "1", 1), timed(B.key, "1", 1)]
    new = [timed(A.key, "2", 2), timed(B.key, "2", 2)]

    assert collect([*new, *old]).together(A, B, EAGER) == tuple(new)


def test_the_oldest_go_when_it_becomes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection_module, "KEPT_NETWORKS", 3)
    monkeypatch.setattr(collection_module, "KEPT_RUNS", 2)
    networks = [f"0.25-32-n{classes}" for classes in range(1, 6)]

    collected = collect(timed(network, network) for network in networks)

    assert [key for key, _ in collected.best] == networks[2:]
    assert list(collected.runs) == networks[3:]


def test_what_is_measured_again_counts_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection_module, "KEPT_NETWORKS", 2)
    first, second, third = (f"0.25-32-n{classes}" for classes in (1, 2, 3))

    collected = collect(timed(network, "1") for network in (first, second, first, third))

    assert [key for key, _ in collected.best] == [first, third]
