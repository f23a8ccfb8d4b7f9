"""The Tasks page in a browser: legible, on a phone as well, and back by its link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accuracy_page import school, trained
from tests.browser.test_looks import PHONE, violations
from tests.browser.visiting import Visits, jobs, settle
from tests.serving import Server

__all__ = ["school", "trained"]


def open_tasks(page: Page) -> None:
    page.get_by_role("link", name="Tasks").click()
    page.get_by_role("heading", name="Fine-grained recognition").wait_for()
    settle(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_tasks_are_as_legible_as_the_other_pages(
    visits: Visits, server: Server, scheme: str
) -> None:
    page = visits.open(server.url, color_scheme=scheme)
    known = violations(page)
    open_tasks(page)

    found = violations(page)
    assert found.keys() <= known.keys(), found
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("heading", name="What MobileNets are used for")).to_be_visible()
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")


@pytest.mark.slow("TODO: say why")
def test_a_task_is_timed_on_the_page_and_its_link_leads_back(
    visits: Visits, server: Server
) -> None:
    page = visits.open(server.url)
    open_tasks(page)
    page.get_by_role("radiogroup", name="Task").get_by_text("Face embedding").click()
    page.get_by_role("heading", name="Face embedding").wait_for()
    expect(page).to_have_url(re.compile("task=Face"))
    page.get_by_role("button", name="Time 6 networks here").click()
    expect(jobs(page).filter(has_text="Task: Face embedding").last).to_be_visible()
    expect(jobs(page)).to_have_count(0, timeout=180_000)
    expect(page.get_by_text("failed")).to_have_count(0)
    cells = page.get_by_test_id("stDataFrame").locator("canvas td")
    expect(cells.filter(has_text=re.compile(r"^[\d.,]+ ms$"))).to_have_count(6)

    other = visits.open(page.url)
    other.get_by_role("heading", name="Face embedding").wait_for()
    # Streamlit looks for the server below the page's own address first.
    visits.errors = [error for error in visits.errors if "404" not in error]


@pytest.mark.slow("TODO: say why")
def test_a_task_is_trained_stopped_gone_on_with_and_tried(school: Server, visits: Visits) -> None:
    page = visits.open(school.url)
    open_tasks(page)
    page.get_by_role("radiogroup", name="Task").get_by_text("Face attributes").click()
    page.get_by_role("heading", name="Face attributes").wait_for()
    page.get_by_role("radiogroup", name="View").get_by_text("Train it").click()
    page.get_by_text("Nothing is trained for this task yet").wait_for()
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name="0.25-64 on generated pictures")).to_be_visible(
        timeout=120_000
    )  # after its first epoch
    page.get_by_role("button", name="Cancel").click()
    expect(jobs(page)).to_have_count(0, timeout=60_000)
    go_on = page.get_by_role("button", name=re.compile("Go on after epoch"))
    go_on.click()
    expect(go_on).to_have_count(0, timeout=240_000)
    expect(jobs(page)).to_have_count(0, timeout=60_000)
    expect(
        page.get_by_text("is better than chance and is better than the same network untrained")
    ).to_be_visible()

    page.get_by_role("radiogroup", name="View").get_by_text("Try it").click()
    page.get_by_role("button", name="A picture that tested it").click()
    expect(page.get_by_text("The data say:")).to_be_visible(timeout=60_000)
    expect(page.get_by_alt_text("The picture, as 64 × 64 px")).to_be_visible()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "no.png", "mimeType": "image/png", "buffer": b"?"}
    )
    expect(page.get_by_text("no.png")).not_to_have_count(0)
    expect(page.get_by_text(re.compile("is no image"))).to_be_visible(timeout=60_000)
