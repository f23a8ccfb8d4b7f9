"""The Choose page in a browser: calibrated, measured and answered."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, settle

BUTTON = re.compile(r"Measure \d proposals?")


@pytest.mark.slow("a browser; without one: tests/test_choose_page.py")
def test_from_a_budget_to_an_answer_that_was_measured(visits: Visits, server: FakeServer) -> None:
    page = visits.open(f"{server.url}choose")
    for label, limit in (("Latency at most, ms", "500"), ("Weights at most, MB", "2.2")):
        settle(page)
        field = page.get_by_label(label, exact=True)
        field.fill(limit)
        field.press("Enter")
    settle(page)
    page.get_by_role("button", name="Calibrate").click()

    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_be_visible()
    expect(page.get_by_text(re.compile(r"should be (it|better).*, predicted"))).to_be_visible()
    settle(page)
    button.click()
    expect(page.get_by_text(re.compile("measured within 500 ms and 2.20 MB"))).to_be_visible()
    settle(page)
    figure = page.locator(".st-key-choice").get_by_role("figure")
    expect(figure).to_have_attribute("aria-label", re.compile(r"Best: 0\.\d+-\d+"))
    page.get_by_role("link", name=re.compile(r"Explore 0\.\d+")).click()
    expect(page).to_have_url(re.compile(r"width=0\.\d+"))
    expect(page.get_by_text("Channels:")).to_be_visible()
    settle(page)
