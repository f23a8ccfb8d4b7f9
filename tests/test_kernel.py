"""Measuring from a real kernel: its bar, its stop button, and `%bench`."""

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.jobs import machine_is_free, tickets
from tests.talk import ROOT, TINY, exported
from tests.waiting import soon

pytestmark = [
    pytest.mark.slow("TODO: say why"),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
]
INTERRUPTS = 10


class Kernel:
    """A kernel, and what its cells give back."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self._client = client

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.manager.provisioner.process.pid)

    def start(self, cell: str) -> str:
        return str(self._client.execute(cell))

    def outputs(self, cell_id: str) -> list[dict[str, Any]]:
        """The messages of a cell until it has ended."""
        found: list[dict[str, Any]] = []
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != cell_id:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return found
            found.append(message)

    def run(self, cell: str) -> list[dict[str, Any]]:
        return self.outputs(self.start(cell))

    def value(self, expression: str) -> Any:
        """Of an expression that JSON can hold."""
        printed = self.run(f"import json; print(json.dumps({expression}))")
        return json.loads(
            "".join(one["content"]["text"] for one in printed if "text" in one["content"])
        )


@contextmanager
def a_kernel(folder: Path) -> Iterator[Kernel]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython")}
    manager, client = start_new_kernel(kernel_name="python3", env=environment, cwd=str(folder))
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    exported()
    with a_kernel(tmp_path) as started:
        started.run("import benchmarks as bench\nfrom benchmarks import api")
        yield started


def kinds(outputs: list[dict[str, Any]]) -> list[str]:
    return [
        one["msg_type"] for one in outputs if one["msg_type"] not in ("status", "execute_input")
    ]


def test_a_bar_moves_below_the_cell_and_is_gone_at_the_end(kernel: Kernel) -> None:
    outputs = kernel.run(f"run = bench.measure({TINY!r}, engines='onnxruntime')")

    assert kinds(outputs)[0] == "display_data"
    updates = [
        one["content"]["data"] for one in outputs if one["msg_type"] == "update_display_data"
    ]
    assert any("<progress" in one["text/html"] for one in updates)
    assert updates[-1]["text/html"] == ""
    assert set(kinds(outputs)) == {"display_data", "update_display_data"}


def test_a_run_shows_itself_as_a_table_and_as_nothing_that_becomes_a_tree(kernel: Kernel) -> None:
    (result,) = [
        one
        for one in kernel.run(f"bench.measure({TINY!r}, engines='onnxruntime', preset='preview')")
        if one["msg_type"] == "execute_result"
    ]

    assert set(result["content"]["data"]) == {"text/plain", "text/html"}


def test_interrupted_at_any_moment_it_gives_back_what_it_has_and_leaves_nothing(
    kernel: Kernel,
) -> None:
    moments = random.Random(20171704)
    kept = 0
    for _ in range(INTERRUPTS):
        cell = kernel.start(
            "run = None\n"
            "run = bench.measure(['0.25-32-n20', '0.25-32-n21', '0.25-32-n22'], preset='certify')"
        )
        soon(lambda: False, moments.uniform(0.05, 9))
        kernel.manager.interrupt_kernel()
        outputs = kernel.outputs(cell)

        assert "error" not in kinds(outputs), outputs
        cancelled, measured = kernel.value("[run.cancelled, len(run.measurements)]")
        assert cancelled
        kept += measured > 0
        # Its workers end with the run, also those that had just been started.
        assert soon(lambda: not kernel.process.children(recursive=True), 10)
        assert machine_is_free()
        assert tickets() == []

    assert kept >= INTERRUPTS // 3  # some came early, when nothing was measured yet
    assert kernel.value(f"len(bench.measure({TINY!r}, preset='preview').measurements)") == 1


def test_a_kernel_that_is_killed_leaves_no_worker_and_no_lock(kernel: Kernel) -> None:
    kernel.start("bench.measure('0.25-32-n20', preset='certify')")
    assert soon(lambda: bool(kernel.process.children(recursive=True)), 30)
    workers = kernel.process.children(recursive=True)

    kernel.process.kill()

    assert soon(lambda: not any(one.is_running() for one in workers), 10)
    assert soon(machine_is_free, 10)


def test_the_magic_measures_and_gives_back_the_run(kernel: Kernel) -> None:
    kernel.run("%load_ext benchmarks.notebook")

    kernel.run(f"run = %bench {TINY} --engine onnxruntime --preset preview")

    assert kernel.value("[one.candidate.key for one in run.measurements]") == [TINY]
    assert kernel.value("run.measurements[0].scenario.engine") == "onnxruntime"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("resnet19", "'resnet19' is not known"),
        ("0.5-160 --engine tflite", "Engine 'tflite' is not known"),
        ("9.0-224", "0.05 to 2"),
        ("", "required: networks"),
        ("0.5-160 --preset fast", "invalid choice"),
    ],
)
def test_what_the_magic_cannot_do_it_says_in_a_sentence(
    kernel: Kernel, line: str, says: str
) -> None:
    kernel.run("%load_ext benchmarks.notebook")

    outputs = kernel.run(f"%bench {line}")

    text = "".join(str(one["content"]) for one in outputs)
    assert says in text
    assert "Traceback" not in text
