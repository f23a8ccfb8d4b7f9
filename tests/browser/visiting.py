"""Visitors of the page: what it shows them, and what they do with it."""

import re
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

PATIENCE_MS = 30_000  # for what a page does at once; a busy machine may take its time
MEASURING_MS = 180_000
LAPTOP = {"width": 1440, "height": 1000}
TIME_LEFT = re.compile(r"Timing, \d+ s left")
ENGINES_TRIED = re.compile(r"torch \d.* · onnxruntime \d.* · openvino \d")


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
        context = self._browser.new_context(**{"viewport": LAPTOP, **options})
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", lambda said: self._note(said.type, said.text))
        context.on("weberror", lambda found: self._note("error", str(found.error)))
        context.on("request", lambda request: self._note_host(request.url))
        page = context.new_page()
        page.on("websocket", lambda opened: self._note_host(opened.url))
        page.goto(url)
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)

    def _note_host(self, url: str) -> None:
        if (host := urlsplit(url).hostname) is not None:  # none in data: and blob:
            self.hosts.add(host)


def settle(page: Page) -> None:
    """Wait until the page is drawn and its script at rest."""
    page.get_by_test_id("stMain").locator(".js-plotly-plot, h1").first.wait_for()
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until its script is at rest, whatever it has drawn."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


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


def press(page: Page, button: str, title: str = "") -> Locator:
    """Press a button that starts a measurement; the strip that then shows it."""
    settle(page)
    page.get_by_role("button", name=button).click()
    return jobs(page).filter(has_text=title or button)


def cancel(page: Page, title: str) -> None:
    strips = page.get_by_test_id("stHorizontalBlock").filter(has=jobs(page))
    strips.filter(has_text=title).last.get_by_role("button", name="Cancel").click()


def measured(page: Page) -> Locator:
    """The latency's card once it shows a proper figure: of any other it says what it is."""
    label = re.compile(r"^Latency here(, disturbed)?$")
    return card(page, "Latency here").filter(has=page.get_by_text(label))


def engines_tried(page: Page) -> None:
    """Wait until the page says which engines run here; that is found out behind the preview."""
    expect(page.get_by_text(ENGINES_TRIED)).to_be_visible(timeout=MEASURING_MS)
