"""A real server and a real browser, as a person has them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from tests.browser.visiting import PATIENCE_MS, Visits
from tests.serving import Server, chromium, find_chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # CONTRIBUTING.md says why


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """CI may not do without: a test that has no browser to drive has shown nothing."""
    if find_chromium() is None:
        reason = "no Chromium found; on Debian: apt install chromium"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def locks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared server queues."""
    return tmp_path_factory.mktemp("locks")


@pytest.fixture(scope="package")
def server(locks: Path) -> Iterator[Server]:
    """One for all who need no fresh one; what one test measures, the next ones see."""
    with Server(**{FOLDER_VARIABLE: str(locks)}) as started:
        yield started
        started.stop(signal.SIGKILL)


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    """For tests of several visitors; at the end nothing may have gone wrong for any of them."""
    with Visits(browser) as opened:
        yield opened


@pytest.fixture
def page(visits: Visits, server: Server) -> Page:
    """The page as its first-time visitor finds it."""
    return visits.open(server.url)
