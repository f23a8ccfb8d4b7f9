"""What is read of the machine: enough to understand a latency, nothing that says whose it is."""

import getpass
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.machine import Machine, read_machine, read_state

ROOT = Path(__file__).resolve().parents[1]


def answer_of(code: str) -> str:
    """What a Python process of its own prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=300, cwd=ROOT
    )
    return done.stdout.strip()


def strings_in(machine: Machine) -> list[str]:
    found: list[str] = []
    for value in asdict(machine).values():
        found += [str(part) for part in value] if isinstance(value, tuple) else [str(value)]
    return found


def test_a_machine_has_no_name_no_user_and_no_path() -> None:
    private = {platform.node(), getpass.getuser(), str(Path.home())}

    for text in strings_in(read_machine()):
        assert text not in private
        assert str(Path.home()) not in text
        assert "/home/" not in text


def test_usable_cpus_are_some_but_no_more_than_there_are() -> None:
    machine = read_machine()

    assert 1 <= machine.usable_cpus <= machine.logical_cpus
    assert machine.physical_cpus is None or machine.usable_cpus <= machine.physical_cpus


def test_a_cpu_has_a_name_and_the_memory_a_size() -> None:
    machine = read_machine()

    assert len(machine.cpu) > 2
    assert machine.memory_bytes > 100_000_000
    assert machine.python == platform.python_version()


def test_versions_are_those_of_the_installed_packages() -> None:
    machine = read_machine()

    assert machine.version_of("numpy") is not None
    assert machine.version_of("numpy") == __import__("numpy").__version__
    assert machine.version_of("no-such-package") is None


def test_the_same_machine_is_read_the_same_way_twice() -> None:
    read_machine.cache_clear()
    once = read_machine()
    read_machine.cache_clear()

    assert read_machine() == once


def test_the_state_has_free_memory_within_the_machines() -> None:
    state = read_state()

    assert 0 < state.memory_available_bytes <= read_machine().memory_bytes
    assert state.load_1min is None or state.load_1min >= 0


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two CPUs",
)
def test_cpus_that_a_process_may_not_use_are_not_counted() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from benchmarks.machine import read_machine; print(read_machine().usable_cpus)"
    )

    found = answer_of(code)

    assert found == "1"


def test_reading_the_machine_loads_no_runtime_and_starts_nothing_that_stays() -> None:
    code = (
        "import sys, psutil; from benchmarks.machine import read_machine; read_machine()\n"
        "print(sorted({'torch', 'onnxruntime', 'openvino', 'streamlit'} & set(sys.modules)),"
        " psutil.Process().children())"
    )

    found = answer_of(code)

    assert found == "[] []"
