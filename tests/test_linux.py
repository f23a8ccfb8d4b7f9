"""What Linux's files say, from files as real systems have them."""

import math
import sys
from pathlib import Path

import pytest

from benchmarks import linux
from benchmarks.linux import Pressure

PSI = (
    "some avg10=12.50 avg60=1.07 avg300=1.24 total=27231393\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
)
GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
NO_TURBO = "sys/devices/system/cpu/intel_pstate/no_turbo"
BOOST = "sys/devices/system/cpu/cpufreq/boost"


def system(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_where_there_are_no_such_files_nothing_is_known(tmp_path: Path) -> None:
    readers = (
        linux.pressure,
        linux.run_queue_delay_ns,
        linux.throttled_periods,
        linux.quota_cpus,
        linux.governor,
        linux.is_turbo_on,
        linux.overheated,
        linux.is_virtual,
        linux.cpu_name,
    )

    assert [read(tmp_path) for read in readers] == [None] * len(readers)


def test_pressure_is_a_share_and_seconds(tmp_path: Path) -> None:
    found = linux.pressure(system(tmp_path, **{"proc/pressure/cpu": PSI}))

    assert found is not None
    assert found.recent == pytest.approx(0.125)
    assert found.waited_s == pytest.approx(27.231393)


def test_pressure_between_two_readings_is_the_time_waited_in_it() -> None:
    first = Pressure(10.0, 5.0, recent=0.9)

    assert Pressure(12.0, 5.5, recent=0.9).since(first) == pytest.approx(0.25)
    assert Pressure(12.0, 7.1, recent=0.9).since(first) == 1.0  # two clocks never quite agree


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "max 100000\n"}, math.inf),
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"cpu.max": "nonsense\n"}, None),
    ],
)
def test_a_quota_is_told_in_cpus(tmp_path: Path, files: dict[str, str], quota: float) -> None:
    root = system(tmp_path, **{f"sys/fs/cgroup/{name}": text for name, text in files.items()})

    assert linux.quota_cpus(root) == quota


@pytest.mark.parametrize("name", ["cpu.stat", "cpu/cpu.stat"])
def test_periods_without_quota_left_are_counted(tmp_path: Path, name: str) -> None:
    text = "nr_periods 12\nnr_throttled 3\nthrottled_time 99\n"

    assert linux.throttled_periods(system(tmp_path, **{f"sys/fs/cgroup/{name}": text})) == 3


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({NO_TURBO: "0\n"}, True),
        ({NO_TURBO: "1\n"}, False),
        ({BOOST: "1\n"}, True),
        ({BOOST: "0\n"}, False),
    ],
)
def test_turbo_is_read_from_either_driver(
    tmp_path: Path, files: dict[str, str], turbo: bool
) -> None:
    root = system(tmp_path, **files, **{GOVERNOR: "powersave\n"})

    assert linux.is_turbo_on(root) is turbo
    assert linux.governor(root) == "powersave"


def test_heat_is_counted_over_all_cores(tmp_path: Path) -> None:
    count = "sys/devices/system/cpu/cpu{}/thermal_throttle/core_throttle_count"
    root = system(tmp_path, **{count.format(0): "3\n", count.format(1): "4\n"})

    assert linux.overheated(root) == 7


@pytest.mark.parametrize(
    ("cpuinfo", "name", "virtual"),
    [
        ("processor\t: 0\nmodel name\t: A: CPU\nflags\t\t: fpu sse hypervisor\n", "A: CPU", True),
        ("processor\t: 0\nmodel name\t: A CPU\nflags\t\t: fpu sse\n", "A CPU", False),
        ("processor\t: 0\nFeatures\t: fp asimd\n", None, None),
    ],
)
def test_the_cpu_says_its_name_and_whether_it_is_a_guests(
    tmp_path: Path, cpuinfo: str, name: str | None, virtual: bool | None
) -> None:
    root = system(tmp_path, **{"proc/cpuinfo": cpuinfo})

    assert linux.cpu_name(root) == name
    assert linux.is_virtual(root) is virtual


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_this_system_is_read() -> None:
    assert linux.run_queue_delay_ns() is not None
