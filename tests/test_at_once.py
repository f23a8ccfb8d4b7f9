"""What is chosen just before a press counts, though the page has not been drawn anew in between."""

import pytest

from benchmarks.dashboard import fastest
from benchmarks.jobs.learning import Training
from benchmarks.jobs.manager import Task
from benchmarks.jobs.request import Request
from benchmarks.scenarios import Scenario
from mobilenet.weights.download import MIRROR_VARIABLE
from tests.pages import Site, site

OPENVINO = Scenario("openvino", threads=1)


__all__ = ["site"]


@pytest.fixture
def asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """What is queued; nothing is run."""
    queued: list[Task] = []
    monkeypatch.setattr(site.manager, "submit", queued.append)
    return queued


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
def test_an_engine_on_explore(
    site: Site, asked: list[Task], button: str, ways: tuple[Scenario, ...]
) -> None:
    page = site.opened("explore", detail="Layers")
    asked.clear()

    page.radio(key="engine").set_value("openvino")
    page.button(key=button).click().run()

    assert not page.exception
    (task,) = [one for one in asked if isinstance(one, Request) and one.quality != "preview"]
    assert set(task.scenarios) == set(ways)
    assert task.scenarios[0].engine == "openvino"


def test_a_batch_that_does_not_fit_on_explore(site: Site, asked: list[Task]) -> None:
    page = site.opened("explore", width="2", resolution="1024")
    asked.clear()

    page.number_input(key="batch").set_value(1024)
    page.button(key="measure").click().run()

    assert not page.exception
    assert "Batch 1024 of MobileNet 2.0-1024 needs about" in page.error[0].value
    assert not asked


def test_an_engine_for_a_calibration(site: Site, asked: list[Task]) -> None:
    page = site.opened("choose")

    page.radio(key="engine").set_value("openvino")
    page.button(key="calibrate").click().run()

    (task,) = asked
    assert isinstance(task, Request)
    assert task.scenarios == (OPENVINO,)
    assert task.title.endswith("in OpenVINO")


def test_an_engine_for_a_task(site: Site, asked: list[Task]) -> None:
    page = site.opened("tasks")

    page.segmented_control(key="task_engine").set_value("openvino")
    page.button(key="time_task").click().run()

    (task,) = asked
    assert isinstance(task, Request)
    assert task.scenarios == (OPENVINO,)


def test_images_for_a_training(site: Site, asked: list[Task]) -> None:
    page = site.opened("accuracy")

    page.selectbox(key="train_source").set_value("imagenette")
    page.button(key="train").click().run()

    (task,) = asked
    assert isinstance(task, Training)
    (order,) = task.orders
    assert (order.data, order.resolution) == ("imagenette", 128)  # that set's, not the digits'


@pytest.mark.parametrize("button", ["fetch", "fetch_all_keras"])
def test_why_weights_could_not_be_fetched_stays_as_long_as_it_is_about_what_is_chosen(
    site: Site, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")  # nobody answers there
    page = site.opened("trying")
    page.button(key=button).click().run()
    page.run()

    assert not page.exception
    (error,) = page.error
    assert "cannot be reached" in error.value
    page.select_slider(key="try_width_keras").set_value(0.25).run()
    assert len(page.error) == (button != "fetch")
    page.selectbox(key="try_source").set_value("tf-slim").run()
    assert not page.error
