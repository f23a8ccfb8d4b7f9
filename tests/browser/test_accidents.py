"""Processes that end when nobody expected it: the page says so, and nothing stays behind."""

import signal

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visiting import (
    MEASURING_MS,
    TIME_LEFT,
    Visits,
    card,
    engines_tried,
    measured,
    points,
    press,
)
from tests.serving import Server
from tests.waiting import has_ended, soon


def measuring(page: Page, server: Server) -> list[psutil.Process]:
    """Workers in the middle of a measurement, once the page shows one under way."""
    strip = press(page, "Measure the 16")
    expect(strip.last).to_contain_text(TIME_LEFT, timeout=MEASURING_MS)
    workers = server.workers()
    assert workers
    return workers


@pytest.mark.slow("TODO: say why")
def test_a_worker_that_is_killed_costs_its_measurement_and_nothing_else(
    visits: Visits, server: Server
) -> None:
    page = visits.open(f"{server.url}?width=0.25&resolution=128&effort=quick")
    engines_tried(page)
    for worker in measuring(page, server):
        worker.kill()

    told = page.get_by_role("alert").filter(has_text="Failed")
    expect(told).to_contain_text("Failed: 16 networks")
    expect(told).to_contain_text("the worker process was ended by SIGKILL")
    expect(told).to_contain_text("Earlier results stay; you can measure again.")
    expect(card(page, "Latency here")).to_contain_text(" ms")
    assert len(points(page)) >= 16
    strip = press(page, "Measure 0.25-128", "Measure MobileNet 0.25-128")
    expect(strip.last).to_be_visible()
    expect(strip).to_have_count(0, timeout=MEASURING_MS)
    expect(told).to_have_count(0)
    expect(measured(page)).to_be_visible()


@pytest.mark.slow("TODO: say why")
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL], ids=lambda by: by.name)
def test_a_server_that_ends_leaves_no_worker_and_never_had_torch_loaded(
    visits: Visits, by: signal.Signals
) -> None:
    with Server() as server:
        page = visits.open(server.url)
        engines_tried(page)
        workers = measuring(page, server)
        page.goto("about:blank")  # or it would complain that the server is gone
        assert not server.has_torch()
        server.stop(by)

        assert soon(lambda: all(map(has_ended, workers)), within_s=3)
