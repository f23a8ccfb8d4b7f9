"""The dashboard that a notebook opens: found or started, and gone with whoever has started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import benchmarks as bench
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.notebook import launch
from benchmarks.notebook.frame import frame
from benchmarks.scenarios import ScenarioError
from benchmarks.steering.announcement import Announcement, announced
from mobilenet import ConfigError
from tests.builders import a_run, measurement
from tests.talk import ROOT
from tests.waiting import has_ended, soon
from tests.wording import Wording

OPENS = """
import signal, sys, time
import benchmarks as bench
signal.signal(signal.SIGINT, signal.default_int_handler)
d = bench.open_dashboard()
try:
    print(d.server.pid, flush=True)
    d.select(0.5, 160)
    print(d.selection, flush=True)
    time.sleep(3600)
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A queue of this test's own, with the dashboards that are announced beside it."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv("BROWSER", "true")  # which opens nothing
    yield tmp_path / "locks"
    launch.stop()


def another_process_opens() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPENS],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.real
def test_one_is_started_and_ends_when_it_is_stopped() -> None:
    opened = bench.open_dashboard()
    process = psutil.Process(opened.server.pid)

    assert launch.running() == opened.server
    assert not has_ended(process)
    opened.stop()
    opened.stop()  # nothing is left to be ended

    assert has_ended(process)
    assert list(announced()) == []
    with pytest.raises(bench.DashboardError, match=r"open_dashboard\(\)"):
        opened.select(0.5, 160)


@pytest.mark.real
@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(
    "how",
    [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow("another server"))],
    ids=lambda how: how.name,
)
def test_one_that_runs_is_used_and_ends_with_whoever_has_started_it(
    how: signal.Signals, locks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with another_process_opens() as other:
        assert says(other).startswith("Started")
        server = psutil.Process(int(says(other)))
        assert says(other) == "None"  # nobody has opened the page in a browser

        mine = bench.open_dashboard()

        assert mine.server.pid == server.pid
        said = capsys.readouterr().out
        assert {str(mine.server.port), f"{server.pid},"} <= set(said.replace("(", "").split())
        with pytest.raises(bench.DashboardError, match="elsewhere"):
            mine.stop()
        assert not has_ended(server)

        os.killpg(other.pid, signal.SIGINT)  # as Jupyter does, to all of the kernel's session
        assert says(other) == "interrupted"
        assert launch.running() == mine.server

        (path,) = (locks / "dashboards").glob("*.json")
        announcement = path.read_text(encoding="utf-8")
        other.send_signal(how)

    assert soon(lambda: has_ended(server))
    assert launch.running() is None
    path.touch(0o600)  # as if it had not come to withdraw it
    path.write_text(announcement, encoding="utf-8")
    assert launch.running() is None
    assert not path.exists()


@pytest.mark.real
def test_one_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "file"))

    with pytest.raises(bench.DashboardError, match=FOLDER_VARIABLE):
        bench.open_dashboard()


@pytest.fixture
def page() -> bench.Dashboard:
    """Of a server that has ended."""
    return bench.Dashboard(Announcement(1, 2, 3, "", "", "2026-01-31T12:00:00+00:00"), "page")


def test_what_does_not_exist_is_refused_before_it_is_sent(page: bench.Dashboard) -> None:
    with pytest.raises(ConfigError):
        page.select(9.0, 224)
    with pytest.raises(bench.CandidateError):
        page.select("resnet19")
    with pytest.raises(ScenarioError):
        page.select(0.5, 160, engine="tflite")
    with pytest.raises(ScenarioError, match="threads"):
        page.select(0.5, 160, threads=2)


def test_a_module_of_ones_own_cannot_be_selected(page: bench.Dashboard, wording: Wording) -> None:
    import torch

    with pytest.raises(bench.CandidateError) as refused:
        page.select(torch.nn.Flatten())  # type: ignore[arg-type]
    wording(refused.value)


def test_a_run_cannot_be_shown_by_a_dashboard_that_has_ended(
    page: bench.Dashboard, wording: Wording
) -> None:
    with pytest.raises(bench.DashboardError) as refused:
        page.show(a_run(measurement("0.5-160")))
    wording(refused.value)


def test_the_frame_names_the_server_and_nothing_that_is_markup() -> None:
    html = frame(8501, '?steered="><script>alert(1)</script>', height_px=700)

    assert "http://127.0.0.1:8501/" in html
    assert "<script>alert" not in html
    assert html.count("<script>") == 1
