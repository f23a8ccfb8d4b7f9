"""Can this machine be measured? Asked in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.faking import FakeServer
from tests.browser.looks import fits
from tests.browser.visiting import LAPTOP, PHONE, Visits, go_to, settle

ANSWER = re.compile(r"(Yes|Only roughly|Not now)[:,]")


def answer(page: Page) -> None:
    expect(page.get_by_test_id("stAlert").filter(has_text=ANSWER)).to_be_visible()


@pytest.mark.slow("a browser; without one: tests/test_measurable.py")
def test_signs_renew_themselves_and_a_test_answers_in_every_tab_and_for_good(
    visits: Visits, server: FakeServer, legible: Callable[[Page], None]
) -> None:
    server.let_pages_watch()
    address = f"{server.url}machine"
    page, other = visits.open(address), visits.open(address, color_scheme="dark")
    table = page.get_by_role("table").first
    table.wait_for()
    before = table.inner_text()
    page.wait_for_function("text => document.querySelector('table').innerText !== text", arg=before)

    settle(page)
    expect(page.get_by_text("Not known yet")).to_be_visible()
    page.get_by_role("radio", name="Quick").click()
    settle(page)
    page.get_by_role("radio", name="1", exact=True).click()  # run
    settle(page)
    if (every := page.get_by_role("button", name=re.compile("^all "))).count():  # one is enough
        every.click()
        settle(page)
    server.hold("turns")
    page.get_by_role("button", name="Find out").click()
    strip = other.get_by_test_id("stProgress").filter(has_text="Identical networks")
    expect(strip.last).to_be_visible()
    server.release()
    for one in (page, other):
        answer(one)
        expect(
            one.get_by_role("figure", name="Identical networks against each other, 3 pairs")
        ).to_be_visible()
        expect(one.get_by_role("cell", name="and should be none")).to_be_visible()
        legible(one)

    go_to(page, "Method", "What the numbers mean")
    go_to(page, "Machine", "Can this machine be measured?")
    answer(page)
    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        fits(page, screen["width"])
