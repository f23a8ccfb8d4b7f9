"""Whether a run can be relied on, why not, and what to do."""

from dataclasses import replace

import pytest

from benchmarks.results import Conditions, Run
from benchmarks.timing.contamination import GpuSignals, Signals
from benchmarks.validity import null_ratio, shared_gpu, state_of
from tests.builders import MS, USUAL, WAITED, a_run, disturbed, measurement
from tests.wording import Wording


def proper(share_disturbed: float = 0.0, by: Signals = WAITED) -> Run:
    return a_run(disturbed(measurement("0.5-160", workers=USUAL), share_disturbed, by))


def test_a_quiet_run_is_valid() -> None:
    state = state_of(proper(0.1))

    assert state is not None
    assert (state.word, state.reasons) == ("valid", ())


def test_previews_have_no_state() -> None:
    assert state_of(a_run(measurement("0.5-160", quality="preview"))) is None
    assert state_of(a_run()) is None


def test_the_busier_the_machine_the_less_a_run_is_worth(wording: Wording) -> None:
    degraded, invalid = state_of(proper(0.6)), state_of(proper(0.9))

    assert degraded is not None
    assert invalid is not None
    assert (degraded.word, invalid.word) == ("degraded", "invalid")
    assert "90 %" in invalid.reasons[0].text
    wording(invalid.reasons[0].text)


def test_the_advice_names_how_much_others_use_and_threads_only_if_they_matter(
    wording: Wording,
) -> None:
    run = replace(proper(0.9), conditions=Conditions(others_cpus=0.42))
    (row,) = run.measurements
    full = replace(row, scenario=replace(row.scenario, threads=2))

    one, two = state_of(run), state_of(replace(run, measurements=(full,)))

    assert one is not None
    assert two is not None
    assert "0.42 CPUs" in one.reasons[0].advice
    assert "threads" not in one.reasons[0].advice
    assert "threads" in two.reasons[0].advice
    for state in (one, two):
        wording(state.reasons[0].advice)


def test_a_used_up_quota_and_a_battery_degrade(wording: Wording) -> None:
    run = replace(proper(), conditions=Conditions(on_battery=True))
    (row,) = run.measurements
    stopped = replace(row.blocks[0], signals=Signals(20 * MS, throttled=1))
    run = replace(run, measurements=(replace(row, blocks=(stopped, *row.blocks[1:])),))

    state = state_of(run)

    assert state is not None
    assert state.word == "degraded"
    assert len(state.reasons) == 2
    for reason in state.reasons:
        wording(f"{reason.text} {reason.advice}")


def held_back(reasons: int) -> Signals:
    return Signals(20 * MS, gpu=GpuSignals(1980, 1200, reasons))


@pytest.mark.parametrize(
    ("reasons", "share", "word"),
    [
        (0x40, 0.6, "degraded"),
        (0x20, 0.9, "invalid"),
        (0x80, 0.9, "invalid"),
        (0x04, 0.6, "degraded"),
        (0x04, 1.0, "degraded"),
    ],
    ids=["heat by hardware", "heat by software", "hardware", "power", "power always"],
)
def test_a_gpu_that_was_held_back_is_a_reason_of_its_own(
    reasons: int, share: float, word: str, wording: Wording
) -> None:
    state = state_of(proper(share, held_back(reasons)))

    assert state is not None
    assert state.word == word
    (reason,) = state.reasons  # and not that threads had to wait for a CPU
    assert f"{100 * share:.0f} %" in reason.text
    wording(f"{reason.text} {reason.advice}")


def test_a_gpu_that_was_seldom_held_back_leaves_a_run_valid() -> None:
    state = state_of(proper(0.2, held_back(0x40)))

    assert state is not None
    assert state.word == "valid"


def test_who_else_has_the_gpu_open_is_told_and_does_not_degrade(wording: Wording) -> None:
    beside = Signals(20 * MS, gpu=GpuSignals(1980, 1980, 0, others=2))
    run = proper(0.1, beside)

    state, sentence = state_of(run), shared_gpu(run)

    assert state is not None
    assert state.word == "valid"
    assert sentence is not None
    assert sentence.startswith("2 ")
    wording(sentence)
    assert sentence in " ".join(repr(run).split())
    assert shared_gpu(proper(0.4)) is None
    assert shared_gpu(proper(0.1, held_back(0x04))) is None


def with_control(*shares: float) -> Run:
    """The anchor's copy takes that many times as long, worker by worker."""
    run = proper()
    return replace(run, controls=(measurement("0.5-160", workers=shares),))


def test_a_control_that_differs_from_its_original_degrades_the_run(wording: Wording) -> None:
    state = state_of(with_control(1.06, 1.07, 1.05, 1.06, 1.06))

    assert state is not None
    assert state.word == "degraded"
    assert "0.5-160" in state.reasons[0].text
    assert "6.0 %" in state.reasons[0].text
    wording(state.reasons[0].text)


def test_a_control_that_differs_by_chance_does_not() -> None:
    run = with_control(1.0, 1.03, 0.97, 1.02, 0.99)

    state, null = state_of(run), null_ratio(run, run.measurements[0])

    assert state is not None
    assert state.word == "valid"
    assert null is not None
    assert null.interval is not None
    assert null.interval.low < 1 < null.interval.high
