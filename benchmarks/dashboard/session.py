"""What the server shares between tabs, and what belongs to one tab."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from benchmarks.candidates import Candidate
from benchmarks.engines.probe import EngineStatus, statuses, trials
from benchmarks.insight import LARGEST, SMALLEST
from benchmarks.jobs.manager import JobManager
from benchmarks.jobs.request import Request
from benchmarks.jobs.runner import Runner
from benchmarks.results import Measurement
from benchmarks.scenarios import Precision, Scenario
from benchmarks.store import Store
from mobilenet.config import paper_grid

Tried = tuple[str, str, Precision]  # engine, device


@st.cache_resource(show_spinner=False, on_release=JobManager.close)
def manager() -> JobManager:
    """The one queue of this server; all tabs see the same jobs and results."""
    return JobManager(Runner())


def need_queue(nothing_can: str) -> None:
    """End the page where there is no place to queue in; the reason says the way out.

    Call it before anything is read for the page: what comes in from then on, results and the end
    of trying the engines, is news to it.
    """
    try:
        st.session_state["known"] = manager().collection()
        st.session_state["was_trying"] = is_trying()
    except OSError as error:
        st.error(f"{nothing_can}: {error.strerror or error}.", icon=":material/block:")
        st.stop()


def timed(network: Candidate, scenario: Scenario) -> Measurement | None:
    """What somebody has timed here; a first look is not enough to set beside an accuracy."""
    found = manager().collection().get(network, scenario)
    return None if found is None or found.quality == "preview" else found


@st.cache_resource(show_spinner=False)
def start_opening_preview() -> str:
    """Start the preview that a first visitor finds under way; once in a server's life."""
    sixteen = tuple(Candidate(config=config) for config in paper_grid())
    return manager().submit(
        Request(
            title=f"First look at the {len(sixteen)} MobileNets",
            candidates=sixteen,
            scenarios=(Scenario(),),
            preset="preview",
            quality="preview",
            lead=(LARGEST, SMALLEST),  # the opening sentence needs only those
        )
    )


@st.cache_resource(show_spinner=False, on_release=Store.close)
def store() -> Store:
    """Where snapshots are kept. Raises StoreError where it cannot be opened."""
    return Store()


@dataclass
class Asked:
    """The tests with identical networks that were asked for last, in whichever tab.

    tests: the runs of each, one test a number of threads; change them with `lock` held.
    """

    tests: tuple[tuple[Request, ...], ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def requests(self) -> tuple[Request, ...]:
        """In the order in which they run: each test's first run, then each one's second."""
        return tuple(request for together in zip(*self.tests, strict=True) for request in together)


@st.cache_resource(show_spinner=False)
def asked() -> Asked:
    return Asked()


@st.cache_resource(show_spinner=False)
def _probing() -> Future[tuple[EngineStatus, ...]]:
    """Tries every engine, behind the opening preview: a job like any other, so it can be seen."""
    return ThreadPoolExecutor(max_workers=1).submit(_try_engines, manager(), trials())


def _try_engines(queue: JobManager, wanted: tuple[Request, ...]) -> tuple[EngineStatus, ...]:
    """Blocks until all are tried. Where a trial came to nothing its engines stay untried."""
    try:
        ended = [queue.wait_for(job_id) for job_id in [queue.submit(one) for one in wanted]]
    except OSError:  # no place to queue in; whatever is measured next says so
        return ()
    tried = [job for job in ended if job.state == "done" and job.problem is None]
    failures = [failure for job in tried for failure in job.failures]
    requests = [job.request for job in tried if isinstance(job.request, Request)]
    return statuses(requests, failures)


def is_trying() -> bool:
    """Whether engines are still being tried."""
    return not _probing().done()


def engine_statuses() -> dict[Tried, EngineStatus]:
    """By engine, device and precision; empty until every engine has been tried."""
    if is_trying():
        return {}
    return {
        (status.engine, status.device, status.precision): status for status in _probing().result()
    }


def owner() -> str:
    """This tab's name in the queue."""
    return str(st.session_state.setdefault("owner", uuid.uuid4().hex))


def is_phone() -> bool:
    """Whether the browser says so; charts then leave touches to scrolling."""
    return "Mobi" in st.context.headers.get("User-Agent", "")


def is_dark() -> bool:
    """The theme this tab shows."""
    return st.context.theme.type == "dark"
