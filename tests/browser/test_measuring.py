"""Measuring from the page: start, watch, stop, in every engine."""

import re
import sys

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visiting import (
    MEASURING_MS,
    TIME_LEFT,
    Visits,
    at_rest,
    cancel,
    card,
    jobs,
    measured,
    points,
    press,
    settle,
)
from tests.serving import Server


def test_measure_shows_time_left_and_then_a_measured_figure_with_its_ratio(
    visits: Visits, server: Server
) -> None:
    page = visits.open(f"{server.url}?width=0.25&resolution=128&effort=quick")
    settle(page)
    page.keyboard.press("m")

    strip = jobs(page).filter(has_text="Measure MobileNet 0.25-128")
    expect(strip.last).to_contain_text(TIME_LEFT, timeout=MEASURING_MS)
    expect(strip).to_have_count(0, timeout=MEASURING_MS)
    ratio = r"( × faster|cannot tell \(.+ ×\))"  # it is withheld where the machine is too busy
    expect(measured(page)).to_contain_text(re.compile(rf"[\d.]+ ms.*{ratio}"))
    expect(card(page, "Mult-adds")).to_contain_text("−98 %")


@pytest.mark.slow("TODO: say why")
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel keeps the peak")
def test_memory_is_a_figure_more_once_it_has_been_asked_for(visits: Visits) -> None:
    scenario = "width=0.25&resolution=160&effort=quick&engine=onnxruntime"
    with Server() as server:  # a second try must not find what the first has measured
        page = visits.open(f"{server.url}?{scenario}&pins=0.25-160")
        settle(page)
        memory = page.get_by_test_id("stMetric").filter(has_text=re.compile("^Memory"))
        expect(memory).to_have_count(0)
        page.get_by_test_id("stCheckbox").filter(has_text="Memory too").locator("label").click()
        # At once, without waiting until the page has followed: it counts all the same.
        page.get_by_role("button", name="Measure 0.25-160").click()
        strip = jobs(page).filter(has_text="Measure MobileNet 0.25-160")
        expect(strip.last).to_be_visible()
        expect(strip).to_have_count(0, timeout=MEASURING_MS)

        expect(memory).to_contain_text(re.compile(r"[\d.]+ MB.*−\d+ %", re.DOTALL))
        expect(page).to_have_url(re.compile("memory=true"))
        expect(page.get_by_test_id("stTable")).to_contain_text("Memory")
        page.goto("about:blank")  # before its server goes


def test_a_cancelled_measurement_leaves_a_usable_page(page: Page) -> None:
    strip = press(page, "Measure the 16")
    expect(strip.last).to_contain_text(TIME_LEFT, timeout=MEASURING_MS)
    cancel(page, "Measure the 16")

    expect(strip).to_have_count(0)
    expect(page.get_by_text("Cancelled: Measure the 16 MobileNets")).to_be_visible()
    page.get_by_role("slider", name="Resolution, px").press("ArrowLeft")
    expect(card(page, "Mult-adds")).to_contain_text("418 M")


@pytest.mark.slow("TODO: say why")
def test_the_sixteen_are_measured_in_one_go(page: Page) -> None:
    strip = press(page, "Measure the 16")
    expect(strip.last).to_be_visible()
    expect(strip).to_have_count(0, timeout=MEASURING_MS)

    alt = page.locator(".st-key-grid").get_by_role("figure")
    expect(alt).to_have_attribute("aria-label", re.compile("Median latency of the paper's sixteen"))
    expect(alt).not_to_have_attribute("aria-label", re.compile("have no value|Previews"))


def test_references_join_the_chart_one_by_one_while_they_are_measured(page: Page) -> None:
    title = "Measure the reference networks"
    strip = press(page, "Measure references", title)
    expect(strip.last).to_be_visible()

    page.wait_for_function(
        """() => [...document.querySelectorAll('.st-key-tradeoff .js-plotly-plot')]
            .some(plot => plot.data.some(one => one.customdata?.some(own => own[0] === 'alexnet')))
        """,
        timeout=MEASURING_MS,
    )
    cancel(page, title)
    expect(strip).to_have_count(0)
    assert "alexnet" in points(page)


@pytest.mark.parametrize("engine", ["ONNX Runtime", "OpenVINO"])
def test_other_engines_measure_too(visits: Visits, server: Server, engine: str) -> None:
    page = visits.open(f"{server.url}?width=0.35&resolution=160&baseline=0.35-160&effort=quick")
    settle(page)
    page.get_by_role("radiogroup", name="Engine").get_by_text(engine, exact=True).click()
    expect(page.get_by_role("heading", level=4)).to_contain_text(engine)
    expect(card(page, "Latency here")).to_contain_text("in PyTorch", timeout=MEASURING_MS)
    strip = press(page, "Measure 0.35-160", "Measure MobileNet 0.35-160")

    expect(measured(page)).to_contain_text(re.compile(r"[\d.]+ ms.*baseline"), timeout=MEASURING_MS)
    expect(strip).to_have_count(0)


def test_a_batch_that_cannot_fit_is_refused_in_numbers_before_it_starts(
    visits: Visits, server: Server
) -> None:
    page = visits.open(f"{server.url}?width=2&resolution=1024&batch=1024")

    sentence = page.get_by_role("alert").filter(has_text="Batch 1024")
    expect(sentence).to_contain_text(
        re.compile(
            r"Batch 1024 of MobileNet 2\.0-1024 needs about \d+ GB, and \d+ GB are free\. "
            r"Choose a batch of at most \d+\."
        )
    )
    at_rest(page)
    batch = page.get_by_role("spinbutton", name="Batch")
    batch.fill("1")
    batch.press("Enter")
    expect(sentence).to_have_count(0)
    expect(card(page, "Mult-adds")).to_be_visible()
