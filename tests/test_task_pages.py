"""Training a task and trying it on the Tasks page, as Streamlit runs it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.charts import task_learning, task_learning_alt
from benchmarks.dashboard import session
from benchmarks.jobs.learning import Asking, Teaching
from benchmarks.training.tasks.order import TaskOrder, TaskOutcome, Untrained
from benchmarks.training.tasks.plain import PLAIN, planned
from benchmarks.training.tasks.record import keep, with_folder
from benchmarks.training.tasks.words import likeness, rows, verdict
from mobilenet.config import ConfigError
from mobilenet.tasks.names import TASK_NAMES
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Quality, TaskEpoch
from tests.pages import Site, alts, cancel, drawn, press, said, site

__all__ = ["site"]


@pytest.fixture
def page(site: Site) -> AppTest:
    return site.page("tasks")


def reached(percent: float, chance: float = 20.0) -> Quality:
    return Quality("top-1", percent, percent - 3, percent + 3, chance, 200)


def an_outcome(task: str = "dogs", epochs: int = 2, percent: float = 80.0) -> TaskOutcome:
    recipe = Recipe(epochs=2)
    order = with_folder(TaskOrder(task, 0.25, 32, recipe=recipe))  # type: ignore[arg-type]
    return TaskOutcome(
        order,
        Untrained("generated pictures", 100, 200, (reached(21.0),)),
        tuple(
            TaskEpoch(number, 1 / number, (reached(percent - 10 + 10 * (number == 2)),), 5.0)
            for number in range(1, epochs + 1)
        ),
        alike=0.5 if task == "embedding" else None,
    )


def kept(outcome: TaskOutcome) -> None:
    folder = Path(outcome.order.folder)
    folder.mkdir(parents=True)
    keep(outcome)
    if outcome.is_done:
        outcome.order.weights.write_bytes(b"weights")


def on(page: AppTest, view: str, task: str = "dogs") -> AppTest:
    page.run()
    page.segmented_control("task").set_value(task)
    page.segmented_control("task_view").set_value(view).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("task", TASK_NAMES)
def test_each_task_can_be_trained_and_tried_with_nothing_there_yet(
    page: AppTest, task: str
) -> None:
    assert "Nothing is trained for this task yet" in on(page, "train", task).info[0].value
    assert "No network is trained" in on(page, "try", task).info[0].value


def test_train_asks_for_what_the_controls_say(page: AppTest) -> None:
    on(page, "train", "attributes")
    page.number_input("teach_epochs_attributes").set_value(7)
    page.number_input("teach_seed_attributes").set_value(3)
    page.button("teach").click().run()

    (job,) = [one.request for one in session.manager().jobs() if isinstance(one.request, Teaching)]
    session.manager().cancel(job.id)
    assert job.order == planned("attributes", epochs=7, seed=3)
    assert "for attributes" in job.title


def test_what_was_trained_stands_beside_untrained_and_chance(page: AppTest) -> None:
    kept(an_outcome())
    on(page, "train")

    (row,) = page.dataframe[0].value.to_dict("records")
    assert row["Trained"] == "80.0 %"
    assert row["Untrained"] == "21.0 %"
    assert row["Chance"] == "20.0 %"
    assert "is better than chance and is better than the same network untrained" in said(page)
    assert "100 images train, 200 test" in said(page)


def test_an_unfinished_training_can_be_gone_on_with(site: Site, page: AppTest) -> None:
    site.machine.hold("epoch")
    outcome = an_outcome(epochs=1)
    kept(outcome)
    on(page, "train")
    page.button("teach_on").click().run()

    (job,) = [one.request for one in session.manager().jobs() if isinstance(one.request, Teaching)]
    session.manager().cancel(job.id)
    assert job.order == outcome.order
    assert "No network is trained" in on(page, "try").info[0].value


def test_another_network_of_the_task_may_be_its_teacher(page: AppTest) -> None:
    teacher = an_outcome("attributes")
    kept(teacher)
    on(page, "train", "attributes")
    page.selectbox("teach_teacher_attributes").set_value(str(teacher.order.weights)).run()
    page.button("teach").click().run()

    (job,) = [one.request for one in session.manager().jobs() if isinstance(one.request, Teaching)]
    session.manager().cancel(job.id)
    assert job.order.teacher == str(teacher.order.weights)


def test_a_picture_that_tested_it_is_asked_for_by_a_button(page: AppTest, site: Site) -> None:
    kept(an_outcome("embedding"))
    on(page, "try", "embedding")
    site.machine.dies_of["ask"] = "it is no file of weights"
    page.button("ask_example").click().run()
    site.finish()
    assert "no file of weights" in drawn(page).error[0].value

    site.machine.dies_of.clear()
    press(page, "ask_task_again")
    site.finish()
    page.button("ask_example").click().run()
    site.finish()
    examples = [job.request.example for job in site.jobs(Asking)]  # type: ignore[union-attr]
    assert examples == [0, 0, 1]
    assert not [job.problem for job in site.jobs(Asking)[1:] if job.problem]


def test_a_task_is_trained_stopped_and_trained_to_its_end(page: AppTest, site: Site) -> None:
    on(page, "train", "attributes")
    site.machine.hold("epoch")
    press(page, "teach")
    site.until(lambda: bool(site.machine.living()))
    assert page.button("teach").disabled
    cancel(page, "Train 0.25-64")
    site.finish()
    assert [job.state for job in site.jobs(Teaching)] == ["cancelled"]
    press(drawn(page), "teach")
    site.finish()

    drawn(page)
    assert "is better than chance and is better than the same network untrained" in said(page)
    assert any(alt.startswith("After") or "epochs" in alt for alt in alts(page))
    assert "teach_on" not in {button.key for button in page.button}


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        (80.0, "is better than chance and is better than the same network untrained"),
        (24.0, "is better than chance and cannot be told from the same network untrained"),
        (22.0, "cannot be told from chance and cannot be told from the same network untrained"),
        (12.0, "is worse than chance and is worse than the same network untrained"),
    ],
)
def test_a_verdict_says_what_the_intervals_bear(percent: float, words: str) -> None:
    assert words in verdict(an_outcome(percent=percent))


def test_nothing_is_said_of_what_is_not_trained() -> None:
    nothing = replace(an_outcome(), epochs=(), untrained=None)
    assert verdict(nothing) == "Nothing is trained yet."
    assert len(rows(nothing)) == 1
    assert task_learning_alt(nothing) == "Nothing is trained yet."


def test_the_curve_begins_untrained_and_has_chance_beside_it() -> None:
    outcome = an_outcome()
    curve, chance = task_learning(outcome, dark=False)["data"]
    assert curve["x"] == [0, 1, 2]
    assert curve["y"] == [21.0, 70.0, 80.0]
    assert set(chance["y"]) == {20.0}
    assert "After 2 of 2 epochs 80.0 %" in task_learning_alt(outcome)


def test_likeness_is_told_beside_the_limit_of_its_own_test() -> None:
    outcome = an_outcome("embedding")
    assert "takes them for one face" in likeness(0.9, outcome)
    assert "does not take them" in likeness(0.2, outcome)


def test_an_order_says_what_nobody_knows() -> None:
    assert planned("dogs").recipe == PLAIN["dogs"].recipe
    with pytest.raises(ConfigError, match="Task 'cats' is not known"):
        planned("cats")  # type: ignore[arg-type]
