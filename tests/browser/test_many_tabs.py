"""Several visitors and reloads: one queue, whose jobs and results everybody sees."""

import pytest
from playwright.sync_api import expect

from tests import neighbour
from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, jobs, measured, press, settle

NEIGHBOUR = "the neighbour's measurement"


@pytest.mark.slow("a browser; without one: tests/test_measuring_page.py")
def test_tabs_share_the_queue_and_the_results_and_a_reload_finds_them_again(
    visits: Visits, server: FakeServer
) -> None:
    server.let_pages_watch()
    one = visits.open(f"{server.url}?width=0.5&resolution=160&effort=quick")
    other = visits.open(f"{server.url}?width=0.5&resolution=192&effort=quick")
    settle(other)
    with neighbour.measuring(NEIGHBOUR, server.locks):
        strip = press(one, "Measure 0.5-160", "Measure MobileNet 0.5-160")
        expect(strip.last).to_contain_text("waits for 1 measurement on this machine")
        expect(strip.last).to_contain_text(NEIGHBOUR)
        one.reload()
        expect(strip.last).to_contain_text("waits for 1 measurement")
        expect(jobs(other).filter(has_text="Measure MobileNet 0.5-160").last).to_be_visible()
        press(other, "Measure 0.5-192", "Measure MobileNet 0.5-192", even_measuring=True)
        for page in (one, other):
            strip = jobs(page).filter(has_text="Measure MobileNet 0.5-192")
            expect(strip.last).to_contain_text(
                f"waits for 2 measurements on this machine: “{NEIGHBOUR}”"
            )

    for page in (one, other):
        expect(measured(page)).to_be_visible()
        settle(page)
