"""A photograph is dropped on the page, weights are fetched, and networks say what it is."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.faking import FakeServer
from tests.browser.looks import fits
from tests.browser.visiting import LAPTOP, MEASURING_MS, PHONE, Visits, settle


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 60).save(tmp_path / "mine.png")
    return tmp_path / "mine.png"


def drop(page: Page, file: Path) -> None:
    settle(page)
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text(file.name, exact=True).first).to_be_visible()


def slide_to(page: Page, slider: str, key: str) -> None:
    settle(page)
    handle = page.get_by_role("slider", name=slider)
    before = handle.input_value()
    handle.press(key)
    expect(handle).not_to_have_value(before)


def says(page: Page, network: str) -> None:
    expect(page.get_by_role("heading", name=f"{network} says")).to_be_visible()
    answer = page.get_by_role("figure", name=re.compile("^Likeliest classes: .+ %"))
    expect(answer).to_be_visible(timeout=MEASURING_MS)


@pytest.mark.slow("a browser; without one: tests/test_try_page.py")
def test_the_answer_moves_with_the_sliders_between_fetched_variants(
    visits: Visits, server: FakeServer, photograph: Path, legible: Callable[[Page], None]
) -> None:
    page = visits.open(f"{server.url}try")
    expect(page.get_by_text("Drop a photograph on the left.")).to_be_visible()
    expect(page.get_by_text("Licence: Apache 2.0")).to_be_visible()
    drop(page, photograph)
    expect(page.get_by_text("These weights are not here yet")).to_be_visible()
    settle(page)
    page.get_by_role("button", name=re.compile("^Fetch 1.0-224")).click()
    expect(page.get_by_text("answers 404")).to_be_visible()

    slide_to(page, "Width multiplier α", "Home")
    slide_to(page, "Resolution, px", "Home")
    page.get_by_role("button", name=re.compile("^Fetch 0.25-128")).click()
    says(page, "0.25-128")
    slide_to(page, "Resolution, px", "ArrowRight")
    page.get_by_role("button", name=re.compile("^Fetch 0.25-160")).click()
    says(page, "0.25-160")
    expect(page.get_by_role("heading", name="All of them")).to_be_visible()
    slide_to(page, "Resolution, px", "ArrowLeft")
    says(page, "0.25-128")  # nobody has to be asked again
    latency = page.get_by_test_id("stMetric").filter(has_text="Latency here, preview")
    expect(latency).to_contain_text(re.compile(r"\d ms"))

    legible(page)
    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        fits(page, screen["width"])
