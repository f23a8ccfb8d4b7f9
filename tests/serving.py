"""A real server, started as the README says, and a real browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.error import URLError

import psutil
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import URL

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.store.connection import STORE_VARIABLE
from benchmarks.training.record import TRAINED_VARIABLE

PROJECT = Path(__file__).resolve().parents[1]
START_LIMIT_S = 120
WORKERS = ("benchmarks.worker", "tests.fake_worker")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Playwright's own list would be replaced; of it only what matters here. The first two are
    # parts of the browser's own window, which nobody sees.
    "--disable-features=PreloadTopChromeWebUI,WebUIOmniboxPopup,HttpsUpgrades,PaintHolding,"
    "DestroyProfileOnBrowserClose,OptimizationHints,MediaRouter",
)


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*CHROMIUM_FLAGS, *flags]
        )
        yield browser
        browser.close()


class Server:
    """`streamlit run app.py` on a free port. Its queue, store and trained networks are its own."""

    def __init__(self, *, script: Path = PROJECT / "app.py", **environment: str) -> None:
        self._script = script
        self._own = tempfile.TemporaryDirectory()
        self.folder = Path(self._own.name)
        self._environment = {
            FOLDER_VARIABLE: str(self.locks),
            STORE_VARIABLE: str(self.store_url),
            TRAINED_VARIABLE: str(self.trained),
            **environment,
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the server
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Server:
        self._process = subprocess.Popen(
            [sys.executable, "-m", *self._command()],
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT)} | self._environment,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the server did not start: {self.log()}")
            time.sleep(0.05)
        return self

    def _command(self) -> list[str]:
        options = ["--server.port", str(self.port), "--server.headless", "true"]
        return ["streamlit", "run", str(self._script), *options]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._log.close()
        self._own.cleanup()

    @property
    def locks(self) -> Path:
        return self.folder / "locks"

    @property
    def trained(self) -> Path:
        return self.folder / "trained"

    @property
    def store_url(self) -> URL:
        return URL.create("sqlite", database=str(self.folder / "store" / "store.sqlite"))

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(by)
        self._process.wait(timeout=60)

    def workers(self) -> list[psutil.Process]:
        """Of either kind."""
        children = psutil.Process(self.pid).children(recursive=True)
        return [child for child in children if {*WORKERS} & {*child.cmdline()}]

    def memory_bytes(self) -> int:
        return int(psutil.Process(self.pid).memory_info().rss)

    def has_torch(self) -> bool:
        maps = psutil.Process(self.pid).memory_maps()
        return any("libtorch" in Path(mapped.path).name for mapped in maps)

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}_stcore/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False
