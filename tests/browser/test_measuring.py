"""Measuring from the page: start, watch, stop, in every engine."""

import re
import signal
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.faking import FakeServer
from tests.browser.visiting import (
    MEASURING_MS,
    TIME_LEFT,
    Visits,
    card,
    jobs,
    measured,
    press,
    settle,
)
from tests.serving import Server
from tests.waiting import has_ended, soon


def test_measure_shows_time_left_and_then_a_measured_figure_with_its_ratio(
    visits: Visits, server: FakeServer
) -> None:
    page = visits.open(f"{server.url}?width=0.25&resolution=128&effort=quick")
    settle(page)
    server.behave(pace_s=0.2)
    page.keyboard.press("m")

    strip = jobs(page).filter(has_text="Measure MobileNet 0.25-128")
    expect(strip.last).to_contain_text(TIME_LEFT)
    server.behave(pace_s=0.0)
    settle(page)
    expect(measured(page)).to_contain_text(re.compile(r"[\d.]+ ms.* × faster"))
    expect(card(page, "Mult-adds")).to_contain_text("−98 %")


@pytest.mark.slow("a browser; without one: tests/test_measuring_page.py")
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")
def test_in_another_engine_memory_is_a_figure_more_once_it_has_been_asked_for(
    visits: Visits, server: FakeServer
) -> None:
    page = visits.open(f"{server.url}?width=0.25&resolution=160&effort=quick&pins=0.25-160")
    settle(page)
    memory = page.get_by_test_id("stMetric").filter(has_text=re.compile("^Memory"))
    expect(memory).to_have_count(0)
    page.get_by_role("radiogroup", name="Engine").get_by_text("OpenVINO", exact=True).click()
    expect(page.get_by_role("heading", level=4)).to_contain_text("OpenVINO")
    expect(card(page, "Latency here")).to_contain_text("in PyTorch")
    settle(page)
    page.get_by_test_id("stCheckbox").filter(has_text="Memory too").locator("label").click()
    # At once, without waiting until the page has followed: it counts all the same.
    page.get_by_role("button", name="Measure 0.25-160").click()

    expect(measured(page)).to_contain_text(re.compile(r"[\d.]+ ms.* × faster"))
    expect(memory).to_contain_text(re.compile(r"[\d.]+ MB.*−\d+ %", re.DOTALL))
    expect(page).to_have_url(re.compile("memory=true"))
    expect(page.get_by_test_id("stTable")).to_contain_text("Memory")


@pytest.mark.slow("tries every engine, and measures")
def test_a_real_run_gives_a_figure_and_a_server_that_is_killed_leaves_no_worker(
    visits: Visits, start: Callable[[Server], Server]
) -> None:
    """With `app.py` itself, and its workers."""
    server = start(Server())
    page = visits.open(f"{server.url}?width=0.25&resolution=128&effort=quick")
    press(page, "Measure 0.25-128")  # once the first look and the trials of engines are over
    expect(measured(page)).to_contain_text(re.compile(r"[\d.]+ ms"), timeout=MEASURING_MS)
    assert not server.has_torch()

    strip = press(page, "Measure the 16")
    expect(strip.last).to_contain_text(TIME_LEFT, timeout=MEASURING_MS)
    workers = server.workers()
    assert workers
    page.goto("about:blank")  # or it would complain that the server is gone
    server.stop(signal.SIGKILL)
    assert soon(lambda: all(map(has_ended, workers)), within_s=30)
