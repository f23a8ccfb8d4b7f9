"""Saving, finding, handing on, importing and comparing, in a real browser."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.report import read, to_html
from benchmarks.snapshot import Snapshot, loads
from benchmarks.store import Store
from benchmarks.texts import own_direction
from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, settle
from tests.builders import SCRIPTS, SCRIPTURES, a_snapshot
from tests.serving import Server
from tests.waiting import soon

HARMFUL = (SCRIPTS[1], SCRIPTS[3], SCRIPTURES[1])  # out of a script, in a tag, from right to left


def open_gallery(visits: Visits, server: Server) -> Page:
    page = visits.open(f"{server.url}snapshots")
    settle(page)
    return page


def address(server: Server, snapshot: Snapshot) -> str:
    return f"{server.url}snapshots?snapshot={snapshot.id}"


def fail_on_dialogs(page: Page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).first.click()
    return Path(waiting.value.path()).read_bytes()


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """On the gallery's Import."""
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "application/json", "buffer": one} for name, one in files]
    )


def search(page: Page, words: str) -> None:
    settle(page)
    box = page.get_by_role("textbox", name="Search")
    box.fill(words)
    box.press("Enter")


def test_a_measured_run_is_saved_found_again_and_opened_by_its_link(
    visits: Visits, server: FakeServer, kept: Store
) -> None:
    page = visits.open(f"{server.url}?engine=ONNX+Runtime&effort=Quick")
    settle(page)
    page.get_by_role("button", name=re.compile("^Measure 1.0-224")).click()
    link = page.get_by_role("link", name="Save or share this run")
    expect(link).to_be_visible()
    settle(page)
    link.click()
    page.get_by_role("heading", name="Snapshots").wait_for()
    settle(page)
    page.get_by_role("button", name="Save a run").click()
    expect(page.get_by_text("No host name, no user name")).to_be_visible()
    settle(page)
    page.get_by_label("Note").fill("Written first")
    page.get_by_role("textbox", name="Title").fill("Kept for later")
    page.get_by_role("button", name="Save", exact=True).click()  # without leaving the field

    expect(page.get_by_role("heading", name="Kept for later")).to_be_visible()
    settle(page)
    (entry,) = kept.find("kept for later").entries
    assert entry.id in page.url
    assert entry.note == "Written first"
    page.goto(f"{server.url}?snapshot={entry.id}")
    expect(page.get_by_role("heading", name="Kept for later")).to_be_visible()
    settle(page)


def test_every_form_is_handed_out_and_those_that_can_be_read_are_the_same(
    visits: Visits, server: FakeServer, kept: Store
) -> None:
    saved = a_snapshot("Handed out")
    kept.add(saved)
    page = visits.open(address(server, saved))
    settle(page)
    assert read(downloaded(page, "Page (HTML)"), "page.html") == saved
    assert read(downloaded(page, "Document (JSON)"), "document.json") == saved
    assert downloaded(page, "Table (Markdown)").startswith(b"### Handed out")
    assert downloaded(page, "Table (CSV)").startswith(b"model,infer_img_size")

    settle(page)  # and a link to a server on this computer says so before it is copied
    page.get_by_role("button", name="Link").click()
    expect(page.get_by_text("listens on this computer only")).to_be_visible()
    expect(page.get_by_text(address(server, saved))).to_be_visible()


@pytest.mark.slow("a browser; without one: tests/test_snapshots_page.py")
def test_a_colleagues_report_is_imported_and_compared_with_each_machine_named(
    visits: Visits, server: FakeServer, kept: Store
) -> None:
    content = json.loads(a_snapshot("From a colleague").text)
    content["run"]["machine"]["cpu"] = "Colleague CPU"
    theirs = loads(json.dumps(content))
    ours = a_snapshot("Ours")
    kept.add(ours)
    page = open_gallery(visits, server)
    drop(page, ("theirs.html", to_html(theirs).encode()))
    assert soon(lambda: kept.get(theirs.id) == theirs, within_s=60)
    settle(page)

    chart = page.get_by_role("figure", name="Latency of each network in 2 runs")
    page.goto(f"{server.url}compare")  # which is never empty: it has two examples
    expect(chart).to_be_visible()
    page.goto(f"{server.url}compare?of={ours.id}&of={theirs.id}")
    expect(page.get_by_text("They are of different machines.")).to_be_visible()
    expect(chart.get_by_text("Colleague CPU")).to_be_visible()
    expect(chart.get_by_text("Example CPU")).to_be_visible()
    expect(page.get_by_role("cell", name="Colleague CPU")).to_be_visible()
    settle(page)


@pytest.mark.slow("a browser; without one: tests/test_report.py")
def test_scripts_and_scripts_of_the_world_are_shown_as_they_are(
    visits: Visits, server: FakeServer, kept: Store
) -> None:
    """In the gallery, in a snapshot of their own, in a comparison: inert, and not altered."""
    saved = [a_snapshot(text, text) for text in HARMFUL]
    for one in saved:
        kept.add(one, [one.title[:40]])
    page = open_gallery(visits, server)
    fail_on_dialogs(page)
    page.get_by_test_id("stDataFrame").wait_for()
    for one in saved:
        page.goto(address(server, one))
        expect(page.get_by_role("heading", level=1)).to_have_text(own_direction(one.title))
        expect(page.get_by_test_id("stText")).to_have_text(own_direction(one.note))
        settle(page)
        expect(page.locator("img[src='x'], script:text('alert(1)')")).to_have_count(0)
    page.goto(f"{server.url}compare?of={'&of='.join(one.id for one in saved)}")
    expect(page.get_by_role("figure", name="Latency of each network in 3 runs")).to_be_visible()
    settle(page)
    expect(page.locator("img[src='x'], script:text('alert(1)')")).to_have_count(0)


@pytest.mark.slow("a browser; without one: tests/test_report.py")
def test_a_report_opened_offline_asks_nobody_and_gives_pictures_and_the_document(
    visits: Visits, tmp_path: Path
) -> None:
    asked: list[str] = []
    page = visits.open("about:blank", offline=True)
    fail_on_dialogs(page)
    page.on("request", lambda request: asked.append(request.url))
    for number, text in enumerate(HARMFUL):
        saved = a_snapshot(text, text)
        path = tmp_path / f"{number}.html"
        path.write_text(to_html(saved), encoding="utf-8")
        page.goto(path.as_uri())
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text(text)
        expect(page.locator(".js-plotly-plot")).to_have_count(2)

    picture = downloaded(page, "Save as picture")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
    assert read(downloaded(page, "Save the document"), "document.json") == saved
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def tick_first(page: Page) -> None:
    """A table's cells are painted: its first box is where the first row begins."""
    settle(page)
    table = page.get_by_test_id("stDataFrame")
    table.locator("canvas td").first.wait_for(state="attached")  # its cells, for screen readers
    place = table.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + 16, place["y"] + 68)


@pytest.mark.slow("fifty snapshots, two pages of them, in a browser")
def test_what_is_ticked_belongs_to_the_list_that_was_shown(
    visits: Visits, server: FakeServer, kept: Store
) -> None:
    """More than a page of them; on the second one a word narrows the list to one."""
    for number in range(52):
        kept.add(a_snapshot(f"Listed {number:02d}"))
    page = open_gallery(visits, server)
    tick_first(page)
    opening = page.locator(".st-key-open button")
    expect(opening).to_be_enabled()
    settle(page)
    page.locator("[class*=st-key-page]").get_by_role("button", name="2").click()
    expect(opening).to_be_disabled()

    search(page, "listed 07")
    expect(page.get_by_text("1 snapshot. Tick one")).to_be_visible()
    expect(opening).to_be_disabled()
    tick_first(page)
    expect(opening).to_be_enabled()
    settle(page)
    opening.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(own_direction("Listed 07"))
