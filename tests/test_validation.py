"""Identical networks: what runs of them say of a machine."""

from dataclasses import replace

import pytest

from benchmarks.results import Conditions
from benchmarks.scenarios import ScenarioError
from benchmarks.timing.verdicts import MARGIN
from benchmarks.validation import (
    PAIRS_A_RUN,
    advice,
    answer,
    counts,
    requests,
    shown_by,
    to_json,
    to_rows,
)
from tests.builders import QUIET_COPIES as QUIET
from tests.builders import aa_test as a_test
from tests.wording import Wording


def off(share: float) -> tuple[float, ...]:
    return tuple(share * (1 + 0.001 * worker) for worker in range(5))


def test_runs_are_ordinary_requests_of_several_copies_told_apart_by_number(
    wording: Wording,
) -> None:
    first, second = requests("onnxruntime", 1, 2, "standard")

    assert (first.copies + 1) // 2 == PAIRS_A_RUN
    assert first.quality == "measured"
    assert first.fresh
    assert first.id != second.id
    for one in (first, second, *requests("eager", 1, 1, "quick")):
        wording(one.title)


def test_what_this_machine_cannot_do_is_refused_before_anything_starts() -> None:
    with pytest.raises(ScenarioError, match="1000 threads"):
        requests("onnxruntime", 1000, 2, "standard")
    with pytest.raises(ScenarioError, match="tflite"):
        requests("tflite", 1, 2, "standard")


def test_a_quiet_machine_can_be_measured_and_the_answer_says_how_finely(wording: Wording) -> None:
    noisy = ((1.0, 1.0, 1.0, 1.0, 1.0), (1.0, 1.02, 0.98, 1.01, 0.99)) * 3
    found = shown_by([a_test(*noisy), a_test(*noisy)])

    assert found.can_be_measured
    assert len(found.ratios) == 2 * PAIRS_A_RUN
    assert found.different == 0
    assert found.resolution is not None
    assert 0.01 < found.resolution < 0.05
    assert f" {100 * found.resolution:.1f} %" in answer(found)
    wording(answer(found))
    assert advice(found) == []
    assert found.is_plain_yes


def test_a_machine_that_tells_only_large_differences_gets_no_plain_yes(wording: Wording) -> None:
    rough = ((1.0, 1.0, 1.0, 1.0, 1.0), (1.0, 1.2, 0.8, 1.1, 0.9)) * 3

    found = shown_by([a_test(*rough)])

    wording(answer(found))
    assert found.can_be_measured
    assert not found.is_plain_yes


def test_a_busy_machine_cannot_be_measured_now_and_is_told_why(wording: Wording) -> None:
    found = shown_by([a_test(*QUIET, busy=True)])

    assert not found.can_be_measured
    assert "100 %" in answer(found)
    wording(answer(found))
    wording(advice(found)[0])


def test_half_of_the_runs_must_be_valid() -> None:
    good, bad = a_test(*QUIET), a_test(*QUIET, busy=True)

    assert shown_by([good, bad]).can_be_measured
    assert not shown_by([good, bad, bad]).can_be_measured
    assert advice(shown_by([good, bad]))[0].startswith("Run 2: ")


def test_identical_networks_that_are_called_different_are_counted_and_told(
    wording: Wording,
) -> None:
    found = shown_by([a_test(*QUIET[:3], off(1.08), *QUIET[:2])])

    assert found.different == 1
    assert "1 of 3 " in answer(found)
    wording(answer(found))
    for name, count in counts(found):
        wording(f"{name}: {count}")
    assert not found.is_plain_yes


def test_an_invalid_run_compares_nothing_so_its_pairs_are_left_out_and_it_is_counted(
    wording: Wording,
) -> None:
    good = a_test(*QUIET)
    wrong = a_test(*QUIET[:3], off(1.08), *QUIET[:2], busy=True)
    found = shown_by([good, wrong])

    assert found.different == 0
    assert found.ratios == shown_by([good]).ratios
    assert found.withheld == 1
    assert not found.is_plain_yes
    assert to_json(found)["withheld_runs"] == 1
    wording(answer(found))
    wording(dict(counts(found))["Runs"])
    wording(answer(shown_by([good, wrong] * 2)))


def test_where_all_runs_were_invalid_nothing_is_said_of_differences(wording: Wording) -> None:
    found = shown_by([a_test(*QUIET[:3], off(1.08), *QUIET[:2], busy=True)])

    assert found.ratios == ()
    assert found.resolution is None
    assert not found.can_be_measured
    wording(answer(found))
    for name, count in counts(found):
        wording(f"{name}: {count}")


def test_no_difference_within_the_margin_is_promised_to_be_found() -> None:
    """It would be called the same."""
    found = shown_by([a_test(*((1.0,) * 5, (1.0, 1.001, 0.999, 1.0, 1.0)) * 3)])

    assert found.resolution == MARGIN
    assert " 2.0 %" in answer(found)


def test_where_the_first_copy_seems_to_differ_the_run_is_told_once_not_to_be_believed(
    wording: Wording,
) -> None:
    found = shown_by([a_test(QUIET[0], off(1.08), *QUIET[:4])])

    assert not found.can_be_measured
    wording(answer(found))
    assert len(advice(found)) == 1


def test_a_cancelled_run_has_shown_nothing(wording: Wording) -> None:
    found = shown_by([replace(a_test(*QUIET), cancelled=True)])

    assert found.ratios == ()
    assert not found.can_be_measured
    wording(answer(found))


def test_a_machine_that_did_not_calm_down_is_told_beside_the_result(wording: Wording) -> None:
    busy = replace(a_test(*QUIET), conditions=Conditions(pressure_before=0.4))

    (sentence,) = advice(shown_by([busy]))

    assert "40 %" in sentence
    wording(sentence)
    assert shown_by([busy]).can_be_measured  # its turns were watched, and they were not disturbed


def test_terminal_and_json_say_the_same() -> None:
    found = shown_by([a_test(*QUIET)])

    assert to_rows(found)[0][1] == answer(found)
    told = to_json(found)
    assert told["can_be_measured"] is True
    assert told["pairs"] == PAIRS_A_RUN
    assert told["states"] == ["valid"]
