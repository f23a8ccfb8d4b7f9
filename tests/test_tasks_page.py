"""The Tasks page as Streamlit runs it, with nothing timed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks import units
from benchmarks.applications import APPLICATIONS
from benchmarks.dashboard import session
from benchmarks.engines import ENGINES
from benchmarks.scenarios import Scenario
from tests.builders import a_run, measurement
from tests.pages import Site, said, site

__all__ = ["site"]


@pytest.fixture
def page(site: Site) -> AppTest:
    return site.page("tasks")


def cells(page: AppTest, network: str) -> dict[str, str]:
    table = page.dataframe[0].value
    (row,) = table[table["Network"] == network].to_dict("records")
    return row


@pytest.mark.parametrize("key", APPLICATIONS)
def test_each_task_has_its_networks_beside_the_papers_figures(page: AppTest, key: str) -> None:
    page.run()
    page.segmented_control("task").set_value(key).run()

    assert not page.exception
    application = APPLICATIONS[key]
    assert page.header[0].value == application.title
    assert len(page.dataframe[0].value) == len(application.entries)
    text = said(page)
    assert application.about in text
    assert "counts are met to the last digit" in text
    for entry in application.entries:
        assert entry.note.replace("_", "") in text.replace("_", "")


def test_what_was_timed_on_this_server_stands_there_with_its_interval(page: AppTest) -> None:
    timed = measurement("1.0-224-n120", median_ms=15.0)
    session.manager().add(a_run(timed))

    page.run()

    row = cells(page, "MobileNet 1.0-224")
    assert row["Latency here"] == units.milliseconds(timed.median_s)
    assert row["95 % interval"] == units.milliseconds_interval(timed.interval_s)
    assert cells(page, "MobileNet 0.75-224")["Latency here"] == units.NOT_MEASURED


def test_another_engine_is_another_time(page: AppTest) -> None:
    session.manager().add(a_run(measurement("1.0-224-n120", median_ms=15.0)))

    page.run()
    page.segmented_control("task_engine").set_value("openvino").run()

    assert cells(page, "MobileNet 1.0-224")["Latency here"] == units.NOT_MEASURED


def test_the_button_asks_once_for_what_the_engine_can_take(page: AppTest, site: Site) -> None:
    site.machine.hold("ready")
    page.run()
    page.segmented_control("task").set_value("detection").run()
    page.segmented_control("task_engine").set_value("onnxruntime").run()
    assert "Not in ONNX Runtime" in said(page)
    page.button("time_task").click().run()
    page.button("time_task").click().run()

    (request,) = site.asked()
    assert [one.key for one in request.candidates] == [
        "ssd-1.0-300",
        "ssd-0.5-300",
        "ssd-vgg16-300",
    ]
    assert request.scenarios == (Scenario("onnxruntime"),)
    assert (request.preset, request.quality) == ("quick", "measured")


def test_an_engine_that_does_not_run_here_is_not_offered(page: AppTest, site: Site) -> None:
    place = list(ENGINES).index("openvino")
    site.statuses[place] = replace(site.statuses[place], available=False, reason="missing")
    page.run()
    page.segmented_control("task_engine").set_value("openvino").run()

    assert page.button("time_task").disabled
    assert "does not run here" in said(page)


def test_a_network_of_ones_own_choice_stands_before_the_baseline(page: AppTest) -> None:
    page.run()
    before = list(page.dataframe[0].value["Network"])
    page.number_input("task_width").set_value(0.35)
    page.number_input("task_resolution_160").set_value(192).run()

    after = list(page.dataframe[0].value["Network"])
    assert after[-2:] == ["MobileNet 0.35-192", before[-1]]
    assert cells(page, "MobileNet 0.35-192")["Parameters, paper"] == units.NOT_MEASURED
    page.segmented_control("task").set_value("detection").run()
    assert "SSD 300, MobileNet 0.35" in list(page.dataframe[0].value["Network"])
    assert page.button("time_task").label == "Time 10 networks here"
