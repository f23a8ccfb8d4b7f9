"""Measuring from the Explore page: what is started, watched, stopped, and shown at its end."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import Candidate
from benchmarks.dashboard import session
from benchmarks.engines import ENGINES
from benchmarks.references import references
from mobilenet.config import paper_grid
from tests import neighbour
from tests.pages import (
    Site,
    alts,
    cancel,
    card,
    drawn,
    networks_of,
    press,
    said,
    site,
    strips,
    told,
)
from tests.wording import Wording

__all__ = ["site"]
SIXTEEN = [Candidate(config=one).key for one in paper_grid()]
FIRST_LOOK = "First look at the 16 MobileNets"
SMALL = {"width": "0.25", "resolution": "128", "effort": "Quick"}
TIME_LEFT = re.compile(r"Timing, \d+ s left")


def running(site: Site, title: str) -> bool:
    """Whether the machine has begun with it."""
    return any(
        job.request.title.startswith(title) and job.state == "running" and job.phase
        for job in site.manager.jobs()
    )


def test_measure_is_watched_and_then_shows_a_measured_figure_with_its_ratio(site: Site) -> None:
    page = site.opened("explore", **SMALL)
    site.finish()
    assert card(drawn(page), "Latency here")[0] == "Latency here, preview"

    site.machine.hold("ready")
    press(page, "measure")
    site.until(lambda: running(site, "Measure"))
    (strip,) = strips(drawn(page))
    assert strip.startswith("**Measure MobileNet 0.25-128 in PyTorch eager**: Starting")
    site.finish()
    drawn(page)

    assert not strips(page)
    label, value, change = card(page, "Latency here")
    assert label == "Latency here"
    assert float(value.removesuffix(" ms")) > 0
    assert re.fullmatch(r"[\d.]+ × faster.*", change)
    assert card(page, "Mult-adds")[2] == "−98 %"
    assert [one.proto.label for one in page.get("page_link")] == ["Save or share this run"]


def test_memory_is_a_figure_more_once_somebody_wants_it(site: Site) -> None:
    page = site.opened("explore", **SMALL, engine="onnxruntime", pins=["0.25-128"])
    assert not [one for one in page.metric if one.label.startswith("Memory")]

    page.toggle(key="memory").set_value(True)
    press(page, "measure")
    site.finish()
    drawn(page)

    _, value, change = card(page, "Memory")
    assert value.endswith(" MB")
    assert re.fullmatch(r"−\d+ %", change)
    assert "Memory" in str(page.table[0].value)


def test_a_cancelled_measurement_leaves_a_usable_page(site: Site, wording: Wording) -> None:
    page = site.opened("explore")
    site.finish()
    site.machine.hold("round")
    press(page, "measure_grid")
    site.until(lambda: running(site, "Measure the 16"))
    drawn(page)
    cancel(page, "Measure the 16")
    site.finish()
    drawn(page)

    assert not strips(page)
    assert [job.state for job in site.jobs()] == ["cancelled"]
    wording(page.markdown[-1].value if "Cancelled" in page.markdown[-1].value else ended(page))
    page.slider(key="resolution").set_value(192)
    assert card(drawn(page), "Mult-adds")[1] == "418 M"


def ended(page: AppTest) -> str:
    (found,) = [one.value for one in page.markdown if "Cancelled" in one.value]
    return found


def test_the_sixteen_are_measured_in_one_go(site: Site) -> None:
    page = site.opened("explore")
    press(page, "measure_grid")
    (asked,) = site.asked()
    assert [one.config for one in asked.candidates] == list(paper_grid())
    assert (asked.quality, asked.fresh) == ("preliminary", False)
    site.finish()
    drawn(page)

    (alt,) = [one for one in alts(page) if "sixteen" in one]
    assert "no value" not in alt
    assert "Preview" not in alt


def test_references_join_the_chart_one_by_one_while_they_are_measured(site: Site) -> None:
    page = site.opened("explore")
    site.finish()
    site.machine.hold("round")
    press(page, "measure_references")
    (asked,) = site.asked()
    assert {one.reference for one in asked.candidates} >= set(references())
    site.until(lambda: "alexnet" in networks_of(drawn(page)))
    cancel(page, "Measure the reference networks")
    site.finish()

    assert "alexnet" in networks_of(drawn(page))


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_other_engines_measure_too(site: Site, engine: str) -> None:
    page = site.opened("explore", width="0.35", resolution="160", baseline="0.35-160")
    page.radio(key="engine").set_value(engine)
    drawn(page)
    site.finish()
    assert card(drawn(page), "Latency here")[2].startswith("in PyTorch")
    assert ENGINES[engine].label in said(page)

    press(page, "measure")
    site.finish()
    name, value, change = card(drawn(page), "Latency here")
    assert (name, change) == ("Latency here", "baseline")
    assert value.endswith(" ms")


def test_a_batch_that_cannot_fit_is_refused_in_numbers_until_it_is_smaller(site: Site) -> None:
    page = site.opened("explore", width="2", resolution="1024", batch="1024")

    (error,) = page.error
    found = re.search(r"1024 of MobileNet 2\.0-1024 .*?(\d+) GB.*?(\d+) GB.* (\d+)\.$", error.value)
    assert found is not None
    needed, free, most = map(int, found.groups())
    assert needed > free
    assert 1 <= most < 1024
    assert not page.metric
    page.number_input(key="batch").set_value(1)
    assert not drawn(page).error
    assert page.metric


def test_a_worker_that_dies_costs_its_measurement_and_nothing_else(
    site: Site, wording: Wording
) -> None:
    page = site.opened("explore", **SMALL)
    site.finish()
    site.machine.hold("round")
    press(page, "measure_grid")
    site.until(lambda: running(site, "Measure the 16"))
    for worker in site.machine.living():
        worker.die()
    site.finish()
    drawn(page)

    assert "16 networks" in page.error[0].value
    assert "SIGKILL" in page.error[0].value
    wording(page.error[0].value)
    assert card(page, "Latency here")[1].endswith(" ms")
    assert len(networks_of(page)) >= 16
    press(page, "measure")
    site.finish()
    drawn(page)
    assert not page.error
    assert card(page, "Latency here")[0] == "Latency here"


def test_the_first_visitor_sees_published_figures_and_then_this_machine(site: Site) -> None:
    site.try_engines()
    locks = site.folder / "locks"
    with neighbour.measuring("the neighbour's", locks):
        page = site.opened("explore")
        assert len(networks_of(page)) == len(paper_grid()) + len(references())
        site.until(lambda: len(site.manager.jobs()) >= 2)
        drawn(page)
        first, *_ = strips(page)
        assert first.startswith(f"**{FIRST_LOOK}** waits for 1 measurement")
        assert "the neighbour's" in first
        assert any(one.startswith("**Trying the engines** waits") for one in strips(page))
        assert len([key for key in page.button if str(key.key).startswith("cancel-")]) >= 2

    site.until(lambda: not session.is_trying())
    site.finish()
    drawn(page)
    assert re.search(r"less arithmetic than 1\.0-224, and is .* faster here", said(page))
    assert re.search(r"torch \d.* · onnxruntime \d.* · openvino \d", said(page))
    assert not strips(page)
    assert len(networks_of(page)) == len(paper_grid())


def test_a_cancelled_preview_does_not_start_again(site: Site) -> None:
    site.machine.hold("ready")
    page = site.opened("explore")
    cancel(page, FIRST_LOOK)
    site.finish()

    other = site.opened("explore")
    assert f"Cancelled: {FIRST_LOOK}" in said(other)
    assert not strips(other)
    assert card(other, "Latency here")[2] == "not timed yet"
    assert [job.state for job in site.manager.jobs()] == ["cancelled"]


def test_previews_give_way_to_the_network_that_was_chosen_last(site: Site) -> None:
    site.machine.hold("ready")
    page = site.opened("explore")
    for width in (0.8, 0.6, 0.45):
        page.slider(key="width").set_value(width)
        drawn(page)
    site.finish()

    states = {job.request.title.split()[3]: job.state for job in site.manager.jobs()[1:]}
    assert states == {"0.8-224": "replaced", "0.6-224": "replaced", "0.45-224": "done"}
    assert card(drawn(page), "Latency here")[0] == "Latency here, preview"
    assert not strips(page)


def test_tabs_share_the_queue_and_the_results_and_a_reload_finds_them(site: Site) -> None:
    one = site.opened("explore", width="0.5", resolution="160", effort="Quick")
    other = site.opened("explore", width="0.5", resolution="192", effort="Quick")
    site.finish()
    with neighbour.measuring("the neighbour's", site.folder / "locks"):
        press(one, "measure")
        press(other, "measure")
        reloaded = site.opened("explore", width="0.5", resolution="160", effort="Quick")
        for page in (drawn(one), drawn(other), reloaded):
            first, second = strips(page)
            assert first.startswith("**Measure MobileNet 0.5-160")
            assert "waits for 1 measurement" in first
            assert second.startswith("**Measure MobileNet 0.5-192")
            assert "waits for 2 measurements" in second
            assert "the neighbour's" in second
    site.finish()

    for page in (one, other, reloaded):
        assert card(drawn(page), "Latency here")[0] == "Latency here"
        assert not strips(page)


@pytest.mark.parametrize(
    ("button", "networks"),
    [
        ("measure", ["1.0-224"]),
        ("measure_grid", SIXTEEN),
    ],
)
def test_a_double_click_and_another_tab_measure_once(
    site: Site, button: str, networks: list[str]
) -> None:
    site.machine.hold("ready")
    page, other = site.opened("explore"), site.opened("explore")
    press(page, button)
    press(page, button)
    press(other, button)

    (asked,) = site.asked()
    assert [one.key for one in asked.candidates] == networks


def test_engines_that_fail_are_named_with_their_reason(site: Site) -> None:
    site.machine.refuses["openvino"] = "no such instructions"
    page = site.opened("explore", engine="openvino")
    press(page, "measure")
    site.finish()
    drawn(page)

    assert "no such instructions" in told(page)
    assert "1.0-224" in told(page)
