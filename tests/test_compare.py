"""What may be said of two runs: little of one machine's, nothing of two machines'."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from benchmarks.compare import SPREAD, Spread, compare, spread_of
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Scenario
from benchmarks.setups import facts, machine_key, machine_label
from benchmarks.snapshot import dumps, loads
from benchmarks.timing.contamination import Signals
from tests.builders import MACHINE, a_run, measurement


def proper(network: str, median_ms: float, **more: object) -> Measurement:
    """In three processes, as a verdict asks for."""
    one = measurement(network, median_ms=median_ms, **more)  # type: ignore[arg-type]
    blocks = tuple(replace(block, worker=worker) for worker in range(3) for block in one.blocks)
    return replace(one, blocks=blocks)


def run(factor: float = 1.0, **changes: object) -> Run:
    """Of its own, as its id says; `factor` times as slow as the usual one."""
    rows = [proper("0.5-160", 4 * factor), proper("1.0-224", 16 * factor)]
    changes = {"id": f"run-{factor}"} | changes
    return apart(replace(a_run(*rows), **changes))  # type: ignore[arg-type]


def apart(found: Run) -> Run:
    """With the run's id in its measurements, as a real run has it."""
    rows = tuple(replace(one, run_id=found.id) for one in found.measurements)
    return replace(found, measurements=rows)


ELSEWHERE = replace(MACHINE, cpu="Other CPU")
UPGRADED = replace(MACHINE, packages=(("torch", "2.1"), ("openvino", "2026.0")))


@pytest.mark.parametrize("factor", [0.8, 0.95, 1.0, 1.05, 1.25])
def test_runs_of_one_machine_that_differ_little_cannot_be_told_apart(factor: float) -> None:
    found = compare(run(), run(factor, id="other"))

    assert found.level == "same machine"
    assert {row.verdict for row in found.rows} == {"cannot tell"}
    assert [row.ratio for row in found.rows] == pytest.approx([factor, factor], rel=0.01)
    assert found.conclusion == (
        "No difference can be told between the two. Runs of one machine scatter by some 10 % for "
        "no reason, so between two of them differences up to 32 % are put down to chance."
    )


@pytest.mark.parametrize(("factor", "word"), [(0.6, "faster"), (1.6, "slower")])
def test_a_large_difference_between_runs_of_one_machine_is_told(factor: float, word: str) -> None:
    found = compare(run(), run(factor, machine=UPGRADED))

    assert {row.verdict for row in found.rows} == {word}
    assert found.conclusion.startswith(f"In the other run 0.5-160, 1.0-224 are {word}. ")


def test_of_runs_on_different_machines_nothing_is_concluded() -> None:
    found = compare(run(), run(5.0, machine=ELSEWHERE))

    assert found.level == "different machines"
    assert {(row.interval, row.verdict) for row in found.rows} == {(None, None)}
    assert "They are of different machines" in found.conclusion


def test_a_run_beside_itself_is_said_to_be_the_same() -> None:
    found = compare(run(), run())

    assert found.level == "same run"
    assert "the same run" in found.conclusion


def test_a_run_that_is_invalid_concludes_nothing() -> None:
    waited = Signals(10_000_000, delay_ns=9_000_000)
    rows = [
        replace(one, blocks=tuple(replace(block, signals=waited) for block in one.blocks))
        for one in run(3.0).measurements
    ]
    found = compare(run(), replace(a_run(*rows), id="busy"))

    assert {row.verdict for row in found.rows} == {"cannot tell"}
    assert found.conclusion == "The other run is invalid: nothing can be concluded from it."


def test_a_preview_concludes_nothing() -> None:
    found = compare(a_run(measurement("0.5-160", quality="preview")), run(9.0))

    assert found.conclusion == "The first run is a preview: nothing can be concluded from it."
    assert {row.verdict for row in found.rows} == {"cannot tell"}


def test_runs_with_nothing_in_common_are_said_to_have_nothing() -> None:
    found = compare(run(), a_run(measurement("resnet18")))

    assert found.rows == ()
    assert found.missing == ("0.5-160", "1.0-224", "ResNet-18")
    assert found.conclusion == "They have no network in common, so nothing can be compared."


def test_an_empty_run_compares_to_nothing() -> None:
    assert compare(run(), a_run()).rows == ()
    assert compare(a_run(), a_run()).rows == ()


def threaded(threads: int, factor: float = 1.0) -> Run:
    rows = [replace(one, scenario=Scenario(threads=threads)) for one in run(factor).measurements]
    return apart(replace(a_run(*rows), id=f"threads-{threads}"))


def test_what_each_run_has_for_all_its_networks_is_compared_and_not_matched() -> None:
    found = compare(threaded(1), threaded(2, 0.5))

    assert [row.network for row in found.rows] == ["0.5-160", "1.0-224"]
    assert {row.verdict for row in found.rows} == {"faster"}
    assert [one.name for one in facts_of(threaded(1), threaded(2)) if one.differs] == ["Threads"]


def test_ways_that_vary_within_a_run_are_matched() -> None:
    two_ways = a_run(proper("0.5-160", 4.0), proper("0.5-160", 2.0, engine="openvino"))
    found = compare(two_ways, apart(replace(two_ways, id="another")))

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


def test_a_steady_machine_tells_smaller_differences() -> None:
    steady = spread_of([4.0, 4.01, 3.99, 4.0, 4.01, 4.0])
    found = compare(run(), run(1.1), lambda one: steady)

    assert {row.verdict for row in found.rows} == {"slower"}
    assert "Its 6 runs that are kept scatter" in found.conclusion


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


def in_turns(factor: float, **changes: object) -> Run:
    """Of the same run as `run()`: its networks took turns with those, in another environment."""
    return apart(replace(run(factor), id=run().id, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("factor", "word"), [(0.95, "faster"), (1.05, "slower")])
def test_environments_that_took_turns_are_told_apart_by_small_differences(
    factor: float, word: str
) -> None:
    found = compare(run(), in_turns(factor, machine=UPGRADED), called="this environment")

    assert found.level == "same run"
    assert {row.verdict for row in found.rows} == {word}
    assert found.conclusion == (
        f"In this environment 0.5-160, 1.0-224 are {word}. They took turns in one run, which tells "
        "far smaller differences than two runs do."
    )


def test_a_copy_that_is_off_withdraws_what_was_said_between_environments() -> None:
    theirs = in_turns(1.03, machine=UPGRADED)
    off = replace(theirs.measurements[0], blocks=in_turns(1.0).measurements[0].blocks)
    found = compare(run(), replace(theirs, controls=(off,)))

    assert {row.verdict for row in found.rows} == {"cannot tell"}


def test_environments_of_one_invalid_run_are_not_compared() -> None:
    waited = Signals(10_000_000, delay_ns=9_000_000)
    rows = [
        replace(one, blocks=tuple(replace(block, signals=waited) for block in one.blocks))
        for one in in_turns(3.0).measurements
    ]
    found = compare(run(), replace(run(), measurements=tuple(rows)))

    assert {row.verdict for row in found.rows} == {"cannot tell"}
