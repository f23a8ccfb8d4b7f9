"""JupyterLab as a person has it: a server, a notebook in it, and the kernel behind that."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.error import URLError

import psutil
from jupyter_client import BlockingKernelClient
from playwright.sync_api import Page

START_LIMIT_S = 240
TOKEN = "secret"
OWN_FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


class Jupyter:
    """A server on a free port, with settings of its own in `folder`, where its notebooks lie.

    base: of its addresses, as JupyterHub gives each person one. remote: it is asked for under other
        names than this computer's. proxy: whether jupyter-server-proxy runs in it.
    """

    def __init__(
        self, folder: Path, *, base: str = "/", remote: bool = False, proxy: bool = True
    ) -> None:
        self.folder = folder
        self.base = base
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._remote, self._proxy = remote, proxy
        self._environment = {
            name: str(folder / "jupyter" / name)
            for name in (
                "JUPYTER_CONFIG_DIR",
                "JUPYTER_DATA_DIR",
                "JUPYTER_RUNTIME_DIR",
                "IPYTHONDIR",
            )
        }

    def __enter__(self) -> Jupyter:
        settings = [
            f"--ServerApp.port={self.port}",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.base_url={self.base}",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self.folder}",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]
        # What a hub switches on, because its people come under its name.
        settings += ["--ServerApp.allow_remote_access=True"] if self._remote else []
        if not self._proxy:
            settings += ["--ServerApp.jpserver_extensions=jupyter_server_proxy=False"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *settings],
            cwd=self.folder,
            env=os.environ | self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("JupyterLab did not start")
            time.sleep(0.2)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        kernels = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:  # it waits for a kernel that has not started yet
            self._process.kill()
            self._process.wait()
            for kernel in kernels:
                with suppress(psutil.NoSuchProcess):
                    kernel.kill()

    def write(self, name: str, cells: Sequence[str]) -> None:
        """A notebook of code cells."""
        import nbformat  # takes 3 s, which collecting need not wait for

        found = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": KERNEL},
        )
        nbformat.write(found, self.folder / name)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{self.base}{path}?token={TOKEN}"

    def kernel(self) -> BlockingKernelClient:
        """A second client of the one kernel that runs."""
        folder = Path(self._environment["JUPYTER_RUNTIME_DIR"])
        (file,) = folder.glob("kernel-*.json")
        client = BlockingKernelClient()
        client.load_connection_info(json.loads(file.read_text(encoding="utf-8")))
        client.start_channels()
        client.wait_for_ready(30)
        return client

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(self.url("api"), timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False

    def run_all(self, page: Page) -> None:
        """In JupyterLab and in Notebook 7: Run, Run All Cells; once the kernel has started."""
        page.locator(".jp-Notebook").wait_for()
        page.locator("[data-status=idle]").first.wait_for()
        deadline = time.monotonic() + START_LIMIT_S
        while self._kernel_states() != ["idle"]:
            assert time.monotonic() < deadline, "the kernel did not start"
            time.sleep(0.2)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()

    def _kernel_states(self) -> list[str]:
        """Nothing while the server is too busy to tell."""
        try:
            with urllib.request.urlopen(self.url("api/kernels"), timeout=5) as answer:
                return [one["execution_state"] for one in json.load(answer)]
        except (URLError, TimeoutError):
            return []


def value_of(kernel: BlockingKernelClient, expression: str) -> str:
    """What an expression is in the kernel, as text."""
    printed: list[str] = []

    def hear(message: dict[str, object]) -> None:
        content = message["content"]
        assert isinstance(content, dict)
        if message["msg_type"] == "stream":
            printed.append(str(content["text"]))
        if message["msg_type"] == "error":
            printed.append(str(content["evalue"]))

    kernel.execute_interactive(f"print({expression})", output_hook=hear, timeout=60)
    return "".join(printed).strip()
