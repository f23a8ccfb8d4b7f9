"""What may be said of two runs: little of one machine's, nothing of two machines'."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from benchmarks.compare import SPREAD, Spread, compare, spread_of
from benchmarks.machine import Machine
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from benchmarks.setups import facts, machine_key, machine_label
from benchmarks.snapshot import dumps, loads
from tests.builders import MACHINE, THREE, a_run, disturbed, measurement
from tests.wording import Wording


def run(factor: float = 1.0, *, run_id: str = "first", machine: Machine = MACHINE) -> Run:
    """Two networks in three workers; `factor` times as slow as usual."""
    return a_run(
        measurement("0.5-160", median_ms=4 * factor, workers=THREE),
        measurement("1.0-224", median_ms=16 * factor, workers=THREE),
        run_id=run_id,
        machine=machine,
    )


def other(factor: float = 1.0, machine: Machine = MACHINE) -> Run:
    return run(factor, run_id="other", machine=machine)


def interleaved(factor: float = 1.0) -> Run:
    """In the same run as `run()`, in another environment."""
    return run(factor, machine=UPGRADED)


def busy(found: Run) -> Run:
    return replace(found, measurements=tuple(disturbed(one) for one in found.measurements))


ELSEWHERE = replace(MACHINE, cpu="Other CPU")
UPGRADED = replace(MACHINE, packages=(("torch", "2.1"), ("openvino", "2026.0")))


@pytest.mark.parametrize("factor", [0.8, 0.95, 1.0, 1.05, 1.25])
def test_runs_of_one_machine_that_differ_little_cannot_be_told_apart(
    factor: float, wording: Wording
) -> None:
    found = compare(run(), other(factor))

    assert found.level == "same machine"
    assert {row.verdict for row in found.rows} == {"cannot tell"}
    assert [row.ratio for row in found.rows] == pytest.approx([factor, factor], rel=0.01)
    assert "32 %" in found.conclusion
    wording(found.conclusion)


@pytest.mark.parametrize(("factor", "word"), [(0.6, "faster"), (1.6, "slower")])
def test_a_large_difference_between_runs_of_one_machine_is_told(
    factor: float, word: str, wording: Wording
) -> None:
    found = compare(run(), other(factor, UPGRADED))

    assert {row.verdict for row in found.rows} == {word}
    assert word in found.conclusion
    wording(found.conclusion)


def test_of_runs_on_different_machines_nothing_is_concluded(wording: Wording) -> None:
    found = compare(run(), other(5.0, ELSEWHERE))

    assert found.level == "different machines"
    assert {(row.interval, row.verdict) for row in found.rows} == {(None, None)}
    wording(found.conclusion)


def test_a_run_beside_itself_is_said_to_be_the_same(wording: Wording) -> None:
    found = compare(run(), run())

    assert found.level == "same run"
    wording(found.conclusion)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (run(), busy(other(3.0))),
        (a_run(measurement("0.5-160", quality="preview")), other(9.0)),
    ],
    ids=["invalid", "preview"],
)
def test_a_run_that_is_not_valid_concludes_nothing(
    first: Run, second: Run, wording: Wording
) -> None:
    found = compare(first, second)

    assert {row.verdict for row in found.rows} == {"cannot tell"}
    wording(found.conclusion)


def test_runs_with_nothing_in_common_are_said_to_have_nothing(wording: Wording) -> None:
    found = compare(run(), a_run(measurement("resnet18")))

    assert found.rows == ()
    assert found.missing == ("0.5-160", "1.0-224", "ResNet-18")
    wording(found.conclusion)


def test_an_empty_run_compares_to_nothing() -> None:
    assert compare(run(), a_run()).rows == ()
    assert compare(a_run(), a_run()).rows == ()


def threaded(threads: int, factor: float = 1.0) -> Run:
    rows = [replace(one, scenario=Scenario(threads=threads)) for one in run(factor).measurements]
    return a_run(*rows, run_id=f"threads-{threads}")


def test_what_each_run_has_for_all_its_networks_is_compared_and_not_matched() -> None:
    found = compare(threaded(1), threaded(2, 0.5))

    assert [row.network for row in found.rows] == ["0.5-160", "1.0-224"]
    assert {row.verdict for row in found.rows} == {"faster"}
    assert [one.name for one in facts_of(threaded(1), threaded(2)) if one.differs] == ["Threads"]


def test_ways_that_vary_within_a_run_are_matched() -> None:
    rows = [
        measurement("0.5-160", workers=THREE),
        measurement("0.5-160", median_ms=2.0, workers=THREE, engine="openvino"),
    ]
    found = compare(a_run(*rows, run_id="first"), a_run(*rows, run_id="other"))

    assert [(row.way, round(row.ratio, 2)) for row in found.rows] == [
        ("PyTorch eager", 1.0),
        ("OpenVINO", 1.0),
    ]
    assert found.missing == ()


def facts_of(*runs: Run) -> tuple[object, ...]:
    return facts([loads(dumps(one)) for one in runs])


def test_what_differs_is_told_in_the_words_of_each() -> None:
    found = {
        fact.name: fact.texts
        for fact in facts([loads(dumps(run())), loads(dumps(run(machine=UPGRADED)))])
        if fact.differs
    }

    assert found == {"torch": ("2.0", "2.1")}


def test_a_package_that_only_one_has_is_told() -> None:
    without = replace(MACHINE, packages=(("torch", "2.0"),))
    found = facts([loads(dumps(run())), loads(dumps(run(machine=without)))])

    assert ("openvino", ("2026.0", "none")) in [(one.name, one.texts) for one in found]


def test_software_does_not_make_another_machine_and_hardware_does() -> None:
    assert machine_key(UPGRADED) == machine_key(MACHINE)
    for change in (
        {"cpu": "Other CPU"},
        {"usable_cpus": 1},
        {"accelerators": ("A GPU",)},
        {"memory_bytes": 16_000_000_000},
    ):
        assert machine_key(replace(MACHINE, **change)) != machine_key(MACHINE)  # type: ignore[arg-type]


def test_a_machine_is_called_by_its_processor_and_what_it_may_use() -> None:
    assert machine_label(replace(MACHINE, accelerators=("A GPU",))) == "Example CPU, 2 CPUs, A GPU"


def test_how_much_runs_differ_is_measured_once_five_are_kept() -> None:
    medians = [4.0, 4.1, 3.9, 4.05, 3.95]

    assert spread_of(medians[:4]) == Spread(SPREAD, None)
    found = spread_of(medians)
    assert found.sessions == 5
    assert found.log_sd == pytest.approx(0.0198, abs=1e-3)
    assert found.half_width < Spread().half_width


def test_a_steady_machine_tells_smaller_differences(wording: Wording) -> None:
    steady = spread_of([4.0, 4.01, 3.99, 4.0, 4.01, 4.0])
    found = compare(run(), other(1.1), lambda one: steady)

    assert {row.verdict for row in found.rows} == {"slower"}
    assert "6 runs" in found.conclusion
    wording(found.conclusion)


@pytest.mark.parametrize("sessions", [None, 5, 12])
def test_two_runs_that_differ_for_no_reason_are_hardly_ever_told_apart(
    sessions: int | None,
) -> None:
    """Runs whose speed scatters by the spread, which is assumed or was itself measured."""
    rng = random.Random(str(sessions))
    wrong, tries = 0, 2000
    for _ in range(tries):
        spread = Spread()
        if sessions is not None:
            spread = spread_of([math.exp(rng.gauss(0, 0.05)) for _ in range(sessions)])
        sd = SPREAD if sessions is None else 0.05
        off = rng.gauss(0, sd) - rng.gauss(0, sd)
        wrong += abs(off) > spread.half_width

    assert wrong / tries <= 0.065


@pytest.mark.parametrize(("factor", "word"), [(0.95, "faster"), (1.05, "slower")])
def test_interleaved_environments_are_told_apart_by_small_differences(
    factor: float, word: str, wording: Wording
) -> None:
    found = compare(run(), interleaved(factor), called="this environment")

    assert found.level == "same run"
    assert {row.verdict for row in found.rows} == {word}
    assert f"1.0-224 are {word}" in found.conclusion
    wording(found.conclusion)


def test_a_copy_that_is_off_withdraws_what_was_said_between_environments() -> None:
    theirs = interleaved(1.03)
    found = compare(run(), replace(theirs, controls=run().measurements[:1]))

    assert {row.verdict for row in found.rows} == {"cannot tell"}


def test_environments_of_one_invalid_run_are_not_compared() -> None:
    found = compare(run(), busy(interleaved(3.0)))

    assert {row.verdict for row in found.rows} == {"cannot tell"}
