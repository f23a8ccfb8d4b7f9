"""What somebody sees who opens the page for the first time and touches nothing."""

import re

from playwright.sync_api import expect

from benchmarks.references import references
from mobilenet.config import paper_grid
from tests import neighbour
from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, axis, jobs, points, settle

FIRST_LOOK = "First look at the 16 MobileNets"
SENTENCE = re.compile(r"less arithmetic than 1\.0-224, and is .* faster here")


def test_the_page_shows_published_figures_and_then_this_machine_without_a_hand_on_it(
    visits: Visits, server: FakeServer
) -> None:
    server.renew(is_visited=False)
    with neighbour.measuring("the neighbour's", server.locks):
        page = visits.open(server.url)
        settle(page, even_measuring=True)
        sentence = page.get_by_role("heading", level=4)
        expect(sentence).to_contain_text("from published figures")
        expect(axis(page)).to_have_text("Mult-adds, million (log scale)")
        assert len(points(page)) == len(paper_grid()) + len(references())
        expect(jobs(page).first).to_contain_text(f"{FIRST_LOOK} waits for 1 measurement")
        expect(jobs(page).last).to_contain_text("Trying the engines waits")
        expect(page.get_by_role("button", name="Cancel")).to_have_count(2)

    expect(sentence).to_contain_text(SENTENCE)
    expect(axis(page)).to_have_text("Median latency, ms (log scale)")
    expect(page.get_by_text(re.compile(r"torch \d.* · onnxruntime \d.*"))).to_be_visible()
    settle(page)
    assert len(points(page)) == len(paper_grid())
