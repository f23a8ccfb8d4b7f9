"""The Accuracy page as Streamlit runs it: training, going on, scoring, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.jobs.learning import Scoring, Training
from benchmarks.training.record import kept
from tests.fake_worker import TEST_IMAGES
from tests.pages import Site, alts, cancel, drawn, keys, press, rows_of, said, site, strips
from tests.wording import Wording

__all__ = ["site"]


def after(epoch: int, planned: int) -> str:
    return f"0.25-32 after {epoch} of {planned} epochs"


def test_a_network_is_trained_stopped_gone_on_with_timed_and_scored(site: Site) -> None:
    page, other = site.opened("accuracy"), site.opened("accuracy")
    assert len(page.info) == 1
    page.number_input(key="train_epochs").set_value(3)
    site.machine.hold("epoch")
    press(page, "train")
    site.until(lambda: bool(site.machine.living()))
    press(other, "train")  # it was drawn before
    assert len(site.jobs(Training)) == 1
    assert strips(other)[0].startswith("**Train 0.25-32**")
    assert page.button(key="train").disabled
    assert other.button(key="train").disabled
    cancel(page, "Train 0.25-32")
    site.finish()
    assert [job.state for job in site.jobs(Training)] == ["cancelled"]
    assert "Cancelled: Train 0.25-32" in said(drawn(page))
    assert not kept().records

    page.number_input(key="train_epochs").set_value(3)
    press(page, "train")
    site.finish()
    (record,) = kept().records
    assert [epoch.number for epoch in record.epochs] == [1, 2, 3]
    for tab in (page, other):
        assert any(alt.startswith("Top-1") and after(3, 3) in alt for alt in alts(drawn(tab)))
    assert rows_of(page)[0]["Epochs"] == "3 of 3"
    assert any("against mult-adds" in alt for alt in alts(page))

    press(page, "time_learned")
    site.finish()
    assert any("against latency" in alt for alt in alts(drawn(page)))
    assert "time_learned" not in keys(page)

    page.pills(key="answer_precisions").set_value(["float32"])
    press(page, "score")
    site.finish()
    drawn(page)
    (job,) = site.jobs(Scoring)
    assert isinstance(job.request, Scoring)
    assert {way.precision for way in job.request.examination.ways} == {"float32"}
    assert f"{TEST_IMAGES} test images" in said(page)
    ways = len(job.request.examination.ways)
    assert len(rows_of(page, 1)) == ways
    press(page, "time_ways")
    site.finish()
    assert any("ONNX Runtime" in alt for alt in alts(drawn(page)))
    assert "time_ways" not in keys(page)


def test_an_unfinished_training_goes_on_with_the_settings_that_it_had(site: Site) -> None:
    page = site.opened("accuracy")
    page.number_input(key="train_epochs").set_value(2)
    site.machine.hold("epoch")
    press(page, "train")
    site.until(lambda: bool(site.machine.living()))
    cancel(page, "Train 0.25-32")
    site.finish()

    fresh = site.opened("accuracy")
    assert not [key for key in keys(fresh) if key.startswith("go-on")]  # nothing was learned yet
    site.machine.pace_s = 0.0
    fresh.number_input(key="train_epochs").set_value(2)
    press(fresh, "train")
    site.finish()
    assert any(after(2, 2) in alt for alt in alts(drawn(fresh)))


def test_a_recipe_that_leads_nowhere_is_refused(site: Site, wording: Wording) -> None:
    page = site.opened("accuracy")
    page.pills(key="train_widths").set_value([])
    press(page, "train")

    wording(page.error[0].value)
    assert not site.jobs(Training)


@pytest.mark.parametrize("odd", ["~nobody-is-called-so/x", "a" * 5000, "x\ty", "no <b>place</b>"])
def test_what_is_no_folder_of_images_is_refused(site: Site, odd: str) -> None:
    site.allow_folders()
    page = site.opened("accuracy")
    page.selectbox(key="train_source").set_value("folder")
    drawn(page)
    page.text_input(key="train_folder").set_value(odd)
    press(page, "train")

    (error,) = page.error
    assert odd.replace("~nobody", "nobody")[-50:] in error.value.replace("\\", "")
    assert "<b>" not in error.value.replace("\\<", "")
    assert not site.jobs(Training)
    assert not drawn(page).exception


def test_a_folder_of_images_is_trained_on_and_where_it_lies_stays_unsaid(
    site: Site, tmp_path: Path
) -> None:
    site.allow_folders()
    folder = tmp_path / "colours"
    folder.mkdir()
    page = site.opened("accuracy")
    page.selectbox(key="train_source").set_value("folder")
    drawn(page)
    page.text_input(key="train_folder").set_value(str(folder))
    page.number_input(key="train_epochs").set_value(2)
    press(page, "train")
    site.finish()

    (job,) = site.jobs(Training)
    assert isinstance(job.request, Training)
    (order,) = job.request.orders
    assert (order.data, order.resolution) == (str(folder), 128)
    assert any("after 2 of 2 epochs" in alt for alt in alts(drawn(page)))
    assert str(tmp_path) not in said(page)


def test_a_training_that_failed_says_why(site: Site) -> None:
    site.machine.dies_of["train"] = "out of memory"
    page = press(site.opened("accuracy"), "train")
    site.finish()

    assert "out of memory" in drawn(page).error[0].value.lower()
    assert not page.button(key="train").disabled
