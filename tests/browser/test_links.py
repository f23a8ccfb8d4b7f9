"""A link brings a page back, and a bad one does no harm."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from benchmarks.engines import ENGINES
from tests.browser.visiting import Visits, axis, card, settle
from tests.serving import Server


def open_link(visits: Visits, server: Server, link: str) -> Page:
    page = visits.open(f"{server.url}?{link}")
    settle(page)
    return page


def choose(page: Page, group: str, option: str) -> None:
    """And wait until the page has it."""
    options = page.get_by_role("radiogroup", name=group)
    options.get_by_text(option, exact=True).click()
    expect(options.get_by_role("radio", name=option, exact=True)).to_be_checked()
    settle(page)


def test_a_copied_link_brings_back_the_whole_state(visits: Visits, server: Server) -> None:
    page = open_link(visits, server, "width=0.55&resolution=160&threads=2")
    # Streamlit may forget the first of two choices in the address where 50 ms lie between them.
    choose(page, "Engine", "OpenVINO")
    expect(page).to_have_url(re.compile("engine=OpenVINO"))
    choose(page, "Accuracy against", "Parameters")
    expect(page).to_have_url(re.compile("x=Parameters"))
    page.get_by_role("tab", name="Layers").click()
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
    expect(other.get_by_role("tab", name="Layers")).to_have_attribute("aria-selected", "true")
    expect(other.get_by_test_id("stTable")).to_contain_text("0.55-160")


def test_a_precision_that_the_next_engine_lacks_gives_way_to_float32_and_leaves_the_link(
    visits: Visits, server: Server
) -> None:
    one, other, reduced = next(
        (one, other, precision)
        for one in ENGINES.values()
        for other in ENGINES.values()
        for precision in one.precisions
        if precision not in other.precisions
    )
    page = open_link(visits, server, f"engine={one.name}")
    in_link = re.compile("precision=")
    float32 = page.get_by_role("radio", name="float32", exact=True)

    choose(page, "Precision", reduced)
    expect(page).to_have_url(re.compile(f"precision={reduced}"))
    choose(page, "Engine", other.label)
    expect(float32).to_be_checked()
    expect(page).not_to_have_url(in_link)
    choose(page, "Engine", one.label)
    expect(float32).to_be_checked()
    expect(page).not_to_have_url(in_link)

    wrong = open_link(visits, server, f"engine={other.name}&precision={reduced}")
    expect(wrong.get_by_role("alert")).to_contain_text(f"is not offered by {other.label}")
    expect(wrong.get_by_role("radio", name="float32", exact=True)).to_be_checked()
    expect(wrong).not_to_have_url(in_link)


@pytest.mark.parametrize(
    "link",
    [
        "engine=openvino&x=mult_adds&pins=resnet18&pins=0.5-160&baseline=alexnet",
        "engine=OpenVINO&x=Mult-adds&pins=ResNet-18&pins=0.5-160&baseline=AlexNet",
    ],
    ids=["in keys", "in the page's own words"],
)
def test_a_link_can_be_written_by_hand(visits: Visits, server: Server, link: str) -> None:
    page = open_link(visits, server, link)

    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("radio", name="OpenVINO")).to_be_checked()
    expect(page.get_by_role("radio", name="Mult-adds").first).to_be_checked()
    expect(page.get_by_role("combobox", name="Baseline")).to_have_value("AlexNet")
    expect(page.get_by_test_id("stTable")).to_contain_text("ResNet-18")
    expect(page.get_by_test_id("stTable")).to_contain_text("0.5-160")


SCRIPT = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
MARKUP = "![](//example.com/b.png)[b](//example.com)"  # as much as is shown of a wrong value
OVERRIDES = "\u202e\u2066evil\u2069\u0000\u200b"


@pytest.mark.parametrize(
    ("link", "sentences"),
    [
        (
            f"width=7&resolution=abc&threads=64000&engine={quote(SCRIPT)}&pins={'x' * 2000}",
            ("width '7' is outside", "'abc' is no number", "threads '64000'", "<script>", "pins: "),
        ),
        ("width=nan&resolution=inf&batch=1e400&classes=-5", ("width", "resolution", "batch", "-5")),
        (
            "width=1e400&batch=-0&threads=0&classes=1000001",
            ("width '1e400'", "batch '-0'", "'1000001' is outside 1 to 1,000,000"),
        ),
        (f"width=0.3&width=0.6&engine={quote(MARKUP)}&baseline={quote(MARKUP)}", ("not known",)),
        (f"engine={quote(OVERRIDES)}&network={quote(OVERRIDES)}", ("not known",)),
        (f"batch={'9' * 400}&classes={'9' * 5000}", ("batch '99", "classes '99")),
        (
            "&".join(f"pins=0.5-{side}" for side in range(32, 640, 32)),
            ("pins are 19; at most 12 fit",),
        ),
        ("batch=%00&width=%F0%9F%92%A9&=3&%3Cb%3E=1&wide=maybe", ("is no number",)),
    ],
    ids=[
        "wrong",
        "not finite",
        "beyond",
        "markup",
        "unseen characters",
        "long numbers",
        "too many",
        "bytes",
    ],
)
def test_a_bad_link_gives_sentences_and_defaults(
    visits: Visits, server: Server, link: str, sentences: tuple[str, ...]
) -> None:
    page = open_link(visits, server, link)

    told = " ".join(page.get_by_role("alert").all_inner_texts())
    for sentence in sentences:
        assert sentence in told
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_role("alert").locator("img, a, .katex")).to_have_count(0)
    assert page.evaluate("window.harmed") is None
    expect(card(page, "Parameters")).to_contain_text(" M")
    assert len(page.url) < 400
