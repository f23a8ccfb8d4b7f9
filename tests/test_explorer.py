"""Sliders in a notebook: counts at once, times from a worker, and what is missing is said."""

import builtins
from collections.abc import Iterator
from typing import Any

import plotly.io as pio
import pytest

import benchmarks as bench
from benchmarks.charts.notebook import PLOTLY_MIME
from benchmarks.notebook import explorer
from benchmarks.scenarios import ScenarioError
from mobilenet import ConfigError
from mobilenet.config import MobileNetConfig
from tests.fake_worker import FakeMachine
from tests.waiting import soon
from tests.wording import Wording

HANGS_S = 60


@pytest.fixture(autouse=True)
def _in_jupyter(fake_machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a queue of its own."""
    monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")
    yield
    explorer.manager().close()
    explorer.manager.cache_clear()


def numbers(shown: Any) -> str:
    return str(shown._numbers.value)


def chart(shown: Any) -> Any:
    (output,) = shown._place.outputs
    return output["data"][PLOTLY_MIME]


def drawn(shown: Any) -> set[str]:
    return {own[0] for trace in chart(shown)["data"] for own in trace.get("customdata", ())}


def test_counts_follow_the_sliders_at_once_and_a_time_comes_later() -> None:
    shown = bench.explore(0.25, 128)

    assert "<b>MobileNet 0.25-128</b>: 13.6 M mult-adds" in numbers(shown)
    shown._width.value = 0.5
    assert "<b>MobileNet 0.5-128</b>: 49.2 M mult-adds" in numbers(shown)
    assert shown.config == MobileNetConfig(0.5, 128)
    assert soon(lambda: "ms here, a preview" in numbers(shown), HANGS_S)


def test_the_chart_holds_all_networks_and_the_one_between_the_stops() -> None:
    shown = bench.explore(0.25, 128)
    assert {"0.25-128", "1.0-224", "resnet18"} <= drawn(shown)

    shown._width.value = 0.3

    assert "0.3-128" in drawn(shown)
    assert chart(shown)["config"]["showSendToCloud"] is False


def test_two_explorers_both_get_their_times() -> None:
    one, two = bench.explore(0.25, 128), bench.explore(0.5, 128)

    assert soon(lambda: "a preview" in numbers(one) and "a preview" in numbers(two), HANGS_S)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ScenarioError, match="'tflite'"):
        bench.explore(engine="tflite")
    with pytest.raises(ConfigError, match=r"0\.05 to 2"):
        bench.explore(9.0)


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "ipywidgets":
            raise ImportError(name, name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(ImportError) as refused:
        bench.explore()

    assert "mobilenet-bench[notebook]" in str(refused.value)
    wording(refused.value)
