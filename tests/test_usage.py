"""Reading what a process has used: its own peak, and counters of energy that are really there."""

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import usage
from benchmarks.usage import PackageCounter, read_packages, start_gpu_meter, start_package_meter

MB = 1_000_000
RANGE_UJ = 262_143_328_850  # of many processors
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    """As Linux shows a machine of two packages."""
    domain(tmp_path, "intel-rapl:0", "package-0", 1_000_000)
    domain(tmp_path, "intel-rapl:1", "package-1", 5_000_000)
    domain(tmp_path, "intel-rapl:0:0", "core", 400_000)
    domain(tmp_path, "intel-rapl:0:1", "dram", 100_000)
    domain(tmp_path, "intel-rapl:2", "psys", 9_000_000)
    domain(tmp_path, "intel-rapl-mmio:0", "package-0", 1_000_000)
    (tmp_path / "intel-rapl").mkdir()
    return tmp_path


def domain(powercap: Path, folder: str, name: str, energy_uj: int) -> None:
    (powercap / folder).mkdir()
    (powercap / folder / "name").write_text(f"{name}\n")
    (powercap / folder / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    count(powercap, folder, energy_uj)


def count(powercap: Path, folder: str, energy_uj: int) -> None:
    (powercap / folder / "energy_uj").write_text(f"{energy_uj}\n")


def test_whole_packages_are_read_and_nothing_twice(powercap: Path) -> None:
    assert read_packages(powercap) == {
        "intel-rapl:0": PackageCounter(1_000_000, RANGE_UJ),
        "intel-rapl:1": PackageCounter(5_000_000, RANGE_UJ),
    }


def test_the_meter_adds_what_all_packages_have_counted_since(powercap: Path) -> None:
    meter = start_package_meter(powercap)
    count(powercap, "intel-rapl:0", 3_500_000)
    count(powercap, "intel-rapl:1", 6_000_000)
    count(powercap, "intel-rapl:0:0", 900_000_000)

    assert meter is not None
    assert meter() == pytest.approx(3.5)


def test_a_counter_that_began_again_is_carried_on(powercap: Path) -> None:
    count(powercap, "intel-rapl:0", RANGE_UJ - 1_000_000)
    meter = start_package_meter(powercap)
    count(powercap, "intel-rapl:0", 2_000_000)

    assert meter is not None
    assert meter() == pytest.approx(3.0)


def test_where_one_package_cannot_be_read_there_is_no_energy_at_all(powercap: Path) -> None:
    (powercap / "intel-rapl:1" / "energy_uj").unlink()

    assert start_package_meter(powercap) is None


def test_a_package_that_goes_out_of_sight_leaves_nothing_to_tell(powercap: Path) -> None:
    meter = start_package_meter(powercap)
    (powercap / "intel-rapl:1" / "energy_uj").unlink()

    assert meter is not None
    assert meter() is None


def test_a_machine_without_counters_has_no_meter(tmp_path: Path) -> None:
    assert start_package_meter(tmp_path) is None
    assert start_package_meter(tmp_path / "missing") is None
    assert start_gpu_meter("GPU-00000000-0000-0000-0000-000000000000") is None


@linux
def test_the_peak_remembers_a_moment_until_it_is_reset() -> None:
    assert usage.reset_peak()
    before_bytes = usage.peak_bytes()
    np.ones(100 * MB, np.uint8)
    with_moment_bytes = usage.peak_bytes()
    assert usage.reset_peak()
    after_bytes = usage.peak_bytes()

    assert before_bytes is not None
    assert with_moment_bytes is not None
    assert after_bytes is not None
    assert with_moment_bytes - before_bytes == pytest.approx(100 * MB, rel=0.05)
    assert with_moment_bytes - after_bytes == pytest.approx(100 * MB, rel=0.05)
