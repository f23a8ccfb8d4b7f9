"""Networks are trained on the page, watched, stopped and gone on with, timed and scored."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.dashboard.accuracy import TITLE
from benchmarks.training.record import TRAINED_VARIABLE, kept
from tests.browser.test_looks import PHONE, bare, violations, whole
from tests.browser.visiting import LAPTOP, MEASURING_MS, Visits, cancel, jobs, settle
from tests.serving import Server

__all__ = ["bare"]
EPOCHS = 6


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(TRAINED_VARIABLE, str(tmp_path / "trained"))
    return tmp_path / "trained"


@pytest.fixture
def school(trained: Path) -> Iterator[Server]:
    """A dashboard where nothing is trained yet."""
    with Server() as started:
        yield started


def open_accuracy(page: Page) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text="Accuracy").click()
    page.get_by_role("heading", name=TITLE).wait_for()


def train(page: Page, epochs: int) -> None:
    """Types the number of epochs and presses Train without leaving the field."""
    page.get_by_role("spinbutton", name="Epochs").fill(str(epochs))
    page.get_by_role("button", name="Train", exact=True).click()


def idle(page: Page) -> None:
    expect(jobs(page)).to_have_count(0, timeout=MEASURING_MS)


def chart(page: Page, says: str) -> None:
    name = re.compile(f"^Top-1 .*{re.escape(says)}")  # the loss stands beside it
    expect(page.get_by_role("figure", name=name)).to_be_visible(timeout=MEASURING_MS)


def test_a_network_is_trained_stopped_gone_on_with_timed_and_scored(
    school: Server, visits: Visits, bare: Server
) -> None:
    page, other = visits.open(school.url), visits.open(school.url, color_scheme="dark")
    open_accuracy(page)
    open_accuracy(other)
    expect(page.get_by_text("Nothing is trained yet. Press Train.")).to_be_visible()

    train(page, EPOCHS)
    chart(other, f"0.25-32 after 1 of {EPOCHS} epochs")  # another tab watches, too
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    cancel(page, "Train 0.25-32")
    expect(page.get_by_text("the same again goes on after them")).to_be_visible()
    idle(page)
    (record,) = kept().records
    before = record.epochs
    assert 0 < len(before) < EPOCHS

    page.goto(school.url)  # which forgets the settings
    open_accuracy(page)
    page.get_by_role("button", name="Go on with 0.25-32 after epoch").click()
    chart(page, f"0.25-32 after {EPOCHS} of {EPOCHS} epochs")
    (record,) = kept().records
    assert record.epochs[: len(before)] == before

    chart(page, "against mult-adds")
    page.get_by_role("button", name="Time these networks").click()
    chart(page, "against latency")

    page.get_by_role("button", name="float32", exact=True).click()  # one precision is quicker
    settle(page)
    page.get_by_role("button", name="Score", exact=True).click()
    answers = page.get_by_text("540 test images. Latency: 1 thread, 1 image.")
    expect(answers).to_be_visible(timeout=MEASURING_MS)
    idle(page)
    page.get_by_role("button", name="Time these ways").click()
    chart(page, "ONNX Runtime, int8")

    known = violations(whole(visits.open(bare.url)))
    for one in (page, other):
        idle(one)
        found = violations(one)
        assert found.keys() <= known.keys(), found
    for screen in (LAPTOP, PHONE):
        page.set_viewport_size(screen)
        page.wait_for_function(  # charts take a moment to shrink
            "width => document.querySelector('[data-testid=stMain]').scrollWidth <= width",
            arg=screen["width"],
        )


def photographs(folder: Path) -> Path:
    for name, colour in (("blue", (20, 30, 200)), ("red", (200, 30, 20))):
        (folder / name).mkdir(parents=True)
        for number in range(10):
            shade = tuple(part + number for part in colour)
            Image.new("RGB", (48, 40), shade).save(folder / name / f"{number}.png")
    return folder


def test_a_folder_of_images_is_trained_on_and_what_is_wrong_with_it_is_said(
    school: Server, visits: Visits, tmp_path: Path
) -> None:
    page = visits.open(school.url)
    open_accuracy(page)
    page.get_by_role("combobox", name="Images").click()
    page.get_by_role("option", name="A folder of mine").click()
    path = page.get_by_role("textbox", name="Path of the folder")

    for odd in ("~nobody-is-called-so/x", "a" * 5000, "x\ty"):
        path.fill(odd)
        train(page, 1)
        expect(page.get_by_text("is no folder").first).to_be_visible()
        expect(page.get_by_role("heading", name="Train")).to_be_visible()
    path.fill(str(tmp_path / "no such <b>place</b>"))
    train(page, 1)
    expect(page.get_by_text("no such <b>place</b> is no folder")).to_be_visible()

    (tmp_path / "empty").mkdir()
    path.fill(str(tmp_path / "empty"))
    train(page, 1)
    expect(page.get_by_text("has no sub-folders with a class")).to_be_visible(timeout=MEASURING_MS)

    path.fill(str(photographs(tmp_path / "colours")))
    page.get_by_role("button", name="32", exact=True).click()
    page.get_by_role("button", name="128", exact=True).click()
    train(page, 2)
    chart(page, "0.25-32 after 2 of 2 epochs")
    expect(page.get_by_text("The last epoch counts, not the best.")).to_be_visible()
    idle(page)
    assert str(tmp_path) not in page.get_by_test_id("stMain").inner_text()


def test_a_recipe_that_leads_nowhere_is_refused_with_its_limit(
    school: Server, visits: Visits
) -> None:
    page = visits.open(school.url)
    open_accuracy(page)
    page.get_by_role("button", name="0.25", exact=True).click()  # the only one that was chosen
    settle(page)

    page.get_by_role("button", name="Train", exact=True).click()

    expect(page.get_by_text("No network is chosen. Choose a width")).to_be_visible()
