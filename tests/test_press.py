"""What is pressed is carried out with what is chosen by then, and what comes of it stays."""

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.dashboard import press
from mobilenet.weights.download import MIRROR_VARIABLE


def page_with_a_choice() -> None:
    import streamlit as st

    from benchmarks.dashboard.press import pressed

    chosen = st.radio("Engine", ["eager", "openvino"], key="engine")
    if st.checkbox("None can be pressed", key="blocked"):
        st.stop()
    if pressed("Measure", key="measure", disabled=st.checkbox("Off", key="off")):
        st.session_state.setdefault("measured", []).append(chosen)


@pytest.fixture
def page() -> AppTest:
    shown = AppTest.from_function(page_with_a_choice).run()
    shown.session_state["measured"] = []
    return shown


def test_a_choice_made_just_before_the_press_counts(page: AppTest) -> None:
    page.radio(key="engine").set_value("openvino")
    page.button(key="measure").click().run()  # both reach the page at once
    assert page.session_state["measured"] == ["openvino"]
    assert page.run().session_state["measured"] == ["openvino"]  # once


def test_a_button_that_is_off_by_then_does_nothing(page: AppTest) -> None:
    page.checkbox(key="off").set_value(True)
    page.button(key="measure").click().run()
    page.checkbox(key="off").set_value(False).run()
    assert page.session_state["measured"] == []


@pytest.mark.parametrize(("later_s", "measured"), [(1.0, ["eager"]), (60.0, [])])
def test_a_press_that_was_not_come_to_waits_but_not_for_ever(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, later_s: float, measured: list[str]
) -> None:
    page.checkbox(key="blocked").set_value(True)
    page.button(key="measure").click().run()
    assert page.session_state["measured"] == []

    now_s = time.monotonic() + later_s
    monkeypatch.setattr(press.time, "monotonic", lambda: now_s)
    page.checkbox(key="blocked").set_value(False).run()
    assert page.session_state["measured"] == measured


def try_page() -> None:
    from benchmarks.dashboard import trying

    trying.show()


@pytest.mark.parametrize("button", ["fetch", "fetch_all_keras"])
def test_why_weights_could_not_be_fetched_stays_when_the_page_is_drawn_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, "http://127.0.0.1:9")  # nobody answers there
    monkeypatch.setenv("MOBILENET_BENCH_CACHE", str(tmp_path))
    page = AppTest.from_function(try_page, default_timeout=60).run()
    page.button(key=button).click().run()
    page.run()

    assert not page.exception
    (error,) = page.error
    assert "cannot be reached" in error.value
    page.selectbox(key="try_source").set_value("tf-slim").run()
    assert not page.error  # it was about Keras's
