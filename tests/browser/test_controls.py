"""Sliders, buttons and charts as controls: by mouse, by keyboard, and in the link."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.visiting import (
    MEASURING_MS,
    Visits,
    axis,
    card,
    click_point,
    jobs,
    measured,
    settle,
    tab_to,
)
from tests.serving import Server


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def drag_to_the_left_end(page: Page, name: str) -> None:
    track = page.get_by_role("group", name=name)
    track.scroll_into_view_if_needed()
    thumb = track.get_by_test_id("stSliderThumbValue").locator("..").bounding_box()
    place = track.bounding_box()
    assert thumb is not None
    assert place is not None
    y = thumb["y"] + thumb["height"] / 2
    page.mouse.move(thumb["x"] + thumb["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] / 2, y)
    page.mouse.move(place["x"], y)
    page.mouse.up()


def test_arrow_keys_move_a_slider_and_figures_link_and_preview_follow(page: Page) -> None:
    settle(page)
    width = slider(page, "Width multiplier α")
    for _ in range(4):
        width.press("ArrowLeft")

    expect(card(page, "Mult-adds")).to_contain_text("367 M")
    expect(card(page, "Parameters")).to_contain_text("2.88 M")
    expect(card(page, "Top-1 estimate")).to_contain_text("≈")
    expect(page).to_have_url(re.compile(r"\?width=0\.8$"))
    expect(card(page, "Latency here, preview")).to_contain_text(" ms", timeout=MEASURING_MS)


def test_a_slider_can_be_dragged(page: Page) -> None:
    settle(page)
    drag_to_the_left_end(page, "Resolution, px")

    expect(page.get_by_role("button", name="Measure 1.0-128")).to_be_visible()
    expect(card(page, "Mult-adds")).to_contain_text("186 M")
    expect(page).to_have_url(re.compile(r"\?resolution=128$"))


def test_whoever_moves_on_before_the_preview_is_there_gets_only_the_last(page: Page) -> None:
    settle(page)
    width = slider(page, "Width multiplier α")
    for _ in range(11):
        width.press("ArrowLeft")

    expect(page.get_by_role("button", name="Measure 0.45-224")).to_be_visible()
    expect(card(page, "Latency here, preview")).to_contain_text(" ms", timeout=MEASURING_MS)
    expect(jobs(page)).to_have_count(0)


def test_the_papers_stops_move_the_sliders(page: Page) -> None:
    settle(page)
    page.get_by_role("radiogroup", name="The paper's widths").get_by_text("0.50").click()
    expect(page.get_by_role("button", name="Measure 0.5-224")).to_be_visible()
    settle(page)
    page.get_by_role("radiogroup", name="The paper's resolutions").get_by_text("160").click()

    expect(page.get_by_role("button", name="Measure 0.5-160")).to_be_visible()
    expect(slider(page, "Width multiplier α")).to_have_value("0.5")
    expect(slider(page, "Resolution, px")).to_have_value("160")
    expect(page).to_have_url(re.compile(r"\?width=0\.5&resolution=160$"))


def test_leaving_the_papers_range_keeps_the_value_and_coming_back_takes_the_nearest(
    visits: Visits, server: Server
) -> None:
    page = visits.open(f"{server.url}?width=0.45&resolution=160")
    settle(page)
    page.get_by_text("Design and range").click()
    beyond = page.get_by_text("Beyond the paper's range")
    beyond.click()

    expect(slider(page, "Width multiplier α")).to_have_attribute("max", "2")
    expect(slider(page, "Width multiplier α")).to_have_value("0.45")
    expect(slider(page, "Resolution, px")).to_have_value("160")
    settle(page)
    slider(page, "Width multiplier α").press("Home")
    expect(page.get_by_role("button", name="Measure 0.05-160")).to_be_visible()
    settle(page)
    slider(page, "Resolution, px").press("Home")
    expect(page.get_by_role("button", name="Measure 0.05-32")).to_be_visible()
    settle(page)
    beyond.click()
    expect(page.get_by_role("button", name="Measure 0.25-128")).to_be_visible()


def test_a_click_on_a_point_of_the_chart_selects_its_network(page: Page) -> None:
    settle(page)
    page.get_by_role("radiogroup", name="Accuracy against").get_by_text("Mult-adds").click()
    expect(axis(page)).to_have_text("Mult-adds, million (log scale)")
    settle(page)
    click_point(page, "mobilenet_v3_small")

    expect(page.get_by_role("button", name="Measure MobileNetV3-Small")).to_be_visible()
    expect(page).to_have_url(re.compile("network=MobileNetV3-Small"))
    expect(slider(page, "Width multiplier α")).to_be_disabled()
    expect(jobs(page)).to_have_count(0)
    click_point(page, "0.25-128")
    expect(page.get_by_role("button", name="Measure 0.25-128")).to_be_visible()
    expect(slider(page, "Width multiplier α")).to_have_value("0.25")


def test_a_click_on_a_cell_of_the_grid_selects_its_network(page: Page) -> None:
    settle(page)
    click_point(page, "0.75-192", chart="grid")

    expect(page.get_by_role("button", name="Measure 0.75-192")).to_be_visible()
    expect(page).to_have_url(re.compile(r"width=0\.75&resolution=192"))


def test_a_row_of_the_table_can_be_selected_without_a_mouse(page: Page) -> None:
    settle(page)
    tab_to(page, page.get_by_role("tab", name="Width × resolution"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Table")).to_have_attribute("aria-selected", "true")
    page.get_by_test_id("stDataFrame").locator("canvas").first.wait_for()
    tab_to(page, page.get_by_test_id("stDataFrame").locator("canvas").first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")

    expect(page.get_by_role("button", name="Measure 1.0-192")).to_be_visible()


def test_the_whole_job_can_be_done_without_a_mouse(page: Page) -> None:
    settle(page)
    tab_to(page, slider(page, "Width multiplier α"))
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="Measure 0.25-224")).to_be_visible()
    settle(page)
    tab_to(page, page.get_by_role("button", name="Measure 0.25-224"))
    page.keyboard.press("Enter")

    expect(jobs(page).filter(has_text="Measure MobileNet 0.25-224").last).to_be_visible()
    expect(measured(page)).to_be_visible(timeout=MEASURING_MS)
