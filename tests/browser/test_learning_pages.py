"""Networks are trained on the pages, watched, stopped and gone on with, timed and scored."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from benchmarks.training.record import TRAINED_VARIABLE, kept
from tests.browser.faking import FakeServer
from tests.browser.looks import fits
from tests.browser.visiting import LAPTOP, PHONE, Visits, cancel, settle

EPOCHS = 6


def train(page: Page, epochs: int) -> None:
    """Types the number of epochs and presses Train without leaving the field."""
    page.get_by_role("spinbutton", name="Epochs").fill(str(epochs))
    page.get_by_role("button", name="Train", exact=True).click()


def chart(page: Page, says: str) -> None:
    name = re.compile(f"^Top-1 .*{re.escape(says)}")  # the loss stands beside it
    expect(page.get_by_role("figure", name=name)).to_be_visible()


@pytest.mark.slow("a browser; without one: tests/test_accuracy_page.py")
def test_a_network_is_trained_stopped_gone_on_with_timed_and_scored(
    server: FakeServer,
    visits: Visits,
    legible: Callable[[Page], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(TRAINED_VARIABLE, str(server.trained))
    server.let_pages_watch()
    address = f"{server.url}accuracy"
    page, other = visits.open(address), visits.open(address, color_scheme="dark")
    settle(other)
    settle(page)
    expect(page.get_by_text("Nothing is trained yet.")).to_be_visible()
    page.get_by_role("button", name="0.25", exact=True).click()  # the only one that was chosen
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("No network is chosen.")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="0.25", exact=True).click()
    settle(page)

    server.hold("epoch 2")
    train(page, EPOCHS)
    chart(other, f"0.25-32 after 1 of {EPOCHS} epochs")  # another tab watches, too
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    cancel(page, "Train 0.25-32")
    settle(page)
    server.release()
    (record,) = kept().records
    before = record.epochs
    assert 0 < len(before) < EPOCHS

    page.reload()  # which forgets the settings
    page.get_by_role("button", name="Go on with 0.25-32 after epoch").click()
    chart(page, f"0.25-32 after {EPOCHS} of {EPOCHS} epochs")
    (record,) = kept().records
    assert record.epochs[: len(before)] == before
    chart(page, "against mult-adds")
    settle(page)
    page.get_by_role("button", name="Time these networks").click()
    chart(page, "against latency")

    settle(page)
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_text("540 test images. Latency: 1 thread, 1 image.")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Time these ways").click()
    chart(page, "ONNX Runtime, int8")

    for one in (page, other):
        legible(one)
    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        fits(page, screen["width"])


def choose(page: Page, group: str, option: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_text(option).click()


@pytest.mark.slow("a browser; without one: tests/test_task_pages.py")
def test_a_task_is_timed_and_trained_and_its_link_leads_back(
    server: FakeServer, visits: Visits
) -> None:
    page = visits.open(f"{server.url}tasks")
    settle(page)
    choose(page, "Task", "Face attributes")
    page.get_by_role("heading", name="Face attributes").wait_for()
    expect(page).to_have_url(re.compile("task=Face"))
    settle(page)
    page.get_by_role("button", name=re.compile(r"Time \d+ networks here")).click()
    cells = page.get_by_test_id("stDataFrame").locator("canvas td")
    expect(cells.filter(has_text=re.compile(r"^[\d.,]+ (ms|s)$")).first).to_be_attached()
    expect(page.get_by_text("failed")).to_have_count(0)

    page.reload()
    page.get_by_role("heading", name="Face attributes").wait_for()
    settle(page)
    choose(page, "View", "Train it")
    page.get_by_text("Nothing is trained for this task yet").wait_for()
    settle(page)
    server.hold("epoch 2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name="0.25-64 on generated pictures")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    go_on = page.get_by_role("button", name=re.compile("Go on after epoch"))
    go_on.wait_for()
    server.release()
    go_on.click()
    expect(page.get_by_text(re.compile("is better than chance and .* untrained"))).to_be_visible()
    expect(go_on).to_have_count(0)
