"""Saving, finding, handing on, importing and comparing, in a real browser."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import URL

from benchmarks.report import read, to_html
from benchmarks.snapshot import Snapshot, loads
from benchmarks.store import Store
from benchmarks.texts import own_direction
from tests.browser.test_looks import PHONE, bare, violations, whole
from tests.browser.visiting import LAPTOP, MEASURING_MS, Visits, settle
from tests.builders import SCRIPTS, SCRIPTURES
from tests.builders import a_snapshot as described
from tests.serving import Server

__all__ = ["bare"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("kept") / "store.sqlite"
    with closing(Store(URL.create("sqlite", database=str(path)))) as store:
        yield store


@pytest.fixture(scope="module")
def gallery(kept: Store) -> Iterator[Server]:
    with Server(MOBILENET_BENCH_STORE=str(kept.url)) as started:
        yield started


def open_page(page: Page, name: str) -> None:
    settle(page)
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    page.get_by_role("heading", name=name, level=1).wait_for()
    settle(page)


def by_address(visits: Visits) -> None:
    """Opened by its address, Streamlit looks for itself in the wrong folder first, and says so."""
    visits.errors[:] = [said for said in visits.errors if "404 (Not Found)" not in said]


def address(server: Server, snapshot: Snapshot) -> str:
    return f"{server.url}?snapshot={snapshot.id}"


def test_a_measured_run_is_saved_found_again_and_opened_by_its_link(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    page = visits.open(f"{gallery.url}?engine=ONNX+Runtime&effort=Quick")
    settle(page)
    page.get_by_role("button", name=re.compile("^Measure 1.0-224")).click()
    link = page.get_by_role("link", name="Save or share this run")
    expect(link).to_be_visible(timeout=MEASURING_MS)
    link.click()
    page.get_by_role("button", name="Save a run").click()
    expect(page.get_by_text("No host name, no user name")).to_be_visible()
    page.get_by_label("Note").fill("Written first")
    page.get_by_role("textbox", name="Title").fill("Kept for later")
    page.get_by_role("button", name="Save", exact=True).click()  # without leaving the field

    expect(page.get_by_role("heading", name="Kept for later")).to_be_visible()
    (entry,) = kept.find("kept for later").entries
    assert entry.id in page.url
    assert entry.note == "Written first"
    other = visits.open(f"{gallery.url}?snapshot={entry.id}")
    expect(other.get_by_role("heading", name="Kept for later")).to_be_visible()


def test_every_form_is_handed_out_and_those_that_can_be_read_are_the_same(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    saved = described("Handed out")
    kept.add(saved)
    page = visits.open(address(gallery, saved))

    def downloaded(name: str) -> bytes:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        return Path(waiting.value.path()).read_bytes()

    assert read(downloaded("Page (HTML)"), "page.html") == saved
    assert read(downloaded("Document (JSON)"), "document.json") == saved
    assert downloaded("Table (Markdown)").startswith(b"### Handed out")
    assert downloaded("Table (CSV)").startswith(b"model,infer_img_size")


def test_a_link_to_a_server_on_this_computer_says_so_before_it_is_copied(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    saved = described("Linked")
    kept.add(saved)
    page = visits.open(address(gallery, saved))
    page.get_by_role("button", name="Link").click()

    expect(page.get_by_text("listens on this computer only")).to_be_visible()
    expect(page.get_by_text(f"{gallery.url}snapshots?snapshot={saved.id}")).to_be_visible()


def test_a_colleagues_report_is_imported_and_compared_with_each_machine_named(
    visits: Visits, gallery: Server, kept: Store, tmp_path: Path
) -> None:
    content = json.loads(described("From a colleague").text)
    content["run"]["machine"]["cpu"] = "Colleague CPU"
    theirs = loads(json.dumps(content))
    path = tmp_path / "theirs.html"
    path.write_text(to_html(theirs), encoding="utf-8")
    ours = described("Ours")
    kept.add(ours)
    page = visits.open(gallery.url)
    open_page(page, "Snapshots")
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(path)

    expect(page.get_by_text("Imported: From a colleague")).to_be_visible()
    assert kept.get(theirs.id) == theirs
    page.goto(f"{gallery.url}compare?of={ours.id}&of={theirs.id}")
    expect(page.get_by_text("They are of different machines.")).to_be_visible()
    chart = page.get_by_role("figure", name="Latency of each network in 2 runs")
    expect(chart.get_by_text("Colleague CPU")).to_be_visible()
    expect(chart.get_by_text("Example CPU")).to_be_visible()
    expect(page.get_by_role("cell", name="Colleague CPU")).to_be_visible()
    by_address(visits)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("broken.json", b"{", "is no snapshot of MobileNet Bench"),
        ("page.html", b"<!DOCTYPE html><script>alert(1)</script>", "without a snapshot"),
        ("text.json", b"\xff\xfe", "it is not text"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_with_the_reason(
    visits: Visits, gallery: Server, name: str, content: bytes, reason: str
) -> None:
    page = visits.open(gallery.url)
    open_page(page, "Snapshots")
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": content}
    )

    expect(page.get_by_text(reason)).to_be_visible()


def test_scripts_and_scripts_of_the_world_are_shown_as_they_are(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    """In the gallery, in a snapshot of their own, in a comparison: inert, and not altered."""
    saved = [described(text, text) for text in (*SCRIPTS, *SCRIPTURES)]
    for one in saved:
        kept.add(one, [one.title[:40]])
    page = visits.open(gallery.url)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    open_page(page, "Snapshots")
    page.get_by_test_id("stDataFrame").wait_for()
    for one in saved:
        page.goto(address(gallery, one))
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(own_direction(one.title))
        expect(page.get_by_test_id("stText")).to_have_text(own_direction(one.note))
    ids = "&of=".join(one.id for one in saved[:6])
    page.goto(f"{gallery.url}compare?of={ids}")
    expect(page.get_by_role("figure", name="Latency of each network in 6 runs")).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.locator("img[src='x'], script:text('alert(1)')").count() == 0
    by_address(visits)


def test_a_report_opened_offline_asks_nobody_and_shows_its_charts(
    visits: Visits, gallery: Server, tmp_path: Path
) -> None:
    asked: list[str] = []
    for number, text in enumerate((*SCRIPTS, *SCRIPTURES)):
        path = tmp_path / f"{number}.html"
        path.write_text(to_html(described(text, text)), encoding="utf-8")
        page = visits.open("about:blank", offline=True)
        page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.locator(".main-svg").first.wait_for()

        expect(page.get_by_role("heading", level=1)).to_have_text(text)
        assert page.locator(".js-plotly-plot").count() == 2
        page.context.close()
    elsewhere = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert elsewhere == []


def test_a_picture_and_the_document_come_out_of_a_report_that_is_offline(
    visits: Visits, tmp_path: Path
) -> None:
    saved = described("Offline")
    path = tmp_path / "offline.html"
    path.write_text(to_html(saved), encoding="utf-8")
    page = visits.open(path.as_uri(), offline=True)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as picture").first.click()
    picture = Path(waiting.value.path()).read_bytes()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the document").click()
    document = Path(waiting.value.path()).read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 20_000
    assert read(document, "document.json") == saved


def test_the_compare_page_is_never_empty(visits: Visits, gallery: Server) -> None:
    page = visits.open(gallery.url)
    open_page(page, "Compare")

    expect(page.get_by_role("figure", name="Latency of each network in 2 runs")).to_be_visible()
    expect(page.get_by_text("Runs of one machine scatter by some 10 %")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Threads")).to_be_visible()


def test_an_id_that_leads_nowhere_is_a_sentence(visits: Visits, gallery: Server) -> None:
    for wrong in ("a" * 26, "<script>alert(1)</script>", "../../etc/passwd"):
        page = visits.open(f"{gallery.url}?snapshot={wrong}")
        expect(page.get_by_text("There is no snapshot")).to_be_visible()
        page.context.close()


def test_visitors_of_a_read_only_server_can_look_and_start_nothing(
    visits: Visits, kept: Store
) -> None:
    saved = described("To look at")
    kept.add(saved, ["seen"])
    with Server(MOBILENET_BENCH_STORE=str(kept.url), MOBILENET_BENCH_READ_ONLY="1") as server:
        page = visits.open(server.url)
        page.get_by_role("heading", name="Snapshots").wait_for()
        links = page.get_by_test_id("stTopNavLink")
        expect(links).to_have_text(
            [re.compile(f"{name}$") for name in ("Snapshots", "Compare", "History", "Method")]
        )
        for name in ("Save a run", "Import"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        page.goto(address(server, saved))
        expect(page.get_by_role("heading", name="To look at")).to_be_visible()
        expect(page.get_by_text("Tags: seen")).to_be_visible()
        expect(page.get_by_role("combobox")).to_have_count(0)
        page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_pages_can_be_used_by_everybody(
    visits: Visits, gallery: Server, kept: Store, bare: Server, scheme: str
) -> None:
    saved = described("For everybody")
    kept.add(saved)
    known = violations(whole(visits.open(bare.url)))
    for path in ("snapshots", f"snapshots?snapshot={saved.id}", "compare", "history"):
        for size in (LAPTOP, PHONE):
            page = visits.open(f"{gallery.url}{path}", color_scheme=scheme, viewport=size)
            page.get_by_role("heading", level=1).wait_for()
            page.wait_for_timeout(1500)
            found = violations(page)
            assert found.keys() <= known.keys(), (path, found)
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) <= 0, path
            page.context.close()
    by_address(visits)


def test_a_snapshot_that_was_deleted_does_not_come_back_with_the_file_it_was_imported_from(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    saved = described("To be deleted")
    page = visits.open(gallery.url)
    open_page(page, "Snapshots")
    page.get_by_role("button", name="Import").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "one.json", "mimeType": "application/json", "buffer": saved.text.encode()}
    )
    expect(page.get_by_text("Imported: To be deleted")).to_be_visible()
    page.keyboard.press("Escape")

    assert kept.delete(saved.id)
    search(page, "to be deleted")

    expect(page.get_by_text("Nothing is kept that fits.")).to_be_visible()
    assert kept.get(saved.id) is None


def test_tagging_a_snapshot_that_somebody_deleted_is_a_sentence(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    saved = described("Deleted while looked at")
    kept.add(saved, ["tagged"])
    page = visits.open(address(gallery, saved))
    remove = page.get_by_role("button", name="Remove tagged")
    expect(remove).to_be_visible()
    kept.delete(saved.id)
    remove.click()

    expect(page.get_by_text("Somebody has deleted it.")).to_be_visible()


def test_what_is_ticked_belongs_to_the_list_that_was_shown(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    """More than a page of them; on the second one a word narrows the list to one."""
    for number in range(60):
        kept.add(described(f"Listed {number:02d}"))
    page = visits.open(gallery.url)
    open_page(page, "Snapshots")
    tick_first(page)
    opening = page.locator(".st-key-open button")
    expect(opening).to_be_enabled()
    page.locator("[class*=st-key-page]").get_by_role("button", name="2").click()
    expect(opening).to_be_disabled()

    search(page, "listed 07")
    expect(page.get_by_text("1 snapshot. Tick one")).to_be_visible()
    expect(opening).to_be_disabled()
    tick_first(page)
    opening.click()

    expect(page.get_by_role("heading", level=1)).to_have_text(own_direction("Listed 07"))


def search(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Search")
    box.fill(words)
    box.press("Enter")


def tick_first(page: Page) -> None:
    """A table's cells are painted: its first box is where the first row begins."""
    page.wait_for_timeout(1000)
    table = page.get_by_test_id("stDataFrame").bounding_box()
    assert table is not None
    page.mouse.click(table["x"] + 16, table["y"] + 68)


def test_a_link_to_snapshots_that_are_gone_says_so_and_shows_nothing_else(
    visits: Visits, gallery: Server, kept: Store
) -> None:
    saved = described("Still there")
    kept.add(saved)
    page = visits.open(f"{gallery.url}compare?of={saved.id}&of={'a' * 26}&of={saved.id}")

    expect(page.get_by_text("Of the 2 snapshots in this link 1 cannot be shown")).to_be_visible()
    expect(page.get_by_text("Choose two or more")).to_be_visible()
    by_address(visits)
