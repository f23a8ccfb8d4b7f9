"""Light and dark, wide and narrow, and what axe says of all that."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FloatRect, Page, expect

from tests.browser.visiting import LAPTOP, MEASURING_MS, Visits, jobs, settle
from tests.serving import Server

CHIP = '<span title="'
PHONE = {"width": 390, "height": 844}
BARE_PAGE = """
import plotly.graph_objects as go
import streamlit as st

st.title("A bare page")
st.slider("Slider", 0, 10)
st.button("Button")
st.radio("Radio", ["a", "b"])
st.dataframe({"a": [1, 2], "b": [3, 4]})
st.file_uploader("File")
st.plotly_chart(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])))
"""
EVERYTHING = "?width=0.55&pins=ResNet-18&pins=0.5-160&detail="


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Streamlit alone: what axe finds there is not ours to mend."""
    script = tmp_path_factory.mktemp("bare") / "bare.py"
    script.write_text(BARE_PAGE, encoding="utf-8")
    with Server(script=script) as started:
        yield started


def violations(page: Page) -> dict[str, list[str]]:
    """What axe finds, by rule, on a page at rest: Streamlit pales what it is about to redraw."""
    expect(jobs(page)).to_have_count(0, timeout=MEASURING_MS)
    settle(page)
    said = Axe().run(page).response
    assert said["passes"]
    found = {one["id"]: [node["html"] for node in one["nodes"]] for one in said["violations"]}
    return without_chips(found)


def whole(bare_page: Page) -> Page:
    """Once its last element is there: a part of the bare page has a part of its faults."""
    bare_page.locator(".js-plotly-plot").wait_for()
    return bare_page


def without_chips(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Streamlit writes what is chosen in white on the theme's colour: a light one in the dark.
    axe sees that at times, and at times not."""
    rest = [html for html in found.get("color-contrast", []) if not html.startswith(CHIP)]
    others = {name: own for name, own in found.items() if name != "color-contrast"}
    return others | ({"color-contrast": rest} if rest else {})


def open_method(page: Page) -> None:
    """By its link: opened by its address, Streamlit looks for itself in the wrong folder first."""
    page.get_by_role("link", name="Method").click()
    page.get_by_role("heading", name="Reference networks").wait_for()


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_a_bare_page_has_not(
    visits: Visits, server: Server, bare: Server, scheme: str
) -> None:
    known = violations(whole(visits.open(bare.url, color_scheme=scheme)))
    page = visits.open(f"{server.url}{EVERYTHING}Table", color_scheme=scheme)
    page.get_by_text("Design and range").click()

    found = violations(page)
    page.get_by_role("tab", name="Layers").click()
    found |= violations(page)
    open_method(page)
    found |= violations(page)
    assert found.keys() <= known.keys(), found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_nothing_overlaps_or_leaves_the_screen(
    visits: Visits, server: Server, screen: dict[str, int], scheme: str
) -> None:
    page = visits.open(f"{server.url}{EVERYTHING}Layers", viewport=screen, color_scheme=scheme)
    settle(page)

    width = screen["width"]
    for room in ("document.body", "document.querySelector('[data-testid=stMain]')"):
        assert page.evaluate(f"{room}.scrollWidth") <= width
    for chart in places(page, ".js-plotly-plot"):
        assert chart["x"] >= 0
        assert chart["x"] + chart["width"] <= width
    cards = places(page, "[data-testid=stMetric]")
    assert len(cards) == 6
    for one, other in combinations(cards, 2):
        assert not overlap(one, other)
    background = page.get_by_test_id("stApp").evaluate(
        "app => getComputedStyle(app).backgroundColor"
    )
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_method_page_stands_on_its_own(visits: Visits, server: Server, scheme: str) -> None:
    page = visits.open(server.url, color_scheme=scheme)
    open_method(page)
    page.set_viewport_size(PHONE)

    expect(page.get_by_role("heading", name="What the numbers mean")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
