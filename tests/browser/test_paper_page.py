"""The page of the paper's claims: as legible as the others, and on a phone as well."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_looks import PHONE, violations
from tests.browser.visiting import Visits
from tests.serving import Server


def open_paper(page: Page) -> None:
    page.get_by_role("link", name="The paper").click()
    page.get_by_role("heading", name="Since the paper").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_paper_stands_on_its_own(visits: Visits, server: Server, scheme: str) -> None:
    page = visits.open(server.url, color_scheme=scheme)
    known = violations(page)
    open_paper(page)

    found = violations(page)
    assert found.keys() <= known.keys(), found
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("heading", name="The paper on this machine")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
