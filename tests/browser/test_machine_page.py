"""Can this machine be measured? Asked in a real browser, answered by a real, short test."""

import re

from playwright.sync_api import Page, expect

from benchmarks.validation import TITLE
from tests.browser.test_looks import PHONE, bare, violations, whole
from tests.browser.visiting import LAPTOP, MEASURING_MS, Visits, jobs
from tests.serving import Server

__all__ = ["bare"]
ANSWER = re.compile(r"(Yes|Only roughly|Not now)[:,]")


def open_machine(page: Page) -> None:
    """By its link: opened by its address, Streamlit looks for itself in the wrong folder first."""
    page.get_by_test_id("stTopNavLink").filter(has_text="Machine").click()
    page.get_by_role("heading", name=TITLE).wait_for()


def answer(page: Page) -> None:
    found = page.get_by_test_id("stAlert").filter(has_text=ANSWER)
    expect(found).to_be_visible(timeout=MEASURING_MS)


def test_signs_renew_themselves_while_nobody_measures(visits: Visits, server: Server) -> None:
    page = visits.open(server.url)
    open_machine(page)
    expect(page.get_by_text("As they are now.")).to_be_visible(timeout=MEASURING_MS)
    table = page.get_by_role("table").first
    before = table.inner_text()

    page.wait_for_function("text => document.querySelector('table').innerText !== text", arg=before)


def test_find_out_answers_in_one_sentence_with_a_chart_for_every_tab_and_for_good(
    visits: Visits, server: Server, bare: Server
) -> None:
    page, other = visits.open(server.url), visits.open(server.url, color_scheme="dark")
    open_machine(page)
    open_machine(other)
    expect(page.get_by_text("Not known yet")).to_be_visible()
    page.get_by_role("radio", name="Quick").click()
    page.get_by_role("radio", name="1", exact=True).click()
    if (every := page.get_by_role("button", name=re.compile("^all "))).count():  # one is enough
        every.click()
        expect(page.get_by_text("1 run, about 20 s or less")).to_be_visible()
    page.get_by_role("button", name="Find out").click()
    expect(jobs(other).filter(has_text="Identical networks").last).to_be_visible()

    known = violations(whole(visits.open(bare.url)))
    for one in (page, other):
        answer(one)
        chart = one.get_by_role("figure", name="Identical networks against each other, 3 pairs")
        expect(chart).to_be_visible()
        expect(one.get_by_role("cell", name="and should be none")).to_be_visible()
        found = violations(one)
        assert found.keys() <= known.keys(), found

    page.get_by_role("link", name="Explore").click()
    page.get_by_role("heading", name="Side by side").wait_for()
    open_machine(page)
    answer(page)
    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        main = "document.querySelector('[data-testid=stMain]')"
        assert page.evaluate(f"{main}.scrollWidth") <= screen["width"]
