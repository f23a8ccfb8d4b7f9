"""What would disturb a measurement now, in words and with a way out."""

import math
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.jobs.calm import LIMIT_S, wait_until_calm
from benchmarks.linux import Pressure
from benchmarks.machine import Signs, read_signs
from benchmarks.preflight import Finding, check, summary
from tests.wording import Wording

BEFORE = Signs(
    time_s=100.0,
    logical_cpus=4,
    usable_cpus=4,
    busy_cpu_s=50.0,
    own_cpu_s=5.0,
    stolen_cpu_s=1.0,
    pressure=Pressure(100.0, 7.0, recent=0.9),
    throttled=3,
    quota_cpus=math.inf,
    governor="performance",
    is_turbo_on=False,
    overheated=2,
    is_on_battery=False,
    swap_used_bytes=0,
    swapped_bytes=1_000_000,
    is_virtual=False,
)
CALM = replace(BEFORE, time_s=102.0, pressure=Pressure(102.0, 7.01, recent=0.7))
UNREADABLE = Signs(102.0, 4, 4, 50.0, 5.0)


def finding(code: str, now: Signs, before: Signs | None = BEFORE, threads: int = 1) -> Finding:
    (found,) = (one for one in check(now, before, threads=threads) if one.code == code)
    return found


def test_on_a_calm_machine_nothing_disturbs(wording: Wording) -> None:
    found = check(CALM, BEFORE)

    assert {one.severity for one in found} == {"fine"}
    assert not any(one.advice for one in found)
    wording(summary(found))


@pytest.mark.parametrize(
    ("code", "changes", "figure"),
    [
        ("others", {"busy_cpu_s": 53.2}, "40 %"),
        ("pressure", {"pressure": Pressure(102.0, 7.4, 0.0)}, "20 %"),
        ("stolen", {"stolen_cpu_s": 1.4}, "5.0 %"),
        ("quota", {"quota_cpus": 2.0, "throttled": 4}, "2.0 CPUs"),
        ("heat", {"overheated": 3}, ""),
        ("battery", {"is_on_battery": True}, ""),
        ("swap", {"swapped_bytes": 2_000_000}, ""),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() else "",
)
def test_what_disturbs_is_named_with_a_way_out(
    code: str, changes: dict[str, object], figure: str, wording: Wording
) -> None:
    now = replace(CALM, **changes)  # type: ignore[arg-type]

    found = finding(code, now)

    assert found.severity == "disturbs"
    assert figure in found.text
    assert found.advice
    wording(f"{found.text} {found.advice}")
    assert {one.code for one in check(now, BEFORE) if one.severity != "fine"} == {code}


@pytest.mark.parametrize(
    ("code", "changes", "threads"),
    [
        ("others", {"busy_cpu_s": 50.8}, 1),
        ("quota", {"quota_cpus": 2.0}, 2),
        ("threads", {}, 4),
        ("threads", {"usable_cpus": 1}, 1),
        ("clock", {"governor": "powersave"}, 1),
        ("clock", {"is_turbo_on": True}, 1),
        ("virtual", {"is_virtual": True}, 1),
    ],
)
def test_what_may_disturb_is_no_more_than_a_note(
    code: str, changes: dict[str, object], threads: int
) -> None:
    found = finding(code, replace(CALM, **changes), threads=threads)  # type: ignore[arg-type]

    assert found.severity == "note"
    assert found.advice


def test_this_programs_own_work_and_what_the_host_takes_are_not_other_programs() -> None:
    now = replace(CALM, busy_cpu_s=54.0, own_cpu_s=7.0, stolen_cpu_s=3.0)

    assert " 0 %" in finding("others", now).text


def test_what_cannot_be_read_is_unknown_and_never_fine() -> None:
    found = check(UNREADABLE, replace(UNREADABLE, time_s=100.0))

    assert {one.code for one in found if one.severity != "unknown"} == {"others", "threads"}


def test_what_only_a_span_of_time_shows_is_unknown_after_one_look() -> None:
    found = check(CALM, None)

    assert {one.code for one in found if one.severity == "unknown"} == {
        "others",
        "pressure",
        "stolen",
        "heat",
    }


def test_swap_that_lies_still_does_not_disturb() -> None:
    found = finding("swap", replace(CALM, swap_used_bytes=300_000_000))

    assert found.severity == "fine"
    assert "0.30 GB" in found.text


def test_the_summary_counts(wording: Wording) -> None:
    now = replace(CALM, is_on_battery=True, is_virtual=True, governor=None, is_turbo_on=None)

    found = check(now, BEFORE)
    severities = Counter(one.severity for one in found)
    assert severities == {"fine": 7, "disturbs": 1, "note": 1, "unknown": 1}
    wording(summary(found))


def test_this_machine_can_be_looked_at_twice() -> None:
    before = read_signs()
    now = read_signs()

    assert now.time_s > before.time_s
    assert now.busy_cpu_s >= before.busy_cpu_s
    assert len(check(now, before)) == 10


class Machine:
    """One whose pressure is known in advance: a share for each second that passes."""

    def __init__(self, recent: float, *shares: float) -> None:
        self._shares = iter(shares)
        self._now = Pressure(0.0, 0.0, recent)
        self.told = 0

    def read(self) -> Pressure | None:
        return self._now

    def pause(self, seconds: float) -> None:
        waited_s = self._now.waited_s + next(self._shares) * seconds
        self._now = Pressure(self._now.time_s + seconds, waited_s, self._now.recent)

    def tell(self) -> None:
        self.told += 1

    def wait(self) -> float | None:
        return wait_until_calm(self.read, self.pause, self.tell)


def test_a_calm_machine_is_not_waited_for() -> None:
    machine = Machine(0.01)  # a pause would find no second to pass

    assert machine.wait() == 0.01
    assert machine.told == 0


def test_a_busy_machine_is_waited_for_until_a_second_is_calm() -> None:
    machine = Machine(0.9, 0.8, 0.3, 0.02)

    assert machine.wait() == pytest.approx(0.02)
    assert machine.told == 1


def test_the_wait_ends_after_its_limit_and_says_how_busy_it_still_is() -> None:
    machine = Machine(0.9, *[0.5] * 30)

    assert machine.wait() == pytest.approx(0.5)
    found = machine.read()
    assert found is not None
    assert found.time_s == LIMIT_S


def test_where_pressure_cannot_be_read_nobody_waits() -> None:
    assert (
        wait_until_calm(lambda: None, lambda seconds: pytest.fail("paused"), lambda: None) is None
    )


def test_a_wait_can_be_cancelled() -> None:
    class Stopped(Exception): ...

    def pause(seconds: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        wait_until_calm(Machine(0.9).read, pause, lambda: None)


def test_more_pressure_is_never_judged_better() -> None:
    order = ["fine", "note", "disturbs"]
    judged = [
        order.index(
            finding("pressure", replace(CALM, pressure=Pressure(102.0, 7 + waited, 0.0))).severity
        )
        for waited in (0.0, 0.05, 0.2, 1.0, 2.0)
    ]

    assert all(less <= more for less, more in pairwise(judged))
    assert judged[0] < judged[-1]
