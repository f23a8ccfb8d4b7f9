"""Weighing a network: what is planted is found, and nothing that is not its own."""

import json
import subprocess
import sys

import pytest

from benchmarks import usage
from benchmarks.engines.session import EngineError
from benchmarks.footprint import metered, weigh
from benchmarks.usage import PACKAGE, Energy, Memory
from tests.planted import PlantedRuntime, command
from tests.talk import ROOT
from tests.wording import Wording

MB = 1_000_000
CLOSE = 0.02  # of what was planted
NEAR_NOTHING = 2 * MB  # of the interpreter and the C library, whatever is planted
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")
real = pytest.mark.real

HOLD_AND_START = """
import subprocess, sys
held = bytearray(b"x") * 10**9
raise SystemExit(subprocess.run(sys.argv[1:]).returncode)
"""


def weighed(*, parent_holds_1_gb: bool = False, **planted: int) -> dict[str, int]:
    """What a process of its own finds that weighs a runtime and network of known size."""
    start = [sys.executable, "-m", "tests.planted", json.dumps(planted)]
    if parent_holds_1_gb:
        start = [sys.executable, "-c", HOLD_AND_START, *start]
    done = subprocess.run(start, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


def needed(found: dict[str, int]) -> int:
    return found["peak_bytes"] - found["floor_bytes"]


@real
@pytest.mark.parametrize("planted_mb", [64, 256])
def test_what_an_inference_takes_for_a_moment_is_found(planted_mb: int) -> None:
    found = weighed(scratch_bytes=planted_mb * MB)

    assert needed(found) == pytest.approx(planted_mb * MB, rel=CLOSE, abs=NEAR_NOTHING)
    assert found["loaded_bytes"] - found["floor_bytes"] < NEAR_NOTHING


@real
def test_what_the_network_holds_and_what_it_works_with_add_up() -> None:
    found = weighed(held_bytes=100 * MB, scratch_bytes=64 * MB)

    assert found["loaded_bytes"] - found["floor_bytes"] == pytest.approx(100 * MB, rel=CLOSE)
    assert needed(found) == pytest.approx(164 * MB, rel=CLOSE)


@real
def test_what_the_runtime_takes_anyway_is_in_the_floor_and_not_in_the_network() -> None:
    found = weighed(own_bytes=300 * MB, held_bytes=64 * MB)

    assert found["floor_bytes"] > 300 * MB
    assert needed(found) == pytest.approx(64 * MB, rel=CLOSE, abs=NEAR_NOTHING)


@real
def test_what_loading_takes_for_a_moment_does_not_count() -> None:
    found = weighed(loading_bytes=300 * MB, held_bytes=64 * MB)

    assert needed(found) == pytest.approx(64 * MB, rel=CLOSE, abs=NEAR_NOTHING)


@real
def test_a_large_parent_makes_no_difference_though_it_fools_the_usual_counter() -> None:
    found = weighed(parent_holds_1_gb=True, scratch_bytes=64 * MB)

    assert found["ru_maxrss"] > 900 * MB  # inherited: what a naive reader would report
    assert found["peak_bytes"] < 400 * MB
    assert needed(found) == pytest.approx(64 * MB, rel=CLOSE, abs=NEAR_NOTHING)


def test_a_peak_that_cannot_be_reset_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setattr(usage, "_CLEAR", ROOT)  # a folder: writing there fails

    with pytest.raises(EngineError) as refused:
        weigh(command(), lambda: None, engines=lambda name: PlantedRuntime())

    assert "clear_refs" in str(refused.value)
    wording(refused.value)


def test_the_peak_over_the_floor_is_what_a_network_needs() -> None:
    assert Memory(floor_bytes=300, loaded_bytes=310, peak_bytes=345).needed_bytes == 45


def test_energy_is_what_the_counter_counted_over_the_inferences_in_that_time() -> None:
    calls: list[int] = []

    found = metered(lambda: 0.5, PACKAGE, lambda: calls.append(1) or 1, lambda: None, 0.01)

    assert found is not None
    assert (found.joules, found.source) == (0.5, PACKAGE)
    assert found.inferences == len(calls)
    assert found.seconds >= 0.01
    assert Energy(6.0, 3, 10.0, PACKAGE).inference_j == 2.0


@pytest.mark.parametrize("counted", [None, 0.0])
def test_a_counter_that_stands_still_or_cannot_be_read_gives_no_energy(
    counted: float | None,
) -> None:
    assert metered(lambda: counted, PACKAGE, lambda: 1, lambda: None, 0.0) is None


def test_without_a_counter_there_is_no_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "start_package_meter", lambda: None)

    assert weigh(command(), lambda: None, engines=lambda name: PlantedRuntime()).energy is None
