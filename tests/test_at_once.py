"""What is chosen just before a press counts, though the page has not been drawn anew in between."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.dashboard import fastest, session
from benchmarks.engines import ENGINES
from benchmarks.engines.probe import EngineStatus
from benchmarks.jobs.learning import Training
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.jobs.manager import JobManager, Task
from benchmarks.jobs.request import Request
from benchmarks.scenarios import Scenario
from mobilenet.weights.download import MIRROR_VARIABLE

OPENVINO = Scenario("openvino", threads=1)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Task]]:
    """What is queued on a server of its own, whose engines have been tried; nothing is run."""
    found = [EngineStatus(name, "cpu", "float32", True, None, ((name, "1.0"),)) for name in ENGINES]
    tried: Future[list[EngineStatus]] = Future()
    tried.set_result(found)
    queued: list[Task] = []
    monkeypatch.setattr(session, "_probing", lambda: tried)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("MOBILENET_BENCH_TRAINED", str(tmp_path / "trained"))
    monkeypatch.setattr(JobManager, "submit", lambda manager, task: queued.append(task))
    session.manager.clear()
    session.start_opening_preview.clear()
    yield queued
    session.manager.clear()
    session.start_opening_preview.clear()


def explore() -> None:
    from benchmarks.dashboard import explore

    explore.show()


def choose() -> None:
    from benchmarks.dashboard import choose, explore

    choose.show(explore.page())


def tasks() -> None:
    from benchmarks.dashboard import tasks

    tasks.show()


def accuracy() -> None:
    from benchmarks.dashboard import accuracy

    accuracy.show()


def try_it() -> None:
    from benchmarks.dashboard import trying

    trying.show()


@pytest.mark.parametrize(
    ("button", "ways"),
    [
        ("measure", (OPENVINO,)),
        ("measure_grid", (OPENVINO,)),
        ("measure_references", (OPENVINO,)),
        ("compare_engines", fastest.scenarios(OPENVINO, {})),
        ("time_layers", (OPENVINO,)),
    ],
)
def test_an_engine_on_explore(asked: list[Task], button: str, ways: tuple[Scenario, ...]) -> None:
    page = AppTest.from_function(explore, default_timeout=60)
    page.query_params["detail"] = "Layers"
    page.run()
    asked.clear()

    page.radio(key="engine").set_value("openvino")
    page.button(key=button).click().run()

    assert not page.exception
    (task,) = [one for one in asked if isinstance(one, Request) and one.quality != "preview"]
    assert set(task.scenarios) == set(ways)
    assert task.scenarios[0].engine == "openvino"


def test_a_batch_that_does_not_fit_on_explore(asked: list[Task]) -> None:
    page = AppTest.from_function(explore, default_timeout=60)
    page.query_params["width"], page.query_params["resolution"] = "2", "1024"
    page.run()
    asked.clear()

    page.number_input(key="batch").set_value(1024)
    page.button(key="measure").click().run()

    assert not page.exception
    assert "Batch 1024 of MobileNet 2.0-1024 needs about" in page.error[0].value
    assert not asked


def test_an_engine_for_a_calibration(asked: list[Task]) -> None:
    page = AppTest.from_function(choose, default_timeout=60).run()

    page.radio(key="engine").set_value("openvino")
    page.button(key="calibrate").click().run()

    (task,) = asked
    assert isinstance(task, Request)
    assert task.scenarios == (OPENVINO,)
    assert task.title.endswith("in OpenVINO")


def test_an_engine_for_a_task(asked: list[Task]) -> None:
    page = AppTest.from_function(tasks, default_timeout=60).run()

    page.segmented_control(key="task_engine").set_value("openvino")
    page.button(key="time_task").click().run()

    (task,) = asked
    assert isinstance(task, Request)
    assert task.scenarios == (OPENVINO,)


def test_images_for_a_training(asked: list[Task]) -> None:
    page = AppTest.from_function(accuracy, default_timeout=60).run()

    page.selectbox(key="train_source").set_value("imagenette")
    page.button(key="train").click().run()

    (task,) = asked
    assert isinstance(task, Training)
    (order,) = task.orders
    assert (order.data, order.resolution) == ("imagenette", 128)  # that set's, not the digits'


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("button", ["fetch", "fetch_all_keras"])
def test_why_weights_could_not_be_fetched_stays_as_long_as_it_is_about_what_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tmp_path))
    page = AppTest.from_function(try_it, default_timeout=60).run()
    page.button(key=button).click().run()
    page.run()

    assert not page.exception
    (error,) = page.error
    assert "cannot be reached" in error.value
    page.select_slider(key="try_width_keras").set_value(0.25).run()
    assert len(page.error) == (button != "fetch")
    page.selectbox(key="try_source").set_value("tf-slim").run()
    assert not page.error
