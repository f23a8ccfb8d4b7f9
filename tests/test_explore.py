"""The Explore page as Streamlit runs it, without a browser and with nothing timed."""

import json
import math
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.candidates import Candidate
from benchmarks.dashboard import controls, links, session
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.references import references
from mobilenet.config import paper_grid
from tests import neighbour

APP = Path(__file__).resolve().parents[1] / "app.py"


@pytest.fixture(scope="module")
def _busy_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A neighbour measures all the time, so whatever the page starts waits and can be looked at."""
    locks = tmp_path_factory.mktemp("locks")
    with pytest.MonkeyPatch.context() as patch, neighbour.measuring("the neighbour's", locks):
        patch.setenv(FOLDER_VARIABLE, str(locks))
        yield
        session.manager.clear()  # ends its queue while the machine is still taken
        session.start_opening_preview.clear()


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> list[EngineStatus]:
    """What trying the engines has found; it is not done here, for it takes seconds."""
    found = [EngineStatus(name, "cpu", "float32", True, None, ((name, "1.0"),)) for name in ENGINES]
    tried: Future[list[EngineStatus]] = Future()
    tried.set_result(found)
    monkeypatch.setattr(session, "_probing", lambda: tried)
    return found


@pytest.fixture
def page(_busy_machine: None, statuses: list[EngineStatus]) -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60)


def keys_on_the_chart(page: AppTest) -> set[str]:
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    return {own[0] for trace in figure["data"] for own in trace.get("customdata", ())}


def told(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.error, *page.warning])


def test_the_first_page_needs_no_time_to_show_every_network(page: AppTest) -> None:
    page.run()

    assert not page.exception
    assert told(page) == ""
    assert len(keys_on_the_chart(page)) == len(paper_grid()) + len(references())
    assert "from published figures" in page.markdown[1].value


@pytest.mark.parametrize("tab", ["Width × resolution", "Layers", "Distribution", "Table"])
@pytest.mark.parametrize("network", ["MobileNet v1", "ResNet-18"])
def test_every_tab_has_something_to_say_of_every_kind_of_network(
    page: AppTest, tab: str, network: str
) -> None:
    page.query_params["detail"] = tab
    page.query_params["network"] = network
    page.run()

    assert not page.exception
    assert told(page) == ""
    assert len(page.get("plotly_chart")) + len(page.dataframe) + len(page.info) >= 2


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
    statuses[-1] = EngineStatus("openvino", "cpu", "float32", False, why, ())
    page.query_params["engine"] = "OpenVINO"
    page.run()

    assert not page.exception
    assert why in page.radio(key="engine").proto.captions[-1]
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


def test_what_cannot_be_queued_is_said_where_the_button_is(page: AppTest, tmp_path: Path) -> None:
    page.run()
    with pytest.MonkeyPatch.context() as patch:
        blocked = tmp_path / "file"
        blocked.touch()
        patch.setenv(FOLDER_VARIABLE, str(blocked))
        page.button(key="measure").click().run()

    assert not page.exception
    assert f"set {FOLDER_VARIABLE} to a folder that can be written" in told(page)


@pytest.mark.parametrize("wanted", [False, True])
def test_the_switch_beside_the_effort_asks_for_memory_too(page: AppTest, wanted: bool) -> None:
    page.run()
    page.toggle(key="memory").set_value(wanted).run()
    page.button(key="measure").click().run()

    live = [job.request for job in session.manager().jobs() if job.is_live]
    (asked,) = [request for request in live if request.quality == "measured"]
    session.manager().cancel(asked.id)
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
