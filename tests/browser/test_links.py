"""A link brings a page back, and a bad one does no harm."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from benchmarks.engines import ENGINES
from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, axis, card, settle


def open_link(visits: Visits, server: FakeServer, link: str) -> Page:
    page = visits.open(f"{server.url}?{link}")
    settle(page)
    return page


def choose(page: Page, group: str, option: str) -> None:
    """And wait until the page has it."""
    options = page.get_by_role("radiogroup", name=group)
    options.get_by_text(option, exact=True).click()
    expect(options.get_by_role("radio", name=option, exact=True)).to_be_checked()
    settle(page)


def test_a_copied_link_brings_back_the_whole_state(visits: Visits, server: FakeServer) -> None:
    page = open_link(visits, server, "width=0.55&resolution=160&threads=2")
    choose(page, "Engine", "OpenVINO")
    expect(page).to_have_url(re.compile("engine=OpenVINO"))
    choose(page, "Accuracy against", "Parameters")
    expect(page).to_have_url(re.compile("x=Parameters"))
    choose(page, "In detail", "Layers")
    expect(page).to_have_url(re.compile("detail=Layers"))
    page.get_by_role("button", name="Pin 0.55-160").click()
    expect(page).to_have_url(re.compile("pins=0.55-160"))
    settle(page)
    copied = page.url

    other = visits.open(copied)
    settle(other)
    assert other.url == copied
    expect(other.get_by_role("button", name="Measure 0.55-160")).to_be_visible()
    expect(other.get_by_role("radio", name="OpenVINO")).to_be_checked()
    expect(other.get_by_role("spinbutton", name="Threads")).to_have_value("2")
    expect(axis(other)).to_have_text(re.compile("Parameters"))
    expect(other.get_by_role("radio", name="Layers")).to_be_checked()
    expect(other.get_by_test_id("stTable")).to_contain_text("0.55-160")


@pytest.mark.slow("a browser; without one: tests/test_explore.py")
def test_a_precision_that_the_next_engine_lacks_gives_way_to_float32_and_leaves_the_link(
    visits: Visits, server: FakeServer
) -> None:
    one, other, reduced = next(
        (one, other, precision)
        for one in ENGINES.values()
        for other in ENGINES.values()
        for precision in one.precisions
        if precision not in other.precisions
    )
    in_link = re.compile("precision=")
    page = open_link(visits, server, f"engine={other.name}&precision={reduced}")
    float32 = page.get_by_role("radio", name="float32", exact=True)
    expect(page.get_by_role("alert")).to_contain_text(other.label)
    expect(float32).to_be_checked()
    expect(page).not_to_have_url(in_link)

    choose(page, "Engine", one.label)
    choose(page, "Precision", reduced)
    expect(page).to_have_url(re.compile(f"precision={reduced}"))
    for engine in (other, one):
        choose(page, "Engine", engine.label)
        expect(float32).to_be_checked()
        expect(page).not_to_have_url(in_link)


SCRIPT = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
MARKUP = "![](//example.com/b.png)[b](//example.com)"  # as much as is shown of a wrong value
OVERRIDES = "\u202e\u2066evil\u2069\u0000\u200b"


def test_a_bad_link_gives_sentences_and_defaults_and_runs_nothing(
    visits: Visits, server: FakeServer
) -> None:
    link = (
        f"width=7&resolution=abc&threads=64000&engine={quote(SCRIPT)}&baseline={quote(MARKUP)}"
        f"&network={quote(OVERRIDES)}&batch={'9' * 400}&pins={'x' * 2000}&=3&%3Cb%3E=1"
    )
    page = open_link(visits, server, link)

    told = " ".join(page.get_by_role("alert").all_inner_texts())
    for wrong in ("'7'", "'abc'", "'64000'", "<script>", "example.com", "evil", "'99", "xxx"):
        assert wrong in told
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_role("alert").locator("img, a, .katex")).to_have_count(0)
    assert page.evaluate("window.harmed") is None
    expect(card(page, "Parameters")).to_contain_text(" M")
    assert len(page.url) < 400
