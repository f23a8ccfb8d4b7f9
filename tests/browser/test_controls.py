"""Sliders, buttons and charts as controls: by mouse, by keyboard, and in the link."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.visiting import axis, card, click_point, jobs, measured, settle, tab_to


def slider(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def measures(page: Page, label: str) -> None:
    """Wait until this network is selected, and the page has followed."""
    expect(page.get_by_role("button", name=f"Measure {label}")).to_be_visible()
    settle(page)


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

    measures(page, "0.8-224")
    expect(card(page, "Mult-adds")).to_contain_text("367 M")
    expect(card(page, "Parameters")).to_contain_text("2.88 M")
    expect(card(page, "Top-1 estimate")).to_contain_text("≈")
    expect(page).to_have_url(re.compile(r"\?width=0\.8$"))
    expect(card(page, "Latency here, preview")).to_contain_text(" ms")


def test_a_slider_follows_the_mouse_the_papers_stops_and_the_range(page: Page) -> None:
    settle(page)
    drag_to_the_left_end(page, "Resolution, px")
    measures(page, "1.0-128")
    expect(card(page, "Mult-adds")).to_contain_text("186 M")
    expect(page).to_have_url(re.compile(r"\?resolution=128$"))

    page.get_by_role("radiogroup", name="The paper's widths").get_by_text("0.50").click()
    measures(page, "0.5-128")
    page.get_by_role("radiogroup", name="The paper's resolutions").get_by_text("160").click()
    measures(page, "0.5-160")
    width, resolution = slider(page, "Width multiplier α"), slider(page, "Resolution, px")
    expect(width).to_have_value("0.5")
    expect(resolution).to_have_value("160")
    expect(page).to_have_url(re.compile(r"\?resolution=160&width=0\.5$"))

    # Beyond the paper's range a value stays, and coming back takes the nearest.
    page.get_by_text("Design and range").click()
    beyond = page.get_by_text("Beyond the paper's range")
    beyond.click()
    expect(width).to_have_attribute("max", "2")
    expect(width).to_have_value("0.5")
    expect(resolution).to_have_value("160")
    settle(page)
    width.press("Home")
    measures(page, "0.05-160")
    resolution.press("Home")
    measures(page, "0.05-32")
    beyond.click()
    measures(page, "0.25-128")


def test_a_click_on_a_point_or_a_cell_of_a_chart_selects_its_network(page: Page) -> None:
    settle(page)
    page.get_by_role("radiogroup", name="Accuracy against").get_by_text("Mult-adds").click()
    expect(axis(page)).to_have_text("Mult-adds, million (log scale)")
    settle(page)
    click_point(page, "mobilenet_v3_small")

    measures(page, "MobileNetV3-Small")
    expect(page).to_have_url(re.compile("network=MobileNetV3-Small"))
    width = slider(page, "Width multiplier α")
    expect(width).to_be_disabled()
    click_point(page, "0.25-128")
    measures(page, "0.25-128")
    expect(width).to_have_value("0.25")
    click_point(page, "0.75-192", chart="grid")
    measures(page, "0.75-192")
    expect(page).to_have_url(re.compile(r"width=0\.75&resolution=192"))


def test_the_whole_job_can_be_done_without_a_mouse(page: Page) -> None:
    settle(page)
    tab_to(page, slider(page, "Width multiplier α"))
    page.keyboard.press("Home")
    measures(page, "0.25-224")
    tab_to(page, page.get_by_role("radio", name="Width × resolution"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Table")).to_be_checked()
    table = page.get_by_test_id("stDataFrame").locator("canvas").first
    table.wait_for()
    settle(page)
    tab_to(page, table)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    measures(page, "1.0-192")

    tab_to(page, page.get_by_role("button", name="Measure 1.0-192"))
    page.keyboard.press("Enter")
    expect(measured(page)).to_be_visible()
    settle(page)
    expect(jobs(page)).to_have_count(0)
