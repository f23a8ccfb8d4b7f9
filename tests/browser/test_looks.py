"""Light and dark, wide and narrow, and what axe says of all that."""

from collections.abc import Callable
from itertools import combinations

import pytest
from playwright.sync_api import FloatRect, Page, expect

from benchmarks.store import Store
from tests.browser.faking import FakeServer
from tests.browser.looks import fits
from tests.browser.visiting import LAPTOP, PHONE, Visits, go_to, settle
from tests.builders import a_snapshot

EVERYTHING = "?width=0.55&pins=ResNet-18&pins=0.5-160&detail=Table"
BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
TITLES = {  # of each page's link
    "The paper": "The paper on this machine",
    "Choose": "Choose for me",
    "Tasks": "What MobileNets are used for",
    "Accuracy": "Accuracy on your own images",
    "Try it": "Try it on a photograph",
    "Machine": "Can this machine be measured?",
    "Snapshots": "Snapshots",
    "Compare": "Compare snapshots",
    "History": "History of a machine",
    "Method": "What the numbers mean",
}


def places(page: Page, selector: str) -> list[FloatRect]:
    boxes = [one.bounding_box() for one in page.locator(selector).all()]
    return [box for box in boxes if box is not None]


def overlap(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] < other["x"] + other["width"] - 1
        and other["x"] < one["x"] + one["width"] - 1
        and one["y"] < other["y"] + other["height"] - 1
        and other["y"] < one["y"] + one["height"] - 1
    )


@pytest.mark.parametrize(
    "scheme", ["light", pytest.param("dark", marks=pytest.mark.slow("the same in dark"))]
)
def test_explore_is_legible_and_nothing_overlaps_or_leaves_the_screen(
    visits: Visits, server: FakeServer, legible: Callable[[Page], None], scheme: str
) -> None:
    page = visits.open(f"{server.url}{EVERYTHING}", color_scheme=scheme)
    settle(page)
    page.get_by_text("Design and range").click()
    legible(page)
    page.get_by_role("radiogroup", name="In detail").get_by_text("Layers").click()
    expect(page.get_by_role("radio", name="Layers")).to_be_checked()
    page.mouse.move(0, 0)  # below the pointer, Streamlit 1.67 draws a choice paler
    legible(page)
    assert (page.evaluate(BACKGROUND) == "rgb(255, 255, 255)") == (scheme == "light")

    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        fits(page, screen["width"])
        for chart in places(page, ".js-plotly-plot"):
            assert chart["x"] >= 0
            assert chart["x"] + chart["width"] <= screen["width"]
        cards = places(page, "[data-testid=stMetric]")
        assert len(cards) == 6
        for one, other in combinations(cards, 2):
            assert not overlap(one, other)


@pytest.mark.slow("twenty pages; Explore is looked at in every run")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_other_pages_are_legible_and_fit_a_phone(
    visits: Visits, server: FakeServer, kept: Store, legible: Callable[[Page], None], scheme: str
) -> None:
    saved = a_snapshot("For everybody")
    kept.add(saved)
    page = visits.open(f"{server.url}snapshots?snapshot={saved.id}", color_scheme=scheme)
    expect(page.get_by_role("heading", name="For everybody")).to_be_visible()
    legible(page)

    for name, title in TITLES.items():
        go_to(page, name, title)
        legible(page)
        if scheme == "light":  # the layout is the same
            page.set_viewport_size(PHONE)
            fits(page, PHONE["width"])
            page.set_viewport_size(LAPTOP)
