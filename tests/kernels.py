"""A Jupyter kernel in a process of its own, and what its cells put out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.talk import ROOT

if TYPE_CHECKING:
    from jupyter_client.blocking import BlockingKernelClient
    from jupyter_client.manager import KernelManager

LIMIT_S = 300  # of one cell, only to fail where it hangs
END_LIMIT_S = 60  # then it is killed, and leaves its temporary files
Message = dict[str, Any]

FAKES = """
from pytest import MonkeyPatch
from tests.fake_worker import FakeMachine, install
machine = FakeMachine()
install(machine, MonkeyPatch())
"""


class Kernel:
    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self._client = client

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.manager.provisioner.process.pid)  # type: ignore[union-attr]

    def start(self, cell: str) -> str:
        return str(self._client.execute(cell, store_history=False))

    def messages(self, cell_id: str) -> Iterator[Message]:
        """What a cell puts out, until it has ended."""
        while True:
            message = self._client.get_iopub_msg(timeout=LIMIT_S)
            if message["parent_header"].get("msg_id") != cell_id:
                continue
            if message["msg_type"] not in ("status", "execute_input"):
                yield message
            elif message["content"].get("execution_state") == "idle":
                return

    def run(self, cell: str) -> list[Message]:
        return list(self.messages(self.start(cell)))

    def run_well(self, cell: str) -> list[Message]:
        """Nothing goes wrong, and nothing is complained about."""
        found = self.run(cell)
        assert [one["content"] for one in found if one["msg_type"] == "error"] == []
        assert [one["content"] for one in found if one["content"].get("name") == "stderr"] == []
        return found

    def value(self, expression: str) -> Any:
        """Of an expression that JSON can hold."""
        printed = self.run_well(f"import json; print(json.dumps({expression}))")
        return json.loads("".join(one["content"]["text"] for one in printed))

    def use_fake_workers(self) -> None:
        """From now on it measures nothing; `machine` is the made-up one."""
        self.run_well(FAKES)


@contextmanager
def running_kernel(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Kernel]:
    from jupyter_client.manager import start_new_kernel

    own = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython")}
    manager, client = start_new_kernel(
        kernel_name="python3", env=os.environ | own | (environment or {}), cwd=str(folder)
    )
    manager.shutdown_wait_time = END_LIMIT_S
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
