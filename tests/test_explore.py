"""The Explore page as Streamlit runs it, without a browser and with nothing timed."""

import math
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import Candidate
from benchmarks.collection import collect
from benchmarks.dashboard import controls, fastest, labels, links, session
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus, runnable
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.jobs.manager import JobManager
from benchmarks.jobs.request import Request
from benchmarks.layer_times import Ceiling
from benchmarks.references import references
from benchmarks.results import Run
from benchmarks.scenarios import Scenario
from mobilenet.config import paper_grid
from tests.builders import STEADY, a_run, disturbed, measurement, paper_run
from tests.pages import Site, networks_of, site, told

__all__ = ["site"]


@pytest.fixture
def page(site: Site) -> AppTest:
    """Of a busy machine: whatever the page starts waits and can be looked at."""
    site.machine.hold("ready")
    return site.page()


@pytest.fixture
def statuses(site: Site) -> list[EngineStatus]:
    """What trying the engines has found."""
    return site.statuses


def test_the_first_page_needs_no_time_to_show_every_network(page: AppTest) -> None:
    page.run()

    assert not page.exception
    assert told(page) == ""
    assert len(networks_of(page)) == len(paper_grid()) + len(references())
    assert "from published figures" in page.markdown[1].value


@pytest.mark.parametrize("detail", labels.DETAILS.values())
@pytest.mark.parametrize("network", ["MobileNet v1", "ResNet-18"])
def test_every_detail_has_something_to_say_of_every_kind_of_network(
    page: AppTest, detail: str, network: str
) -> None:
    page.query_params["detail"] = detail
    page.query_params["network"] = network
    page.run()

    assert not page.exception
    assert told(page) == ""
    assert len(page.get("plotly_chart")) + len(page.dataframe) + len(page.info) >= 2


def test_where_the_time_goes_is_asked_and_then_shown(page: AppTest) -> None:
    page.query_params["detail"] = "Layers"
    page.run()
    charts = len(page.get("plotly_chart"))
    page.button("time_layers").click().run()

    asked = [job.request for job in session.manager().jobs() if isinstance(job.request, Request)]
    assert [one.layers for one in asked if one.layers] == [(Candidate(config=paper_grid()[0]),)]

    ceiling = Ceiling(1, flops=2 * 10**9, flops_ns=(10**7,), copied_bytes=10**8, copy_ns=(10**7,))
    session.manager().add(replace(paper_run(), ceilings=(ceiling,)))
    page.run()

    assert not page.exception
    said = " ".join(one.value for one in page.markdown).replace("\\", "")
    assert "of the whole" in said
    assert "200 GFLOP/s in a large matrix product" in said
    assert len(page.get("plotly_chart")) == charts + 2


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("slider", "width", 7.0),
        ("slider", "width", math.nan),
        ("slider", "resolution", 100_000),
        ("number_input", "classes", 10**9),
        ("number_input", "batch", -3),
        ("number_input", "threads", 64_000),
    ],
)
def test_a_browser_that_sends_what_no_widget_offers_gets_the_default(
    page: AppTest, kind: str, key: str, value: float
) -> None:
    page.run()
    default = getattr(page, kind)(key=key).value
    getattr(page, kind)(key=key).set_value(value).run()

    assert not page.exception
    assert getattr(page, kind)(key=key).value == default


def test_an_engine_that_does_not_run_says_why_and_cannot_be_measured(
    page: AppTest, statuses: list[EngineStatus]
) -> None:
    why = "not installed; run: pip install openvino"
    place = list(ENGINES).index("openvino")
    statuses[place] = EngineStatus("openvino", "cpu", "float32", False, why, ())
    page.query_params["engine"] = "OpenVINO"
    page.run()

    assert not page.exception
    assert why in page.radio(key="engine").proto.captions[place]
    assert page.button(key="measure").disabled
    assert page.button(key="measure_grid").disabled
    page.radio(key="engine").set_value("eager").run()
    assert not page.button(key="measure").disabled


def test_the_tray_holds_as_many_as_fit_and_lets_go_of_the_baseline(page: AppTest) -> None:
    pins = [Candidate(config=config).key for config in paper_grid()][-links.MAX_PINS :]
    page.query_params["pins"] = pins
    page.query_params["baseline"] = pins[-1]
    page.run()
    assert len(page.table[0].value.columns) == links.MAX_PINS
    assert page.button(key="pin").disabled

    page.multiselect(key="pins").set_value(pins[:-1]).run()
    assert not page.exception
    assert len(page.table[0].value.columns) == links.MAX_PINS - 1
    assert page.selectbox(key="baseline").value == pins[-1]
    assert not page.button(key="pin").disabled


def test_what_cannot_be_queued_is_said_where_the_button_is(page: AppTest, site: Site) -> None:
    page.run()
    site.refuse_to_queue()
    page.button(key="measure").click().run()

    assert not page.exception
    said = told(page)
    assert f"set {FOLDER_VARIABLE} to a folder that can be written" in said


@pytest.mark.parametrize("wanted", [False, True])
def test_the_switch_beside_the_effort_asks_for_memory_too(page: AppTest, wanted: bool) -> None:
    page.run()
    page.toggle(key="memory").set_value(wanted)
    page.button(key="measure").click().run()  # at once: the page need not have been drawn anew

    live = [job.request for job in session.manager().jobs() if job.is_live]
    (asked,) = [request for request in live if request.quality == "measured"]
    session.manager().cancel(asked.id)
    assert asked.title == "Measure MobileNet 1.0-224 in PyTorch eager"
    assert asked.memory == wanted
    assert not page.exception


def test_where_no_peak_is_kept_the_switch_is_off_and_says_why(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "can_measure_peak", lambda: False)
    page.query_params["memory"] = "true"
    page.run()

    assert not page.exception
    assert told(page) == ""
    assert page.toggle(key="memory").disabled
    assert "Only on Linux" in page.toggle(key="memory").help


def compared(network: str = "1.0-224", *, engine_ms: tuple[float, float] = (9.0, 4.0)) -> Run:
    """A finished run of eager PyTorch and OpenVINO."""
    names = zip(("eager", "openvino"), engine_ms, strict=True)
    return a_run(
        *(
            measurement(network, engine=name, median_ms=median_ms, workers=STEADY)
            for name, median_ms in names
        )
    )


def show_finished(patch: pytest.MonkeyPatch, run: Run) -> None:
    patch.setattr(JobManager, "collection", lambda manager: collect(run.measurements).plus_run(run))


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in page.markdown).replace(fastest.NO_BREAK, " ")


def live_requests(title: str) -> list[Request]:
    live = [job.request for job in session.manager().jobs() if job.is_live]
    return [request for request in live if request.title.startswith(title)]


def test_engines_are_compared_in_one_request_that_leaves_out_what_does_not_run(
    page: AppTest, statuses: list[EngineStatus]
) -> None:
    statuses[0] = replace(statuses[0], available=False, reason="it crashed")
    broken = statuses[0].engine
    page.query_params["engine"] = "OpenVINO"
    page.query_params["effort"] = "Quick"
    page.run()
    page.button(key="compare_engines").click().run()

    (asked,) = live_requests("Compare engines")
    session.manager().cancel(asked.id)
    engines = {scenario.engine for scenario in asked.scenarios}
    assert engines == {name for name in runnable("cpu") if name != broken}
    assert asked.scenarios[0] == Scenario("openvino")
    assert (asked.preset, asked.quality, asked.fresh) == ("quick", "measured", True)
    assert [one.key for one in asked.candidates] == ["1.0-224"]
    assert not page.exception


def test_engines_are_compared_in_float32_in_int8_and_in_the_chosen_precision() -> None:
    halves = Scenario("eager", precision="bfloat16", threads=1, batch=4)
    known = EngineStatus("channels_last", "cpu", "bfloat16", False, "no such instructions", ())

    ways = fastest.scenarios(halves, {("channels_last", "cpu", "bfloat16"): known})

    assert {(way.threads, way.batch) for way in ways} == {(1, 4)}
    assert {way.precision for way in ways if way.engine == "eager"} == {"float32", "bfloat16"}
    assert {way.precision for way in ways if way.engine == "channels_last"} == {"float32"}
    assert {way.engine for way in ways} == set(runnable("cpu"))
    offered = {name for name in runnable("cpu") if "int8" in ENGINES[name].precisions}
    assert {way.engine for way in ways if way.precision == "int8"} == offered


def test_where_one_engine_runs_there_is_nothing_to_compare(
    page: AppTest, statuses: list[EngineStatus]
) -> None:
    statuses[1:] = [replace(one, available=False, reason="it crashed") for one in statuses[1:]]
    page.run()

    assert page.button(key="compare_engines").disabled


def test_a_better_engine_can_be_taken_and_is_then_not_offered_any_more(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_finished(monkeypatch, compared())
    page.query_params["precision"] = "bfloat16"
    page.run()
    assert "**OpenVINO is fastest for 1.0-224 with 1 thread: 2.25 × as fast as" in shown(page)
    assert page.button(key="use_fastest").label == "Use OpenVINO"

    page.button(key="use_fastest").click().run()

    assert not page.exception
    assert page.radio(key="engine").value == "openvino"
    assert page.session_state["precision"] == "float32"
    assert "2.25 × as fast as the next, PyTorch eager" in shown(page)
    assert "use_fastest" not in {button.key for button in page.button}


@pytest.mark.parametrize("key", ["width", "resolution", "batch"])
def test_what_was_found_for_one_network_and_batch_is_not_shown_for_another(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    show_finished(monkeypatch, compared())
    page.query_params[key] = {"width": "0.5", "resolution": "160", "batch": "2"}[key]
    page.run()

    assert not page.exception
    assert "is fastest" not in shown(page)


def test_engines_that_cannot_be_told_apart_are_both_shown_and_none_is_offered(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_finished(monkeypatch, compared(engine_ms=(4.02, 4.0)))
    page.run()

    assert "OpenVINO and PyTorch eager are equally fast" in shown(page)
    assert "same within" in shown(page)
    assert "use_fastest" not in {button.key for button in page.button}


def test_a_comparison_that_cannot_be_relied_on_says_why_and_what_to_do(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = compared()
    show_finished(monkeypatch, a_run(*(disturbed(row, 0.9) for row in run.measurements)))
    page.run()

    assert "cannot be told: the run is invalid." in shown(page)
    assert "Threads of the engine had to wait" in shown(page)
    assert "Wait until the machine is idle." in shown(page)
    assert "use_fastest" not in {button.key for button in page.button}
