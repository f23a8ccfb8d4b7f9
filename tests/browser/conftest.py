"""A real server and a real browser, as a person has them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.store import Store
from mobilenet.weights.catalogue import released
from mobilenet.weights.download import MIRROR_VARIABLE
from tests.browser.faking import FakeServer
from tests.browser.looks import BARE_PAGE, IS_DARK, violations
from tests.browser.visiting import PATIENCE_MS, Visits
from tests.serving import Server, chromium, find_chromium


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.real)


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
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that has two of Keras's sixteen files; nobody reads what is in them."""
    folder = tmp_path_factory.mktemp("mirror")
    for key in ("keras/0.25-128", "keras/0.25-160"):
        path = folder / released(key).url.removeprefix("https://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"weights of a network that is made up")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="package")
def one_server(mirror: str) -> Iterator[FakeServer]:
    with FakeServer(**{MIRROR_VARIABLE: mirror}) as started:
        yield started


@pytest.fixture
def server(one_server: FakeServer) -> FakeServer:
    """As new, but for its first minute: the sixteen were looked at, and the engines tried."""
    one_server.renew()
    return one_server


@pytest.fixture
def kept(server: FakeServer) -> Iterator[Store]:
    """What the server keeps."""
    with closing(Store(server.store_url)) as store:
        yield store


@pytest.fixture
def start() -> Iterator[Callable[[Server], Server]]:
    """Starts servers that end after the last page is closed."""
    with ExitStack() as started:
        yield started.enter_context


@pytest.fixture
def visits(browser: Browser, start: Callable[[Server], Server]) -> Iterator[Visits]:
    """For tests of several visitors; at the end nothing may have gone wrong for any of them."""
    with Visits(browser) as opened:
        yield opened


@pytest.fixture
def page(visits: Visits, server: FakeServer) -> Page:
    """The page as a visitor finds it."""
    return visits.open(server.url)


@pytest.fixture(scope="package")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Streamlit alone: what axe finds there is not ours to mend."""
    script = tmp_path_factory.mktemp("bare") / "bare.py"
    script.write_text(BARE_PAGE, encoding="utf-8")
    with Server(script=script) as started:
        yield started


@pytest.fixture(scope="package")
def known_violations(browser: Browser, bare: Server) -> Callable[[str], set[str]]:
    """Of the bare page, in a colour scheme."""

    @cache
    def find(scheme: str) -> set[str]:
        with Visits(browser) as visits:
            page = visits.open(bare.url, color_scheme=scheme)
            page.locator(".js-plotly-plot").wait_for()
            return set(violations(page))

    return find


@pytest.fixture
def legible(request: pytest.FixtureRequest) -> Callable[[Page], None]:
    """Call it with a page: axe finds nothing there that a bare page of Streamlit's has not."""

    def check(page: Page) -> None:
        if found := violations(page):
            scheme = "dark" if page.evaluate(IS_DARK) else "light"
            assert found.keys() <= request.getfixturevalue("known_violations")(scheme), found

    return check
