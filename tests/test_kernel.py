"""Measuring from a real kernel: its bar, its stop button, and `%bench`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs import machine_is_free, tickets
from tests.kernels import Kernel, Message, running_kernel
from tests.talk import TINY, exported
from tests.waiting import soon
from tests.wording import Wording

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
]
IMPORTS = """
import benchmarks as bench
from benchmarks.jobs.updates import Update
from benchmarks.messages import Progress

def listen(update):
    print(getattr(update, "phase", type(update).__name__), flush=True)
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """It measures nothing."""
    with running_kernel(tmp_path_factory.mktemp("kernel")) as started:
        started.use_fake_workers()
        started.run_well(IMPORTS)
        yield started


@pytest.fixture
def measuring_kernel(tmp_path: Path) -> Iterator[Kernel]:
    exported()
    with running_kernel(tmp_path) as started:
        started.run_well(IMPORTS)
        yield started


def kinds(messages: list[Message]) -> list[str]:
    return [one["msg_type"] for one in messages]


def test_a_bar_moves_below_the_cell_and_is_gone_at_the_end(kernel: Kernel) -> None:
    messages = kernel.run_well(f"run = bench.measure({TINY!r}, engines='onnxruntime')")

    assert kinds(messages)[0] == "display_data"
    updates = [
        one["content"]["data"] for one in messages if one["msg_type"] == "update_display_data"
    ]
    assert any("<progress" in one["text/html"] for one in updates)
    assert updates[-1]["text/html"] == ""
    assert set(kinds(messages)) == {"display_data", "update_display_data"}


def test_a_run_shows_itself_as_a_table_and_as_nothing_that_becomes_a_tree(kernel: Kernel) -> None:
    messages = kernel.run_well(f"bench.measure({TINY!r}, preset='preview')")

    (result,) = [one for one in messages if one["msg_type"] == "execute_result"]
    assert set(result["content"]["data"]) == {"text/plain", "text/html"}


def interrupt_at(kernel: Kernel, said: str, cell: str, *more: Callable[[], object]) -> None:
    """Presses the stop button once the cell says so; nothing of it may be an error."""
    started = kernel.start(cell)
    messages = kernel.messages(started)
    seen = []
    for message in messages:
        seen.append(message)
        if said in message["content"].get("text", ""):
            kernel.manager.interrupt_kernel()
            break
    seen += messages
    assert any(said in one["content"].get("text", "") for one in seen), seen
    assert "error" not in kinds(seen), seen


@pytest.mark.parametrize(
    ("held", "said", "measured"),
    [("ready", "Starting", 0), ("network", "Loading", 0), ("turns", "Measurement", 3)],
    ids=["while a worker starts", "while a network is loaded", "while it is timed"],
)
def test_interrupted_at_any_moment_it_gives_back_what_it_has(
    kernel: Kernel, held: str, said: str, measured: int
) -> None:
    """The moment is held until the interrupt comes; the last once all networks have a result."""
    kernel.run_well(
        "seen = []\n"
        "def hold(update):\n"
        "    seen.append(update)\n"
        f"    if {held!r} != 'turns': return listen(update)\n"
        "    if len([one for one in seen if isinstance(one, bench.Measurement)]) == 3:\n"
        f"        machine.hold({held!r})\n"
        "        listen(update)\n"
        f"if {held!r} != 'turns': machine.hold({held!r})"
    )

    interrupt_at(
        kernel,
        said,
        "run = bench.measure(['0.25-32-n20', '0.25-32-n21', '0.25-32-n22'], preset='certify',"
        " listen=hold)",
    )

    kernel.run_well("machine.release()")
    assert kernel.value("[run.cancelled, len(run.measurements), run.failures]") == [
        True,
        measured,
        [],
    ]
    assert kernel.value("len(machine.living())") == 0
    assert machine_is_free()
    assert tickets() == []
    kernel.run_well(f"run = bench.measure({TINY!r}, preset='preview')")
    assert kernel.value("len(run.measurements)") == 1


@pytest.mark.parametrize("said", ["Starting", "Timing"])
def test_an_interrupt_ends_the_workers(measuring_kernel: Kernel, said: str) -> None:
    interrupt_at(
        measuring_kernel,
        said,
        f"run = bench.measure({TINY!r}, preset='certify', engines='onnxruntime', listen=listen)",
    )

    assert measuring_kernel.value("[run.cancelled, run.failures]") == [True, []]
    assert measuring_kernel.process.children(recursive=True) == []
    assert machine_is_free()
    assert tickets() == []


def test_a_kernel_that_is_killed_leaves_no_worker_and_no_lock(measuring_kernel: Kernel) -> None:
    process = measuring_kernel.process
    cell = measuring_kernel.start(
        f"bench.measure({TINY!r}, preset='certify', engines='onnxruntime', listen=listen)"
    )
    for message in measuring_kernel.messages(cell):
        if "Timing" in message["content"].get("text", ""):
            break
    workers = process.children(recursive=True)
    assert workers

    process.kill()

    assert soon(lambda: not any(one.is_running() for one in workers), 60)
    assert soon(machine_is_free, 60)


def test_the_magic_measures_and_gives_back_the_run(kernel: Kernel) -> None:
    kernel.run_well("%load_ext benchmarks.notebook")

    kernel.run_well(f"run = %bench {TINY} --engine onnxruntime --preset preview")

    assert kernel.value("[one.candidate.key for one in run.measurements]") == [TINY]
    assert kernel.value("run.measurements[0].scenario.engine") == "onnxruntime"


def test_what_the_magic_cannot_do_it_says_in_a_sentence(kernel: Kernel, wording: Wording) -> None:
    kernel.run_well("%load_ext benchmarks.notebook")
    for line, wrong in {
        "resnet19": "resnet19",
        "0.5-160 --engine tflite": "tflite",
        "9.0-224": "0.05 to 2",
        "": "networks",
        "0.5-160 --preset fast": "fast",
    }.items():
        messages = kernel.run(f"%bench {line}")

        assert set(kinds(messages)) <= {"stream", "error"}
        text = "".join(one["content"].get("text", "") for one in messages)
        text += "".join(one["content"].get("evalue", "") for one in messages)
        assert wrong in text
        assert "Traceback" not in text
        if not text.startswith("UsageError"):  # words of Python's own
            wording(text)
