"""Visitors of the page: what it shows them, and what they do with it."""

import re
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    WebSocket,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE_MS = 240_000  # ends a test that hangs; a page does at once whatever it does
MEASURING_MS = 360_000  # the same, for tests that measure
LAPTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}
TIME_LEFT = re.compile(r"Timing, \d+ (s|min).* left")
IS_DRAWN = """({evenMeasuring}) => {
    const app = document.querySelector('[data-testid=stApp]')
    if (app?.dataset.testScriptState !== 'notRunning') return false
    if (app.dataset.testConnectionState !== 'CONNECTED') return false
    if (document.querySelector('[data-stale=true], [data-testid=stSkeleton]')) return false
    if (!evenMeasuring && document.querySelector('[data-testid=stProgress]')) return false
    const shown = '[data-testid=stMain] :is(.js-plotly-plot, h1, h2, h3, h4, [role=alert])'
    return document.querySelector(shown) !== null
}"""
IS_IDLE = "() => new Promise(rest => requestIdleCallback(rest, {timeout: 1000}))"


class Talk:
    """What a page and its server say to each other: whether the page waits for an answer."""

    def __init__(self, page: Page) -> None:
        self.is_answered = True
        self.socket: WebSocket | None = None
        self._wanted = ""  # which part of the page is to be drawn; empty: all of it
        page.on("websocket", self._follow)

    def _follow(self, socket: WebSocket) -> None:
        if not urlsplit(socket.url).path.endswith("/_stcore/stream"):
            return
        self.socket = socket
        socket.on("framesent", self._note_sent)
        socket.on("framereceived", self._note_received)

    def _note_sent(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            return
        said = BackMsg.FromString(frame)
        if said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun:
            self.is_answered, self._wanted = False, said.rerun_script.fragment_id

    def _note_received(self, frame: str | bytes) -> None:
        if self.is_answered or isinstance(frame, str):
            return
        heard = ForwardMsg.FromString(frame)
        if heard.WhichOneof("type") == "new_session":
            drawn = heard.metadata.run.fragment_ids
            self.is_answered = not drawn or self._wanted in drawn


_talks: WeakKeyDictionary[Page, Talk] = WeakKeyDictionary()


def settle(page: Page, *, even_measuring: bool = False) -> None:
    """Wait until the page is at rest: all that was done has been answered, its script has run to
    the end, everything is drawn, the browser is idle, and nothing waits or is measured.

    even_measuring: except for the last.
    """
    talk = _talks[page]
    but = {"evenMeasuring": even_measuring}
    while True:
        page.wait_for_function(IS_DRAWN, arg=but)
        page.evaluate(IS_IDLE)  # a page sends what was done, and follows an answer, a moment later
        if not talk.is_answered:
            assert talk.socket is not None
            talk.socket.wait_for_event("framereceived", lambda _: talk.is_answered)
        elif page.evaluate(IS_DRAWN, but):
            return


class Visits:
    """Opens pages, each in a context of its own, and keeps what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.hosts: set[str] = set()

    def __enter__(self) -> "Visits":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for context in self._contexts:
            context.close()
        if error is None:
            assert not self.errors, self.errors
            assert self.hosts <= {"127.0.0.1"}, self.hosts

    def open(self, url: str, **options: Any) -> Page:
        """A visitor who has never been there; options: as playwright's `new_context` takes them."""
        context = self._browser.new_context(
            **{"viewport": LAPTOP, "reduced_motion": "reduce", **options}  # half the CPU time
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._note)
        context.on("weberror", lambda found: self.errors.append(str(found.error)))
        context.on("request", lambda request: self._note_host(request.url))
        page = context.new_page()
        _talks[page] = Talk(page)
        page.on("websocket", lambda opened: self._note_host(opened.url))
        page.goto(url)
        return page

    def _note(self, said: ConsoleMessage) -> None:
        """Opened below its root, Streamlit looks for its server there first, and complains."""
        is_search = "404 (Not Found)" in said.text and "/_stcore/" in said.location["url"]
        if said.type == "error" and not is_search:
            self.errors.append(said.text)

    def _note_host(self, url: str) -> None:
        if (host := urlsplit(url).hostname) is not None:  # none in data: and blob:
            self.hosts.add(host)


def card(page: Page, label: str) -> Locator:
    """One of the six figures of the selected network."""
    found = page.get_by_test_id("stMetric").filter(has_text=label)
    return found.last  # for a frame a redraw may have two


def jobs(page: Page) -> Locator:
    """The strips of what waits or runs."""
    return page.get_by_test_id("stProgress")


def axis(page: Page, chart: str = "tradeoff") -> Locator:
    """What the chart's horizontal axis says."""
    return page.locator(f".st-key-{chart} .xtitle").last  # a redraw may have two at once


def points(page: Page, chart: str = "tradeoff") -> list[str]:
    """Keys of the networks that a chart shows."""
    found: list[str] = page.locator(f".st-key-{chart} .js-plotly-plot").last.evaluate(
        "plot => plot.data.flatMap(trace => trace.customdata ?? []).map(own => own[0])"
    )
    return found


def click_point(page: Page, key: str, chart: str = "tradeoff") -> None:
    selector = f".st-key-{chart} .js-plotly-plot"
    place = page.wait_for_function(
        """([selector, key]) => {
            const plot = [...document.querySelectorAll(selector)].at(-1)
            if (!plot?._fullLayout || !plot.calcdata) return null  // it is being drawn anew
            const {xaxis, yaxis} = plot._fullLayout
            for (const [number, trace] of plot.data.entries()) {
                const i = (trace.customdata ?? []).findIndex(own => own[0] === key)
                if (i < 0) continue
                const {x, y} = plot.calcdata[number][i]
                return {x: xaxis._offset + xaxis.c2p(x), y: yaxis._offset + yaxis.c2p(y)}
            }
            return null
        }""",
        arg=[selector, key],
    )
    page.locator(selector).last.click(position=place.json_value())


def tab_to(page: Page, target: Locator, *, at_most: int = 90) -> None:
    """Press Tab until `target` has the focus."""
    for _ in range(at_most):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{at_most} tabs do not reach {target}")


def press(page: Page, button: str, title: str = "", *, even_measuring: bool = False) -> Locator:
    """Press a button that starts a measurement; the strip that then shows it."""
    settle(page, even_measuring=even_measuring)
    page.get_by_role("button", name=button).click()
    return jobs(page).filter(has_text=title or button)


def go_to(page: Page, name: str, title: str = "") -> None:
    """By the link of that name; title: a heading of the page that it leads to."""
    settle(page)
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    page.get_by_role("heading", name=title or name).first.wait_for()
    settle(page)


def cancel(page: Page, title: str) -> None:
    strips = page.get_by_test_id("stHorizontalBlock").filter(has=jobs(page))
    strips.filter(has_text=title).last.get_by_role("button", name="Cancel").click()


def measured(page: Page) -> Locator:
    """The latency's card once it shows a proper figure: of any other it says what it is."""
    label = re.compile(r"^Latency here(, disturbed)?$")
    return card(page, "Latency here").filter(has=page.get_by_text(label))
