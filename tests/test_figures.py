"""The dashboard's charts of a run, as figures for a notebook."""

from collections.abc import Iterator

import plotly.graph_objects as go
import plotly.io as pio
import pytest

import benchmarks as bench
from benchmarks.charts import notebook
from benchmarks.references import references
from benchmarks.scenarios import ScenarioError
from benchmarks.variants import Metric
from mobilenet.config import MobileNetConfig
from tests.builders import a_run, measurement
from tests.wording import Wording

RUN = a_run(
    measurement("0.5-160"),
    measurement("resnet18", median_ms=9.0),
    measurement("0.5-160", engine="openvino", median_ms=2.0),
    measurement("resnet18", engine="openvino", median_ms=5.0),
)
MIME = "application/vnd.plotly.v1+json"


@pytest.fixture(autouse=True)
def _as_in_jupyter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = pio.renderers.default
    pio.renderers.default = "plotly_mimetype"
    monkeypatch.setattr(notebook, "_embedded", set())
    yield
    pio.renderers.default = before


def keys(figure: go.Figure) -> set[str]:
    """Of the networks that it shows."""
    return {own[0] for trace in figure.data for own in (trace.customdata or ())}


def places(figure: go.Figure) -> dict[str, float]:
    """Where each network is on the horizontal axis."""
    return {
        own[0]: x
        for trace in figure.data
        for own, x in zip(trace.customdata or (), trace.x or (), strict=False)
    }


def test_over_latency_a_run_shows_what_it_measured() -> None:
    assert keys(RUN.tradeoff()) == {"0.5-160", "resnet18"}


@pytest.mark.parametrize("metric", ["mult_adds", "parameters", "size"])
def test_over_counts_all_published_networks_stand_beside_it(metric: Metric) -> None:
    assert len(keys(RUN.tradeoff(metric))) == 16 + len(references())


def test_of_several_engines_the_first_is_drawn_unless_another_is_named(wording: Wording) -> None:
    assert places(RUN.tradeoff())["0.5-160"] == pytest.approx(4e-3, rel=0.02)
    assert places(RUN.tradeoff(engine="openvino"))["0.5-160"] == pytest.approx(2e-3, rel=0.02)
    with pytest.raises(ScenarioError) as refused:
        RUN.tradeoff(engine="executorch")
    assert "'executorch'" in str(refused.value)
    wording(refused.value)


def test_a_run_without_results_has_a_chart_that_says_so(wording: Wording) -> None:
    figure = a_run().tradeoff()

    assert keys(figure) == set()
    wording(figure.layout.annotations[0].text)


def test_the_other_charts_are_there_too() -> None:
    assert bench.grid(RUN, "vs_theory").data
    assert [trace.name for trace in bench.distribution(RUN, "resnet18").data[:1]] == ["ResNet-18"]
    assert bench.layers(MobileNetConfig(0.25, 128)).data


def test_a_notebook_shows_it_live_and_an_exported_page_still_does() -> None:
    bundle = RUN.tradeoff()._repr_mimebundle_()

    assert set(bundle) == {MIME, "text/html"}
    assert "plotly.js v" in bundle["text/html"][:20_000]


def test_only_the_first_figure_brings_the_script_along() -> None:
    first, second = RUN.tradeoff(), bench.grid(RUN)

    sizes = [len(one._repr_mimebundle_()["text/html"]) for one in (first, second)]

    assert sizes[0] > 1_000_000 > 100_000 > sizes[1]


def test_no_figure_can_be_sent_to_anybody() -> None:
    bundle = RUN.tradeoff()._repr_mimebundle_()

    assert bundle[MIME]["config"]["showSendToCloud"] is False
    assert '"showSendToCloud": false' in bundle["text/html"]
    assert "<script src" not in bundle["text/html"]


def test_a_renderer_that_a_person_has_chosen_is_used() -> None:
    pio.renderers.default = "json"

    assert set(RUN.tradeoff()._repr_mimebundle_()) == {"application/json"}
