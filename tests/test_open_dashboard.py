"""The dashboard that a notebook opens: found or started, and gone with whoever has started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import torch

import benchmarks as bench
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.notebook import launch
from benchmarks.notebook.frame import frame
from benchmarks.scenarios import ScenarioError
from benchmarks.steering.announcement import Announcement, announced
from mobilenet import ConfigError
from tests.builders import a_run, measurement
from tests.talk import ROOT
from tests.waiting import soon

pytestmark = pytest.mark.slow("TODO: say why")

OPENS = """
import sys
import benchmarks as bench
d = bench.open_dashboard()
print(d.server.pid, flush=True)
d.select(0.5, 160)
print(d.selection, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("BROWSER", "true")  # which opens nothing
    yield
    launch.stop()


def somebody_opens() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPENS],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_one_is_started_and_ends_when_it_is_stopped() -> None:
    opened = bench.open_dashboard()

    assert launch.running() == opened.server
    assert is_alive(opened.server.pid)
    opened.stop()
    opened.stop()  # nothing is left to be ended

    assert not is_alive(opened.server.pid)
    assert list(announced()) == []
    with pytest.raises(bench.DashboardError, match=r"run open_dashboard\(\) again"):
        opened.select(0.5, 160)


def test_one_that_runs_is_used_and_left_running(capsys: pytest.CaptureFixture[str]) -> None:
    with somebody_opens() as other:
        started, pid = says(other), int(says(other))
        assert started.startswith("Started a dashboard on port")
        assert says(other) == "None"  # nobody has opened the page in a browser

        mine = bench.open_dashboard()

        assert mine.server.pid == pid
        assert f"Using the dashboard that runs on port {mine.server.port} (process {pid}" in (
            capsys.readouterr().out
        )
        with pytest.raises(bench.DashboardError, match="started elsewhere"):
            mine.stop()
        assert is_alive(pid)
        other.terminate()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_it_ends_with_whoever_has_started_it(how: signal.Signals) -> None:
    with somebody_opens() as other:
        says(other)
        pid = int(says(other))
        assert is_alive(pid)
        other.send_signal(how)

    assert soon(lambda: not is_alive(pid), 20)
    assert launch.running() is None


INTERRUPTED = """
import sys, time
import benchmarks as bench
d = bench.open_dashboard()
try:
    print(d.server.pid, flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.read()
"""


def test_an_interrupt_of_the_kernel_leaves_it_running() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process as other:
        says(other)
        pid = int(says(other))
        os.killpg(other.pid, signal.SIGINT)  # as Jupyter does, to all of the kernel's session
        assert says(other) == "interrupted"
        found = launch.running()
        assert found is not None
        assert found.pid == pid
        other.terminate()


def test_what_is_announced_but_gone_is_passed_over_and_forgotten(tmp_path: Path) -> None:
    with somebody_opens() as other:
        says(other)
        says(other)
        path = next((tmp_path / "locks" / "dashboards").glob("*.json"))
        content = path.read_text(encoding="utf-8")
        other.kill()
    assert soon(lambda: launch.running() is None, 20)
    path.touch(0o600)
    path.write_text(content, encoding="utf-8")

    assert launch.running() is None
    assert not path.exists()


def test_one_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))

    with pytest.raises(
        bench.DashboardError,
        match=r"Notebooks cannot find this dashboard: .*Set MOBILENET_BENCH_LOCKS",
    ):
        bench.open_dashboard()


def test_what_does_not_exist_is_refused_before_it_is_sent() -> None:
    server = Announcement(1, 2, 3, "", "", "2026-01-31T12:00:00+00:00")
    page = bench.Dashboard(server, "page")

    with pytest.raises(ConfigError):
        page.select(9.0, 224)
    with pytest.raises(bench.CandidateError):
        page.select("resnet19")
    with pytest.raises(ScenarioError):
        page.select(0.5, 160, engine="tflite")
    with pytest.raises(ScenarioError, match="threads belongs to a way of running"):
        page.select(0.5, 160, threads=2)
    with pytest.raises(bench.CandidateError, match="Measure your module, and show"):
        page.select(torch.nn.Flatten())
    with pytest.raises(bench.DashboardError, match="does not answer"):
        page.show(a_run(measurement("0.5-160")))


def test_the_frame_names_the_server_and_nothing_that_is_markup() -> None:
    html = frame(8501, '?steered="><script>alert(1)</script>', height_px=700)

    assert "http://127.0.0.1:8501/" in html
    assert "<script>alert" not in html
    assert html.count("<script>") == 1
