"""The page "The paper on this machine" as Streamlit runs it, with nothing timed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.navigation.page import StreamlitPage
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import candidate
from benchmarks.claims import claims, findings
from benchmarks.collection import Collection
from benchmarks.dashboard import session
from benchmarks.dashboard import site as whole_site
from benchmarks.dashboard.findings import BADGES, WORDS, headline
from benchmarks.dashboard.settings import READ_ONLY_VARIABLE
from benchmarks.engines import ENGINES
from benchmarks.results import Failure, Run
from benchmarks.scenarios import Scenario
from tests.builders import PAPER_NETWORKS as NETWORKS
from tests.builders import paper_run
from tests.pages import Site, said, site

__all__ = ["site"]

APP = Path(__file__).resolve().parents[1] / "app.py"
HERE = Scenario("onnxruntime")  # what the page shows at first
TIMED = [claim for claim in claims() if claim.timing]


@pytest.fixture
def page(site: Site) -> AppTest:
    return site.page("paper")


def run_here(run: Run) -> Run:
    rows = tuple(replace(row, scenario=HERE) for row in run.measurements)
    return replace(run, measurements=rows)


def test_before_anything_is_timed_every_claim_is_there_with_what_counting_says(
    page: AppTest,
) -> None:
    page.run()

    assert not page.exception
    text = said(page)
    assert all(claim.sentence in text for claim in claims())
    assert "2 cannot be told, 1 is not measured yet. Asked here:" in text
    assert f"Asked here: {len(TIMED) - 1} are not measured yet." in text
    assert "1.906 % instead of 1.19" in text
    assert "two digits changed places" in text
    assert "in turns, about" in text
    assert not page.button("test_missing").disabled
    assert page.button("test_all").disabled


def test_what_was_measured_on_this_server_decides(page: AppTest) -> None:
    session.manager().add(run_here(paper_run({"1.0-224-full": 25.0})))

    page.run()

    text = said(page)
    assert "1.0-224 (full) takes 4.40 × as long as 1.0-224" in text
    assert ":red-badge[:material/cancel: fails here] **The network with full" in text
    assert ":green-badge[:material/check_circle: holds here]" in text
    assert page.button("test_missing").disabled
    assert not page.button("test_all").disabled


def test_another_engine_is_another_question(page: AppTest) -> None:
    session.manager().add(run_here(paper_run()))

    page.run()
    page.segmented_control("paper_engine").set_value("openvino").run()

    assert not page.exception
    assert "OpenVINO" in page.header[0].value
    assert f"Asked here: {len(TIMED) - 1} are not measured yet." in said(page)


def test_the_button_asks_once_for_what_is_missing_and_no_more(page: AppTest, site: Site) -> None:
    site.machine.hold("ready")
    run = run_here(paper_run())
    rows = tuple(row for row in run.measurements if row.candidate.key != "alexnet")
    session.manager().add(replace(run, measurements=rows))
    page.run()
    page.button("test_missing").click().run()
    page.button("test_missing").click().run()

    (request,) = site.asked()
    assert [one.key for one in request.candidates] == ["0.5-160", "alexnet"]
    assert request.scenarios == (HERE,)
    assert request.preset == "standard"
    assert request.quality == "measured"


def test_all_can_be_tested_again_with_what_the_controls_say(page: AppTest, site: Site) -> None:
    site.machine.hold("ready")
    session.manager().add(run_here(paper_run()))
    page.run()
    page.segmented_control("paper_effort").set_value("quick").run()
    page.button("test_all").click().run()

    (request,) = site.asked()
    assert {one.key for one in request.candidates} == set(NETWORKS)
    assert request.layers
    assert request.preset == "quick"


def test_one_kind_of_outcome_can_be_looked_at_alone(page: AppTest) -> None:
    page.run()
    page.pills("paper_only").set_value("fails").run()

    assert not page.exception
    badges = [one.value for one in page.markdown if "-badge[" in one.value]
    assert badges
    assert all("fails" in badge for badge in badges)


def test_an_engine_that_does_not_run_here_says_why_and_starts_nothing(
    page: AppTest, site: Site
) -> None:
    place = list(ENGINES).index("onnxruntime")
    why = "<b>*none*</b>"
    site.statuses[place] = replace(site.statuses[place], available=False, reason=why)

    page.run()

    assert page.button("test_missing").disabled
    assert "ONNX Runtime does not run here: <b>*none*</b>" in said(page)


def test_a_strangers_words_are_shown_as_words(page: AppTest) -> None:
    hostile = "[x](javascript:alert(1)) <img src=x> :red[y]"
    run = run_here(paper_run())
    rows = tuple(row for row in run.measurements if row.candidate.key != "vgg16")
    failure = Failure(candidate("vgg16"), HERE, hostile)
    session.manager().add(replace(run, measurements=rows, failures=(failure,)))

    page.run()

    shown = " ".join(one.value for one in page.markdown)
    for markup in ("[x](", "<img", ":red[y]"):
        assert not re.search(rf"(?<!\\){re.escape(markup)}", shown), markup


def test_an_outcome_is_a_word_and_a_sign_before_it_is_a_colour() -> None:
    assert set(BADGES) == set(WORDS)
    assert len({icon for _, icon in BADGES.values()}) == len(BADGES)
    for one in findings(Collection(), HERE):
        assert one.word in headline(one)


@pytest.mark.parametrize("read_only", ["", "1"])
def test_a_server_that_only_shows_does_not_offer_the_page(
    site: Site, monkeypatch: pytest.MonkeyPatch, read_only: str
) -> None:
    monkeypatch.setenv(READ_ONLY_VARIABLE, read_only)
    offered: list[str] = []

    class Nothing:
        def run(self) -> None: ...

    def navigation(pages: list[StreamlitPage], position: str) -> Nothing:
        offered.extend(one.title for one in pages)
        return Nothing()

    monkeypatch.setattr(whole_site.st, "navigation", navigation)
    monkeypatch.setattr(whole_site, "steered", SimpleNamespace(attend=print, watch=print))

    shown = site.page().run()

    assert not shown.exception
    assert ("The paper" in offered) == (not read_only)
    assert (offered[:2] == ["Explore", "The paper"]) == (not read_only)
