"""What somebody sees who opens the page for the first time and touches nothing."""

import re
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.references import references
from mobilenet.config import paper_grid
from tests import neighbour
from tests.browser.visiting import Visits, axis, cancel, card, engines_tried, jobs, points, settle
from tests.serving import Server

FIRST_LOOK = "First look at the 16 MobileNets"
SENTENCE = re.compile(r"less arithmetic than 1\.0-224, and is .* faster here")


def test_the_page_shows_published_figures_and_then_this_machine_without_a_hand_on_it(
    visits: Visits, tmp_path: Path
) -> None:
    with Server(**{FOLDER_VARIABLE: str(tmp_path)}) as server:
        with neighbour.measuring("the neighbour's", tmp_path):
            page = visits.open(server.url)
            settle(page)
            sentence = page.get_by_role("heading", level=4)
            expect(sentence).to_contain_text("from published figures")
            expect(axis(page)).to_have_text("Mult-adds, million (log scale)")
            assert len(points(page)) == len(paper_grid()) + len(references())
            expect(jobs(page).first).to_contain_text(f"{FIRST_LOOK} waits for 1 measurement")
            expect(jobs(page).last).to_contain_text("Trying the engines waits")
            expect(page.get_by_role("button", name="Cancel")).to_have_count(2)

        expect(sentence).to_contain_text(SENTENCE, timeout=120_000)
        expect(axis(page)).to_have_text("Median latency, ms (log scale)")
        engines_tried(page)
        expect(jobs(page)).to_have_count(0)
        assert len(points(page)) == len(paper_grid())
        page.goto("about:blank")  # or it would complain that the server is gone


def test_a_cancelled_preview_does_not_start_again(visits: Visits, tmp_path: Path) -> None:
    with Server(**{FOLDER_VARIABLE: str(tmp_path)}) as server:
        with neighbour.measuring("the neighbour's", tmp_path):
            page = visits.open(server.url)
            cancel(page, FIRST_LOOK)
            expect(page.get_by_text(f"Cancelled: {FIRST_LOOK}")).to_be_visible()
            expect(jobs(page)).to_have_count(1)

        page.reload()
        expect(page.get_by_text(f"Cancelled: {FIRST_LOOK}")).to_be_visible()
        engines_tried(page)
        expect(jobs(page)).to_have_count(0)
        expect(card(page, "Latency here")).to_contain_text("not timed yet")
        page.goto("about:blank")  # or it would complain that the server is gone
