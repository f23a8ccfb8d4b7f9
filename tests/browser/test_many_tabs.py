"""Several visitors and reloads: one queue, whose jobs and results everybody sees."""

from pathlib import Path

from playwright.sync_api import expect

from tests import neighbour
from tests.browser.visiting import MEASURING_MS, Visits, engines_tried, jobs, measured, press
from tests.serving import Server

NEIGHBOUR = "the neighbour's measurement"


def test_a_reload_finds_the_running_measurement_again(
    visits: Visits, server: Server, locks: Path
) -> None:
    page = visits.open(f"{server.url}?width=0.5&resolution=128&effort=quick")
    engines_tried(page)
    expect(jobs(page)).to_have_count(0, timeout=MEASURING_MS)  # of a server's first minute
    with neighbour.measuring(NEIGHBOUR, locks):
        strip = press(page, "Measure 0.5-128", "Measure MobileNet 0.5-128")
        expect(strip.last).to_contain_text("waits for 1 measurement on this machine")
        expect(strip.last).to_contain_text(NEIGHBOUR)
        page.reload()
        expect(strip.last).to_contain_text("waits for")

    expect(strip).to_have_count(0, timeout=MEASURING_MS)
    expect(measured(page)).to_be_visible()


def test_tabs_share_the_queue_and_the_results(visits: Visits, server: Server, locks: Path) -> None:
    one = visits.open(f"{server.url}?width=0.5&resolution=160&effort=quick")
    other = visits.open(f"{server.url}?width=0.5&resolution=192&effort=quick")
    with neighbour.measuring(NEIGHBOUR, locks):
        press(one, "Measure 0.5-160", "Measure MobileNet 0.5-160")
        expect(jobs(other).filter(has_text="Measure MobileNet 0.5-160").last).to_be_visible()
        press(other, "Measure 0.5-192", "Measure MobileNet 0.5-192")
        for page in (one, other):
            strip = jobs(page).filter(has_text="Measure MobileNet 0.5-192")
            expect(strip.last).to_contain_text(
                f"waits for 2 measurements on this machine: “{NEIGHBOUR}”"
            )

    for page in (one, other):
        expect(jobs(page)).to_have_count(0, timeout=MEASURING_MS)
        expect(measured(page)).to_be_visible()
