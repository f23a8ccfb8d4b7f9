"""The Choose page as Streamlit runs it, with nothing timed; and its charts."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.calibration import calibration_networks
from benchmarks.candidates import Candidate
from benchmarks.charts import Figure, choice, choice_alt, grid, grid_alt, predictions
from benchmarks.charts.predictions import predictions_alt
from benchmarks.choosing import Budget, Outlook, outlook
from benchmarks.latency_model import fit
from benchmarks.results import Run
from mobilenet.config import MobileNetConfig
from tests.builders import ONNX, a_run, measurement, planted, planted_calibration
from tests.pages import Site, alts, drawn, press, said, site

__all__ = ["site"]

LINK = {"engine": "ONNX Runtime", "max_ms": "10"}


def calibration() -> Run:
    return a_run(*planted_calibration())


def found(*networks: MobileNetConfig, budget_ms: float = 10.0) -> Outlook:
    model = fit(calibration().measurements, ONNX)
    return outlook(model, [planted(one) for one in networks], Budget(budget_ms / 1e3))


def opened(site: Site, link: dict[str, str] = LINK) -> AppTest:
    site.machine.hold("ready")
    return site.opened("choose", **link)


def test_before_anything_is_known_it_offers_to_calibrate(site: Site) -> None:
    page = opened(site)

    assert "Nothing has been learned yet about ONNX Runtime" in page.info[0].value
    page.button(key="calibrate").click().run()

    asked = site.asked()
    assert len(asked) == 1
    assert [one.config for one in asked[0].candidates] == list(calibration_networks())
    assert asked[0].quality == "preliminary"


def test_after_it_a_prediction_is_called_one_and_can_be_put_to_the_test(site: Site) -> None:
    site.manager.add(calibration())
    page = opened(site)

    assert "That has not been measured" in page.info[0].value
    assert not page.success
    page.button(key="verify").click().run()

    asked = site.asked()
    assert len(asked) == 1
    assert asked[0].fresh
    assert asked[0].quality == "measured"


def test_only_what_was_measured_is_an_answer(site: Site) -> None:
    site.manager.add(calibration())
    run = replace(a_run(planted(MobileNetConfig(0.5, 128))), id="ba9876543210")
    site.manager.add(run)
    page = opened(site, LINK | {"max_ms": "7.5"})
    said = page.success[0].value.replace("\\", "")

    assert "MobileNet 0.5-128 is the most accurate that was measured" in said
    assert not page.info
    assert "✓ meets it" in page.dataframe[0].value["Budget"].to_list()


def test_a_budget_that_nothing_meets_is_no_dead_end(site: Site) -> None:
    site.manager.add(calibration())

    too_fast = opened(site, LINK | {"max_ms": "0.01"})
    too_small = opened(site, LINK | {"max_mb": "0.1"})

    assert "None is predicted to stay within" in too_fast.warning[0].value
    assert "the smallest network is larger" in too_small.warning[0].value


def test_an_answer_is_not_final_while_better_ones_are_predicted(site: Site) -> None:
    site.manager.add(calibration())
    run = replace(a_run(planted(MobileNetConfig(0.5, 128))), id="ba9876543210")
    site.manager.add(run)
    page = opened(site)

    assert not page.success
    assert "measured so far" in page.info[0].value
    assert "should be better" in page.info[0].value
    assert page.button(key="verify")


def test_a_poor_calibration_is_told_and_can_be_repeated(site: Site) -> None:
    wild = random.Random(1)
    rows = [
        measurement(Candidate(config=one).key, engine="onnxruntime", median_ms=wild.uniform(1, 50))
        for one in calibration_networks()
    ]
    later = {"quality": "preliminary", "measured_utc": "2026-02-28T12:00:00.000+00:00"}
    site.manager.add(a_run(*(replace(row, **later) for row in rows)))  # type: ignore[arg-type]
    page = opened(site)

    assert "Calibrate again when the machine is idle" in page.warning[-1].value
    page.button(key="calibrate").click().run()
    asked = site.asked()
    assert len(asked) == 1


def test_what_is_wrong_with_a_link_is_said_on_this_page(site: Site) -> None:
    page = opened(site, {"engine": "nonsense", "max_ms": "nan", "max_mb": "-1"})

    said = page.warning[0].value
    assert all(word in said for word in ("nonsense", "max_ms", "max_mb"))


def test_the_papers_sixteen_alone_are_too_little_to_learn_from(site: Site) -> None:
    grid_rows = [
        planted(MobileNetConfig(width, side))
        for width in (0.25, 0.5, 0.75, 1.0)
        for side in (128, 160, 192, 224)
    ]
    site.manager.add(a_run(*grid_rows))

    assert opened(site).button(key="calibrate")


def test_from_a_budget_to_an_answer_that_was_measured(site: Site) -> None:
    page = site.opened("choose", max_ms="500", max_mb="2.2")
    press(page, "calibrate")
    site.finish()
    drawn(page)
    assert "verify" in {button.key for button in page.button}
    assert not page.success
    for _ in range(3):  # proposals that were measured may lead to others
        if page.success:
            break
        press(page, "verify")
        site.finish()
        drawn(page)

    assert [one.quality for one in site.asked()][:2] == ["preliminary", "measured"]
    assert all(one.fresh for one in site.asked()[1:])
    assert "most accurate that was measured within 500 ms and 2.20 MB" in said(page)
    (best,) = [alt for alt in alts(page) if "Best: " in alt]
    measured = {one.label for request in site.asked()[1:] for one in request.candidates}
    assert best.partition("Best: ")[2].split()[0].rstrip(",.;:") in measured


def traces(figure: Figure) -> dict[str, Figure]:
    return {trace.get("name", trace["type"]): trace for trace in figure["data"]}


def test_predictions_are_hollow_and_measurements_filled() -> None:
    drawn = traces(choice(found(MobileNetConfig(0.5, 128), MobileNetConfig()), dark=False))

    assert drawn["predicted"]["marker"]["symbol"] == "circle-open"
    assert len(drawn["measured, meets it"]["x"]) == 1
    assert len(drawn["measured, misses it"]["x"]) == 1
    shown = sum(len(trace["x"]) for trace in drawn.values())
    assert shown == len(found().options)


def test_the_charts_say_the_same_in_words() -> None:
    outlook = found(MobileNetConfig(0.5, 128))

    assert "Best: 0.5-128" in choice_alt(outlook)
    assert "budget of 10.0 ms" in choice_alt(outlook)
    assert "1 measured" in predictions_alt(outlook)


@pytest.mark.parametrize("dark", [False, True])
def test_where_nothing_is_small_enough_the_charts_say_why(dark: bool) -> None:
    model = fit(calibration().measurements, ONNX)
    nothing = outlook(model, [], Budget(1.0, max_size_bytes=1))

    for draw in (choice, predictions):
        assert "No network is so small" in str(draw(nothing, dark=dark)["layout"])


def test_the_map_marks_what_was_measured() -> None:
    drawn = traces(predictions(found(MobileNetConfig(0.61, 144)), dark=True))

    assert drawn["measured"]["x"] == [0.61]
    assert drawn["measured"]["y"] == ["144"]


def test_predictions_fill_the_grid_until_measurements_replace_them() -> None:
    figure = grid([], metric="latency", selected=None, dark=False, predicted_s={"0.5-160": 0.00312})
    text = traces(figure)["scatter"]["text"]
    shades = traces(figure)["heatmap"]["z"]

    assert [one for one in text if "predicted" in one] == [
        "≈ 3.12 ms<br><span style='font-size:11px'>predicted</span>"
    ]
    assert not any(shade for row in shades for shade in row), "a prediction has no colour"
    assert "nothing measured yet" in grid_alt([], metric="latency", selected=None)
