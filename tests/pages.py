"""Pages of the dashboard as Streamlit runs them, without a browser, on a machine that is made up.

A test module imports the fixture `site`; every test then has a server of its own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from benchmarks.dashboard import keep, session
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.jobs.manager import JobManager, JobView
from benchmarks.jobs.request import Request
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.store.connection import STORE_VARIABLE
from benchmarks.training.record import TRAINED_VARIABLE
from tests.fake_worker import FakeMachine
from tests.waiting import soon

APP = Path(__file__).resolve().parents[1] / "app.py"
LIMIT_S = 60.0  # only so that a fault does not hang
PROBING = session._probing
CACHES = (
    session.start_opening_preview,
    session.asked,
    session.store,
    keep._document,
    PROBING,
    session.manager,  # last: it ends what the others have started
)
THREADS = ("jobs", "fake worker")
# Every AppTest reads the metadata of all installed packages, which takes 0.6 s.
_scan_once = cache(manifest_scanner.scan_component_manifests)


def _forget() -> None:
    for one in CACHES:
        one.clear()


@dataclass
class Site:
    """A server on which nothing has been measured and whose engines have been tried.

    machine: what its workers do. folder: its files. statuses: what trying the engines has found.
    """

    machine: FakeMachine
    folder: Path
    statuses: list[EngineStatus]
    _patch: pytest.MonkeyPatch

    def page(self, name: str = "", **query: str | Sequence[str]) -> AppTest:
        """One page alone, by its module's name, or the whole dashboard; not yet run."""
        if not name:
            found = AppTest.from_file(str(APP), default_timeout=LIMIT_S)
        else:
            imported = f"from benchmarks.dashboard import explore, {name}"
            given = "explore.page()" if name == "choose" else ""
            found = AppTest.from_string(
                f"{imported}\n{name}.show({given})", default_timeout=LIMIT_S
            )
        for key, value in query.items():
            found.query_params[key] = value
        return found

    def opened(self, name: str = "", **query: str | Sequence[str]) -> AppTest:
        """The same, drawn once."""
        return drawn(self.page(name, **query))

    @property
    def manager(self) -> JobManager:
        return session.manager()

    def jobs(self, kind: type[Any] = Request) -> list[JobView]:
        """Those that somebody asked for, of a kind, oldest first."""
        jobs = [job for job in self.manager.jobs() if isinstance(job.request, kind)]
        return [job for job in jobs if not (job.is_preview or job.is_background)]

    def asked(self) -> list[Request]:
        return [job.request for job in self.jobs() if isinstance(job.request, Request)]

    def finish(self) -> None:
        """Let the machine work until nothing waits or runs any more."""
        self.machine.release()
        for job in self.manager.jobs():
            assert not self.manager.wait_for(job.request.id, LIMIT_S).is_live

    def until(self, condition: Callable[[], bool]) -> None:
        assert soon(condition, LIMIT_S)

    def refuse_to_queue(self) -> None:
        """From now on there is no place to queue in."""
        blocked = self.folder / "file"
        blocked.touch()
        self._patch.setenv(FOLDER_VARIABLE, str(blocked))

    def try_engines(self) -> None:
        """As a server does when it begins: behind the opening preview."""
        self._patch.setattr(session, "_probing", PROBING)

    def allow_folders(self) -> None:
        """As if the browser ran on the server's own computer."""
        for module in ("teaching", "task_teaching", "contenders", "learned"):
            self._patch.setattr(f"benchmarks.dashboard.{module}.may_name_folders", lambda: True)


@pytest.fixture
def site(
    fake_machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """A server of its own, of which nothing is left afterwards."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.setenv(TRAINED_VARIABLE, str(tmp_path / "trained"))
    monkeypatch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path}/store.sqlite")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    statuses = [
        EngineStatus(name, "cpu", "float32", True, None, ((name, "1.0"),)) for name in ENGINES
    ]
    tried: Future[list[EngineStatus]] = Future()
    tried.set_result(statuses)
    monkeypatch.setattr(session, "_probing", lambda: tried)
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _scan_once)
    _forget()
    yield Site(fake_machine, tmp_path, statuses, monkeypatch)
    _forget()
    assert not [one for one in threading.enumerate() if one.name in THREADS]


def drawn(page: AppTest) -> AppTest:
    """Once more, without an error of the program."""
    page.run()
    assert not page.exception, [one.message for one in page.exception]
    return page


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click()
    return drawn(page)


def said(page: AppTest) -> str:
    """All sentences, without the backslashes that keep words from being markup."""
    boxes = (*page.info, *page.success, *page.warning, *page.error)
    every = (*page.title, *page.header, *page.subheader, *page.markdown, *boxes)
    return " ".join(one.value for one in every).replace("\\", "")


def told(page: AppTest) -> str:
    """Errors and warnings."""
    return " ".join(one.value for one in (*page.error, *page.warning)).replace("\\", "")


def strips(page: AppTest) -> list[str]:
    """Of what waits or runs."""
    return [str(one.proto.text) for one in page.get("progress")]


def cancel(page: AppTest, title: str) -> AppTest:
    """Press the button beside the strip of the job with this title."""
    (job,) = [
        job
        for job in session.manager().jobs()
        if job.is_live and job.request.title.startswith(title)
    ]
    return press(page, f"cancel-{job.request.id}")


def card(page: AppTest, label: str) -> tuple[str, str, str]:
    """Label, value and difference of the figure whose label begins so."""
    (found,) = [one for one in page.metric if one.label.startswith(label)]
    return found.label, found.value, found.delta


def keys(page: AppTest) -> set[str]:
    """Of the buttons."""
    return {str(one.key) for one in page.button}


def alts(page: AppTest) -> list[str]:
    """What the charts say, in words."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def networks_of(page: AppTest) -> set[str]:
    """Keys of the networks on the first chart."""
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    return {own[0] for trace in figure["data"] for own in trace.get("customdata", ())}


def rows_of(page: AppTest, table: int = 0) -> list[dict[str, Any]]:
    found = page.dataframe[table].value.to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in found]
