"""A notebook drives its page, and reads what was clicked there; in a real browser."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

import benchmarks as bench
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.machine import read_machine
from benchmarks.results import Run
from benchmarks.store.connection import STORE_VARIABLE
from mobilenet.config import MobileNetConfig
from tests.browser.faking import FakeServer
from tests.browser.visiting import Visits, card, click_point, points, settle
from tests.builders import a_run, measurement
from tests.waiting import soon

RUN = a_run(
    measurement("0.5-160", engine="openvino", median_ms=2.0),
    measurement("1.0-224", engine="openvino", median_ms=8.0),
)
Driven = tuple[bench.Dashboard, Page]


@pytest.fixture
def page(visits: Visits, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Driven:
    """A notebook's handle, and the page that it has opened."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(server.locks))
    monkeypatch.setenv(STORE_VARIABLE, str(server.store_url))
    monkeypatch.setenv("BROWSER", "true")  # which opens nothing: the page is opened here
    first = visits.open(f"{server.url}method")  # a server knows of itself with its first visitor
    settle(first)
    first.close()
    handle = bench.open_dashboard()
    assert handle.server.pid == server.pid
    opened = visits.open(handle.url)
    settle(opened)
    return handle, opened


def reads(handle: bench.Dashboard, network: MobileNetConfig | str) -> bench.Selection:
    """What the notebook reads once it knows that this network is selected."""
    assert soon(
        lambda: handle.selection is not None and handle.selection.network == network, within_s=60
    )
    found = handle.selection
    assert found is not None
    return found


def of_here(run: Run) -> Run:
    """As if it had been measured on this machine with what is installed."""
    return replace(run, machine=read_machine())


def test_a_cell_moves_the_open_page_and_no_other(
    page: Driven, visits: Visits, server: FakeServer
) -> None:
    handle, opened = page
    expect(opened).not_to_have_url(re.compile("steered"))
    assert handle.page not in opened.url  # a copied address does not hand the page over
    other = visits.open(f"{server.url}?width=0.75&resolution=192")
    settle(other)

    handle.select(0.5, 160)
    expect(card(opened, "Mult-adds")).to_contain_text("76.5 M")
    expect(opened).to_have_url(re.compile(r"width=0.5&resolution=160"))
    reads(handle, MobileNetConfig(0.5, 160))

    settle(opened)
    opened.get_by_role("link", name="Method").click()
    expect(opened).to_have_url(re.compile("/method"))
    settle(opened)
    handle.select("resnet18", engine="openvino", batch=4)  # from any page
    expect(card(opened, "Parameters")).to_contain_text("11.7 M")
    expect(opened.get_by_role("radio", name="OpenVINO")).to_be_checked()
    scenario = reads(handle, "resnet18").scenario
    assert (scenario.engine, scenario.batch) == ("openvino", 4)
    expect(other).to_have_url(re.compile(r"width=0.75&resolution=192"))


@pytest.mark.slow("a browser; without one: tests/test_steering.py")
def test_what_is_clicked_and_pinned_there_is_read_here(page: Driven) -> None:
    handle, opened = page
    # Where all networks are drawn.
    opened.locator(".st-key-x").get_by_text("Mult-adds", exact=True).click()
    expect(opened.locator(".st-key-tradeoff .xtitle").last).to_contain_text("Mult-adds")
    settle(opened)
    click_point(opened, "0.25-160")
    expect(opened).to_have_url(re.compile("width=0.25"))
    wanted = MobileNetConfig(0.25, 160)
    reads(handle, wanted)

    settle(opened)
    opened.get_by_role("button", name="Pin 0.25-160").click()
    expect(opened).to_have_url(re.compile("pins=0.25-160"))
    assert soon(lambda: handle.selection is not None and handle.selection.pinned == (wanted,), 60)
    assert "pinned" in repr(handle.selection)


@pytest.mark.slow("a browser; without one: tests/test_steering.py")
def test_a_run_measured_in_the_notebook_is_shown_without_being_kept(page: Driven) -> None:
    handle, opened = page

    handle.show(of_here(RUN))
    expect(opened.get_by_text("All snapshots")).to_be_visible()
    expect(opened.get_by_role("heading", name="Figures")).to_be_visible()
    settle(opened)
    handle.select(0.5, 160, engine="openvino")
    expect(card(opened, "Latency here")).to_contain_text("1.99 ms")
    settle(opened)
    assert {"0.5-160", "1.0-224"} <= set(points(opened))
    found = reads(handle, MobileNetConfig(0.5, 160)).result(MobileNetConfig(0.5, 160))
    assert found is not None
    assert found.median_s == pytest.approx(2e-3, rel=0.02)

    # Times of another machine do not join those of this one.
    handle.show(replace(RUN, measurements=(measurement("0.35-96", engine="executorch"),)))
    expect(opened.get_by_text("All snapshots")).to_be_visible()
    settle(opened)
    handle.select("0.35-96", engine="executorch")
    assert reads(handle, MobileNetConfig(0.35, 96)).result(MobileNetConfig(0.35, 96)) is None


@pytest.mark.slow("a browser; without one: tests/test_steering.py")
def test_the_gallery_shows_at_once_what_the_notebook_saves(page: Driven) -> None:
    _, opened = page
    opened.get_by_role("link", name="Snapshots").click()
    expect(opened.get_by_role("heading", name="Snapshots")).to_be_visible()
    settle(opened)

    found = RUN.save("saved from a cell")
    expect(opened.get_by_test_id("stDataFrame")).to_be_visible()
    # The table is painted on a canvas; what it says of itself counts its rows.
    expect(opened.get_by_text(re.compile(r"^1 snapshot\. Tick"))).to_be_visible()
    assert bench.load(found[:10]) == bench.load(found)
