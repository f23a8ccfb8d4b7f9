"""How long a person waits, in a real browser with all charts drawn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from playwright.sync_api import Page

from tests.bench.figure import Figure, judged, quantile
from tests.serving import Server, chromium

MOVES = 30
NEXT_FRAME_MS = 17  # the clock in the page is read once a frame

# Resolves to the milliseconds from the next key press until the figures have changed and the
# trade-off chart names the new network.
PROBE = """label => { window.__waiting = new Promise(resolve => {
  const figures = () => [...document.querySelectorAll('[data-testid=stMetric]')]
    .map(one => one.innerText).join('|');
  const named = () => [...document.querySelectorAll('.js-plotly-plot text')]
    .some(one => one.textContent.trim() === label);
  const before = figures();
  let start = null;
  window.addEventListener('keydown', () => { start ??= performance.now(); },
    {capture: true, once: true});
  const look = () => {
    if (start !== null && figures() !== before && named()) resolve(performance.now() - start);
    else if (start !== null && performance.now() - start > 10000) resolve(null);
    else requestAnimationFrame(look);
  };
  look();
}); }"""
# Whether the trade-off chart stands on latency and has so many MobileNets on it.
TIMED = """count => [...document.querySelectorAll('.js-plotly-plot')].some(plot =>
  /latency/.test(plot.layout.xaxis?.title?.text) &&
  plot.data.flatMap(trace => trace.customdata ?? [])
    .filter(own => /^[0-9.]+-[0-9]+$/.test(own[0])).length >= count)"""
PROGRESS = "[data-testid=stProgress]"
SENTENCE = "less arithmetic than"


def figures() -> Iterator[Figure]:
    with chromium() as browser:
        start = time.monotonic()
        with Server() as server:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            opened = time.monotonic()
            page.goto(server.url)
            page.wait_for_selector(".js-plotly-plot .points path")
            usable_s = time.monotonic() - start
            page.wait_for_selector(f"text={SENTENCE}", timeout=60_000)
            sentence_s = time.monotonic() - opened
            page.wait_for_function(TIMED, arg=16, polling=50, timeout=60_000)
            open_s = time.monotonic() - opened
            page.wait_for_selector(PROGRESS, state="detached", timeout=60_000)
            settled_s = time.monotonic() - opened
            yield Figure("server start to usable page", f"{usable_s:.1f} s")
            yield Figure(
                "first open to the sentence",
                f"{sentence_s:.1f} s",
                "10 s",
                judged(sentence_s <= 10),
            )
            yield Figure(
                "first open to sixteen times and the sentence",
                f"{open_s:.1f} s",
                "10 s",
                judged(open_s <= 10),
            )
            yield Figure("first open to nothing under way", f"{settled_s:.1f} s")
            idle = _moves(page, pause_ms=500, visited=True)
            yield _moves_figure("slider to figures and charts, idle", idle, 200)
            busy = _moves(page, pause_ms=0, visited=False)
            yield _moves_figure("the same while previews run", busy, 300)
            previews = _previews(page)
            found = f"median {median(previews):.2f} s, worst {max(previews):.2f} s"
            yield Figure("slider to preview", found, "1.5 s", judged(max(previews) <= 1.5))
            grid_s = _grid(page)
            yield Figure("the 16 measured", f"{grid_s:.1f} s", "30 s", judged(grid_s <= 30))
            yield Figure("memory of the server", f"{server.memory_bytes() / 1e6:.0f} MB resident")
            has_torch = server.has_torch()
            found = "loaded" if has_torch else "none"
            yield Figure("torch in the server", found, "none", judged(not has_torch))


def _moves(page: Page, *, pause_ms: int, visited: bool) -> list[float]:
    """Milliseconds of each of thirty key presses on the width slider, there and back."""
    slider = page.get_by_role("slider", name="Width multiplier α")
    axis = page.get_by_role("radiogroup", name="Accuracy against")
    slider.focus()
    if visited:  # so that no preview runs: every network on the way has its time already
        for key in ["ArrowLeft"] * 15 + ["ArrowRight"] * 15:
            page.keyboard.press(key)
            page.wait_for_timeout(1500 if key == "ArrowLeft" else 100)
    else:  # on mult-adds, where a network has its place before it has a time
        axis.get_by_role("radio", name="Mult-adds").click()
        page.get_by_role("radio", name="192").click()
        page.wait_for_timeout(1000)
        slider.focus()
    resolution = 224 if visited else 192
    hundredths, found = 100, []
    for step in [-5] * (MOVES // 2) + [5] * (MOVES // 2):
        hundredths += step
        width = f"{hundredths / 100:g}" if hundredths % 100 else "1.0"
        page.evaluate(PROBE, f"{width}-{resolution}")
        page.keyboard.press("ArrowLeft" if step < 0 else "ArrowRight")
        waited = page.evaluate("() => window.__waiting")
        found.append(float("inf") if waited is None else float(waited))
        page.wait_for_timeout(pause_ms)
    axis.get_by_role("radio", name="Latency here").click()
    return found


def _previews(page: Page) -> list[float]:
    """Seconds from a key press to the latency of a network nobody has timed."""
    latency = "document.querySelector('[data-testid=stMetricValue]').innerText"
    found = []
    for resolution in ("160", "128"):
        page.get_by_role("radio", name="1.00").click()
        page.get_by_role("radio", name=resolution).click()
        page.wait_for_timeout(2000)
        page.get_by_role("slider", name="Width multiplier α").focus()
        for _ in range(4):  # the fifth step would be 0.75, which the first look has timed
            start = time.monotonic()
            before = page.evaluate(f"() => {latency}")
            page.keyboard.press("ArrowLeft")
            page.wait_for_function(
                f"before => ![before, '–'].includes({latency})", arg=before, timeout=20_000
            )
            found.append(time.monotonic() - start)
            page.wait_for_timeout(1000)
    return found


def _grid(page: Page) -> float:
    start = time.monotonic()
    page.get_by_role("button", name="Measure the 16").click()
    page.wait_for_selector(PROGRESS, timeout=10_000)
    page.wait_for_selector(PROGRESS, state="detached", timeout=120_000)
    return time.monotonic() - start


def _moves_figure(what: str, waits_ms: list[float], limit_ms: int) -> Figure:
    p95 = quantile(waits_ms, 0.95)
    return Figure(
        what,
        f"median {median(waits_ms):.0f} ms, p95 {p95:.0f} ms "
        f"of {len(waits_ms)} (± {NEXT_FRAME_MS})",
        f"{limit_ms} ms at p95",
        judged(p95 <= limit_ms),
    )
