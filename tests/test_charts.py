"""Charts show what is known and how well, and say the same in words."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import plotly.io
import plotly.tools
import pytest

from benchmarks import charts
from benchmarks.candidates import Candidate, candidate
from benchmarks.charts import (
    CONFIG,
    GRID_METRICS,
    LAYER_UNITS,
    Figure,
    Front,
    Ready,
    as_figure,
    distribution,
    distribution_alt,
    grid,
    grid_alt,
    identical,
    identical_alt,
    layers,
    layers_alt,
    tradeoff,
    tradeoff_alt,
    undrawn,
    why_undrawn,
)
from benchmarks.charts.axes import MOST_TICKS, linear_ticks, log_axis, log_ticks
from benchmarks.charts.grid import GridMetric
from benchmarks.charts.labels import Box, Mark, Request, place
from benchmarks.charts.layers import LayerUnit
from benchmarks.charts.looks import look
from benchmarks.charts.palette import CIVIDIS, DARK, LIGHT, family_style, on_scale, readable_on
from benchmarks.charts.points import points
from benchmarks.charts.tradeoff_labels import Plot, label_places
from benchmarks.collection import collect
from benchmarks.references import references
from benchmarks.results import Measurement, Quality
from benchmarks.scenarios import Scenario
from benchmarks.timing.statistics import Interval, Ratio
from benchmarks.training.order import Guess
from benchmarks.variants import (
    METRICS,
    MOBILENET_FAMILY,
    Metric,
    Top1,
    Variant,
    describe,
    pareto_front,
)
from mobilenet import MobileNetConfig, cost, paper_grid
from mobilenet.config import BlockKind
from mobilenet.tasks.score import Epoch, Score
from tests.builders import measurement, with_times
from tests.wording import Wording

SIXTEEN = tuple(Candidate(config) for config in paper_grid())
REFERENCES = tuple(Candidate(reference=key) for key in references())
BETWEEN = candidate("0.6-176")  # nobody trained it: its accuracy is an estimate
SCENARIO = Scenario()
PAIRS = (
    (
        Ratio(1.001, Interval(0.99, 1.012), 60, 5),
        Ratio(0.99, Interval(0.93, 1.05), 60, 5),
        Ratio(1.06, Interval(1.04, 1.08), 60, 5),
    ),
    (Ratio(1.0, None, 4),),
)


def timed(
    network: Candidate,
    *,
    rounds: int = 12,
    calls: int = 30,
    quality: Quality = "measured",
    engine: str = "eager",
) -> Measurement:
    """Its times are a millisecond and its mult-adds."""
    median_ms = 1 + network.mult_adds / 50e6
    return measurement(
        network, median_ms=median_ms, rounds=rounds, calls=calls, quality=quality, engine=engine
    )


def described(networks: tuple[Candidate, ...], *measured: Measurement) -> list[Variant]:
    results = {(found.candidate.key, found.scenario): found for found in measured}
    return [describe(network, results, SCENARIO) for network in networks]


def everything(quality: Quality = "measured") -> list[Variant]:
    networks = (*SIXTEEN, *REFERENCES, BETWEEN)
    return described(networks, *(timed(network, quality=quality) for network in networks))


def fronts(variants: list[Variant], metric: Any) -> list[Front]:
    own = [variant for variant in variants if variant.candidate.config is not None]
    others = [variant for variant in variants if variant.candidate.config is None]
    return [
        Front("MobileNets", pareto_front(own, metric)),
        Front("references", pareto_front(others, metric)),
    ]


def every_figure(dark: bool) -> dict[str, Figure]:
    variants = everything()
    networks = [variant.candidate for variant in variants[:6]]
    curves = [timed(network, rounds=40) for network in networks]
    return {
        **{
            f"tradeoff {metric}": tradeoff(
                variants,
                metric=metric,
                selected="0.5-160",
                baseline="1.0-224",
                pareto=fronts(variants, metric),
                dark=dark,
            )
            for metric in METRICS
        },
        **{
            f"grid {metric}": grid(variants, metric=metric, selected="0.5-160", dark=dark)
            for metric in GRID_METRICS
        },
        **{
            f"layers {unit}": layers(cost(MobileNetConfig()), unit=unit, dark=dark)
            for unit in LAYER_UNITS
        },
        "distribution": distribution(curves, dark=dark),
        "identical": identical(PAIRS, dark=dark),
        "no pairs": identical([], dark=dark),
        "nothing to place": tradeoff([], metric="latency", selected=None, dark=dark),
        "nothing in the grid": grid([], metric="latency", selected=None, dark=dark),
        "nothing measured": distribution([], dark=dark),
    }


def tradeoff_of(
    variants: list[Variant], metric: Metric, *, selected: str | None = None, **more: Any
) -> Figure:
    return tradeoff(variants, metric=metric, selected=selected, dark=False, **more)


def grid_of(variants: list[Variant], metric: GridMetric, *, selected: str | None = None) -> Figure:
    return grid(variants, metric=metric, selected=selected, dark=False)


def networks_of(figure: Figure) -> Figure:
    """The trace with the networks: the one whose points can be chosen."""
    (trace,) = (trace for trace in figure["data"] if "customdata" in trace)
    return trace


def point_of(figure: Figure, key: str) -> dict[str, Any]:
    """What the trace says of one network."""
    trace = networks_of(figure)
    index = trace["customdata"].index([key])
    marker = trace["marker"]
    return {
        "x": trace["x"][index],
        "text": trace["text"][index],
        "card": trace["hovertext"][index],
        "symbol": marker["symbol"][index],
        "fill": marker["color"][index],
        "error": trace.get("error_y", {"array": [0] * 99})["array"][index],
    }


def legend_of(figure: Figure) -> list[str]:
    return [
        trace["name"]
        for trace in figure["data"]
        if trace.get("showlegend", True) and "name" in trace
    ]


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def figures(request: pytest.FixtureRequest) -> tuple[bool, dict[str, Figure]]:
    return request.param, every_figure(dark=request.param)


def test_every_figure_is_small_plain_json_that_plotly_accepts(
    figures: tuple[bool, dict[str, Figure]],
) -> None:
    for name, figure in figures[1].items():
        assert len(json.dumps(figure, allow_nan=False)) < 40_000, name
        assert len(as_figure(figure).data) == len(figure["data"]), name


def test_no_colour_is_one_that_streamlit_replaces(
    figures: tuple[bool, dict[str, Figure]],
) -> None:
    """Streamlit's frontend takes #000001 to #000040 for places in its own palette."""
    assert not re.search(r"#0000(0[1-9]|[1-3]\d|40)\b", json.dumps(figures[1]))


def test_text_is_dark_on_light_and_light_on_dark(
    figures: tuple[bool, dict[str, Figure]],
) -> None:
    is_dark, drawn = figures

    ink = "#000000" if is_dark else "#FFFFFF"
    for figure in drawn.values():
        assert readable_on(figure["layout"]["font"]["color"]) == ink


def test_an_exported_figure_does_not_take_on_the_default_template() -> None:
    before = plotly.io.templates.default
    plotly.io.templates.default = "plotly_dark"
    try:
        figure = as_figure(layers(cost(MobileNetConfig()), unit="mult_adds", dark=False))
    finally:
        plotly.io.templates.default = before

    assert figure.layout.template == plotly.io.templates["none"]


def test_a_ready_figure_reaches_streamlit_unchanged_and_unchecked() -> None:
    figure = distribution([], dark=False)

    assert plotly.tools.return_figure_from_figure_or_data(Ready(figure), True) is figure


def test_no_chart_offers_to_send_data_away() -> None:
    assert CONFIG["showSendToCloud"] is False
    assert CONFIG["displaylogo"] is False


def test_every_family_has_its_own_look() -> None:
    families = {network.family for network in references().values()} | {MOBILENET_FAMILY}
    styles = {family: family_style(family) for family in families}

    assert len(set(styles.values())) == len(families)
    assert len({style.symbol for style in styles.values()}) == len(families)
    assert family_style("Unheard-of") not in styles.values()


def test_palettes_have_the_ten_colours_that_streamlit_needs() -> None:
    assert len(set(LIGHT)) == len(set(DARK)) == 10


def test_numbers_in_cells_can_be_read() -> None:
    """At least 4.5 to 1, as WCAG asks for."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for step in range(101):
        fill = on_scale(step / 100)
        light, dark = sorted((luminance(fill), luminance(readable_on(fill))), reverse=True)

        assert (light + 0.05) / (dark + 0.05) >= 4.5, fill


def test_the_colour_scale_grows_steadily_lighter_from_end_to_end() -> None:
    assert (on_scale(0), on_scale(1)) == (CIVIDIS[0], CIVIDIS[-1])


def test_an_unmeasured_network_is_not_drawn_over_latency() -> None:
    measured = timed(candidate("0.5-160"))
    variants = described(SIXTEEN, measured)
    figure = tradeoff_of(variants, "latency", selected="1.0-224")

    assert networks_of(figure)["customdata"] == [["0.5-160"]]
    assert "selected" not in legend_of(figure)
    assert len(undrawn(variants, "latency")) == 15
    assert undrawn(variants, "mult_adds") == ()


def test_why_a_network_is_missing_is_said_in_words(wording: Wording) -> None:
    unmeasured, measured = described(SIXTEEN[:2], timed(SIXTEEN[1]))

    assert why_undrawn(measured, "latency") is None
    wording(why_undrawn(unmeasured, "latency"))
    wording(why_undrawn(replace(measured, top1=None), "size"))


def test_a_network_without_accuracy_is_not_drawn() -> None:
    shallow = describe(candidate("0.5-160-shallow"), {}, SCENARIO)

    assert shallow.top1 is None
    assert undrawn([shallow], "size") == (shallow,)


def test_an_estimate_is_hollow_with_its_error_and_a_published_figure_is_not() -> None:
    figure = tradeoff_of(everything(), "mult_adds")
    estimate, published = point_of(figure, "0.6-176"), point_of(figure, "0.5-160")

    assert estimate["symbol"] == "circle-open"
    assert estimate["error"] > 0
    assert "estimate" in estimate["card"]
    assert "≈" in estimate["card"]
    assert published["symbol"] == "circle"
    assert published["error"] == 0
    assert "estimate" in legend_of(figure)


def test_a_preview_looks_and_reads_unlike_a_measurement() -> None:
    proper = tradeoff_of(everything(), "latency")
    preview = tradeoff_of(everything("preview"), "latency")

    assert point_of(preview, "0.5-160")["fill"] != point_of(proper, "0.5-160")["fill"]
    counted = tradeoff_of(everything("preview"), "mult_adds")

    assert "preview" not in legend_of(counted)
    assert "preview" in point_of(preview, "0.5-160")["card"]
    assert "preview" in legend_of(preview)
    assert "preview" not in legend_of(proper)
    assert "preview" not in point_of(proper, "0.5-160")["card"]


def test_latencies_carry_their_interval() -> None:
    variants = described(SIXTEEN[:1], timed(SIXTEEN[0]))
    trace = networks_of(tradeoff_of(variants, "latency"))
    interval = timed(SIXTEEN[0]).interval_s

    assert interval is not None
    assert trace["x"][0] + trace["error_x"]["array"][0] == pytest.approx(interval.high)
    assert trace["x"][0] - trace["error_x"]["arrayminus"][0] == pytest.approx(interval.low)
    assert f"{len(timed(SIXTEEN[0]).times_s)} inferences" in trace["hovertext"][0]


def test_text_from_data_cannot_become_markup() -> None:
    (variant,) = described(SIXTEEN[:1])
    hostile = replace(variant, top1=Top1(70.0, None, "<a href='x'>me</a>", "recipe"))
    figure = tradeoff_of([hostile], "size", pareto=[Front("<b>front", (hostile, hostile))])
    text = json.dumps(figure)

    assert "<a " not in text
    assert "&lt;a " in text
    assert "<b>front" not in text


def test_large_networks_lie_beneath_small_ones_and_are_larger() -> None:
    trace = networks_of(tradeoff_of(everything(), "size"))
    sizes = trace["marker"]["size"]

    assert trace["customdata"][0] == ["vgg16"]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= 8
    area = {key: size**2 for (key,), size in zip(trace["customdata"], sizes, strict=True)}
    assert area["resnet50"] / area["resnet18"] == pytest.approx(25.557032 / 11.689512)


def test_fronts_are_steps_through_their_networks_and_single_networks_make_none() -> None:
    variants = everything()
    own, others = fronts(variants, "mult_adds")
    alone = Front("alone", own.variants[:1])
    figure = tradeoff_of(variants, "mult_adds", pareto=[own, others, alone])
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]

    assert [line["name"] for line in lines] == ["MobileNets", "references"]
    assert lines[0]["x"] == sorted(lines[0]["x"])
    assert lines[0]["y"] == sorted(lines[0]["y"])
    assert {line["line"]["shape"] for line in lines} == {"hv"}
    assert len({line["line"]["dash"] for line in lines}) == 2


def test_the_selected_network_has_a_ring_and_the_baseline_a_square_if_it_is_another() -> None:
    both, one = (
        tradeoff_of(everything(), "size", selected=selected, baseline="1.0-224")
        for selected in ("0.5-160", "1.0-224")
    )
    rings = {trace.get("name"): trace["marker"]["symbol"] for trace in both["data"][-2:]}

    assert rings == {"selected": "circle-open", "compared with": "square-open"}
    assert "compared with" not in legend_of(one)


@pytest.mark.parametrize("metric", METRICS)
def test_the_selected_network_is_always_named_and_on_a_wide_screen_every_reference(
    metric: Metric,
) -> None:
    variants = everything()
    narrow, wide = (
        tradeoff_of(
            variants, metric, selected="0.5-160", pareto=fronts(variants, metric), screen_px=screen
        )
        for screen in (390, 1000)
    )

    assert any("<b>0.5-160</b>" in label for label in labels_of(narrow))
    labels = {label.strip("\u00a0") for label in labels_of(wide)}
    assert {network.label for network in REFERENCES} <= labels


def labels_of(figure: Figure) -> list[str]:
    beside = [text for trace in figure["data"] for text in trace.get("text", []) if text]
    return beside + [note["text"] for note in figure["layout"]["annotations"]]


def test_labels_overlap_neither_each_other_nor_other_points_however_wide_the_plot() -> None:
    marks = [Mark(7.0 * i % 200, 13.0 * i % 90, 10) for i in range(25)]
    requests = [Request(i, "label text") for i in range(len(marks))]
    placed = place(requests, marks, bounds=Box(0, 0, 300, 120))

    assert 3 <= len(placed) < len(marks)
    for stretch in (1.0, 1.3, 2.0, 5.0):
        boxes = {
            index: move(found.box, marks[index].x * (stretch - 1))
            for index, found in placed.items()
        }
        for index, box in boxes.items():
            for other, mark in enumerate(marks):
                if other != index:
                    assert not overlap(box, move(body(mark), mark.x * (stretch - 1)))
            assert not any(overlap(box, boxes[other]) for other in boxes if other > index)


def move(box: Box, right: float) -> Box:
    return Box(box.left + right, box.bottom, box.right + right, box.top)


def body(mark: Mark) -> Box:
    half = 0.4 * mark.diameter
    return Box(mark.x - half, mark.y - half, mark.x + half, mark.y + half)


def overlap(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.bottom < b.top and b.bottom < a.top


def test_ticks_are_round_numbers_over_the_whole_range() -> None:
    assert log_ticks(0.9, 21) == [1, 2, 5, 10, 20]
    assert log_ticks(13, 16_000) == [30, 100, 300, 1000, 3000, 10_000]
    assert log_ticks(1e-3, 1e9) == [10.0**n for n in range(-3, 10)]
    assert linear_ticks(51.4) == [0, 20, 40]
    assert linear_ticks(0.7) == pytest.approx([0, 0.2, 0.4, 0.6])


@pytest.mark.parametrize(("low", "high"), [(0.0031, 0.0031), (1e-4, 2e-4), (1e-3, 0.4)])
def test_a_latency_axis_shows_its_data_and_at_least_two_ticks(low: float, high: float) -> None:
    axis = log_axis(low, high, 1e-3, pad=0.05)
    left, right = axis["range"]

    assert left < math.log10(low) <= math.log10(high) < right
    assert 2 <= len(axis["tickvals"]) <= MOST_TICKS
    assert all(left <= math.log10(tick) <= right for tick in axis["tickvals"])
    assert [float(text.replace(",", "")) for text in axis["ticktext"]] == pytest.approx(
        [tick * 1e3 for tick in axis["tickvals"]]
    )


def test_the_grid_has_a_cell_for_each_of_the_sixteen_whether_known_or_not() -> None:
    variants = described(SIXTEEN, timed(candidate("0.5-160")))
    figure = grid_of(variants, "latency")

    assert Counter(networks_of(figure)["customdata"][i][0] for i in range(16)) == Counter(
        network.key for network in SIXTEEN
    )
    assert networks_of(figure)["text"].count("–") == 15
    assert len(figure["layout"]["shapes"]) == 15
    assert sum(cell is None for row in figure["data"][0]["z"] for cell in row) == 15


def test_the_grid_grows_to_the_upper_right() -> None:
    figure = grid_of(described(SIXTEEN), "mult_adds")
    heat = figure["data"][0]

    assert heat["x"] == ["128 px", "160 px", "192 px", "224 px"]
    assert heat["y"] == ["0.25", "0.5", "0.75", "1.0"]
    assert heat["z"][0][0] == 0
    assert heat["z"][3][3] == 1
    assert networks_of(figure)["text"][-1] == "569 M"


def test_the_selected_cell_is_outlined_and_others_are_left_out_of_the_grid() -> None:
    inside = grid_of(described(SIXTEEN), "size", selected="0.5-160")
    outside = grid_of(described(SIXTEEN), "size", selected="0.6-176")

    (outline,) = inside["layout"]["shapes"]
    assert (outline["x0"], outline["x1"]) == (0.5, 1.5)
    assert (outline["y0"], outline["y1"]) == (0.5, 1.5)
    assert outside["layout"]["shapes"] == []


def test_departure_from_theory_needs_the_largest_network_and_is_one_there() -> None:
    small = timed(candidate("0.25-128"))
    alone = grid_of(described(SIXTEEN, small), "vs_theory")
    base = timed(candidate("1.0-224"))
    both = grid_of(described(SIXTEEN, small, base), "vs_theory")

    assert set(networks_of(alone)["text"]) == {"–"}
    ratio = (small.median_s / base.median_s) * (base.candidate.mult_adds / 13_577_232)
    assert small.candidate.mult_adds == pytest.approx(13_577_232, rel=0.01)
    assert point_text(both, "1.0-224") == "1.0 ×"
    assert float(point_text(both, "0.25-128").split()[0]) == pytest.approx(ratio, rel=0.05)


def point_text(figure: Figure, key: str) -> str:
    trace = networks_of(figure)
    return str(trace["text"][trace["customdata"].index([key])])


@pytest.mark.parametrize(("metric", "is_marked"), [("latency", True), ("mult_adds", False)])
def test_a_preview_in_the_grid_says_so(metric: GridMetric, is_marked: bool) -> None:
    variants = described(SIXTEEN, timed(candidate("0.5-160"), quality="preview"))
    figure = grid_of(variants, metric)

    assert ("preview" in point_text(figure, "0.5-160")) is is_marked


def test_an_estimate_in_the_grid_carries_its_error() -> None:
    (variant,) = described((candidate("0.5-160"),))
    estimated = replace(variant, top1=Top1(59.0, 0.5, "source", "recipe"))
    figure = grid_of([estimated], "top1")

    assert point_text(figure, "0.5-160").startswith("≈ 59.0<br>")
    assert "± 0.5 %" in point_text(figure, "0.5-160")


@pytest.mark.parametrize("unit", LAYER_UNITS)
@pytest.mark.parametrize("block", ["separable", "full"])
def test_bars_add_up_to_the_network_in_its_order(unit: LayerUnit, block: BlockKind) -> None:
    counted = cost(MobileNetConfig(block=block))
    figure = layers(counted, unit=unit, dark=False)
    total = sum(sum(trace["x"]) for trace in figure["data"])
    bars = figure["layout"]["yaxis"]["categoryarray"]

    expected = {
        "mult_adds": counted.mult_adds,
        "parameters": counted.parameters,
        "activation": sum(layer.activation_bytes for layer in counted.layers),
    }
    assert total == expected[unit]
    assert (bars[0], bars[-1]) == ("stem", "classifier")
    assert bars[1:14] == [f"block {number}" for number in range(1, 14)]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"


def test_the_papers_headline_stands_above_the_layers() -> None:
    """Table 2: 1×1 convolutions have 94.86 % of the mult-adds and 74.59 % of the parameters."""
    figure = layers(cost(MobileNetConfig()), unit="mult_adds", dark=False)

    assert "pointwise 94.9 %" in legend_of(figure)


def test_a_curve_runs_from_the_fastest_to_the_slowest_in_few_steps() -> None:
    found = timed(SIXTEEN[0], rounds=40)
    figure = distribution([found], dark=False)
    curve = figure["data"][0]

    assert len(found.times_s) == 1200
    assert len(curve["x"]) == 201
    assert curve["x"] == sorted(curve["x"])
    assert curve["x"][0] >= min(found.times_s) * 1e3 * 0.999
    assert curve["x"][-1] == pytest.approx(max(found.times_s) * 1e3)
    assert curve["y0"] + curve["dy"] * 200 == pytest.approx(100)
    assert curve["x"][100] == pytest.approx(found.median_s * 1e3, rel=0.01)


@pytest.mark.parametrize(("rounds", "names"), [(6, ["p50"]), (40, ["p50", "p90"]), (300, None)])
def test_quantiles_are_marked_only_where_there_are_enough_inferences(
    rounds: int, names: list[str] | None
) -> None:
    figure = distribution([timed(SIXTEEN[0], rounds=rounds, calls=1)], dark=False)
    marked = [card.split("<br>")[1].split()[0] for card in figure["data"][-1]["hovertext"]]

    assert marked == (names or ["p50", "p90", "p99"])
    assert ("p99" in figure["layout"]["yaxis"]["ticktext"]) is (rounds == 300)


def test_a_quantile_that_cannot_be_had_says_how_many_inferences_it_needs() -> None:
    found = timed(SIXTEEN[0], rounds=40, calls=1)
    (_, markers) = distribution([found], dark=False)["data"]

    assert "p90 " in markers["hovertext"][1]
    assert " to " in markers["hovertext"][1]  # its interval
    needed = markers["hovertext"][1].split("<br>")[-1]
    assert "259" in needed
    assert needed in distribution_alt([found])


def test_curves_differ_by_dash_as_well_as_colour_and_end_at_six() -> None:
    figure = distribution([timed(network) for network in SIXTEEN], dark=False)
    curves = figure["data"][:-1]

    assert len(curves) == 6
    assert len({curve["line"]["dash"] for curve in curves}) == 6
    assert len({curve["line"]["color"] for curve in curves}) == 6


def test_curves_are_named_by_what_tells_them_apart() -> None:
    engines = [timed(SIXTEEN[0], engine=engine) for engine in ("eager", "openvino")]
    preview = timed(SIXTEEN[1], quality="preview")

    assert legend_of(distribution(engines, dark=False)) == ["1.0-224, eager", "1.0-224, openvino"]
    assert legend_of(distribution([preview], dark=False)) == ["1.0-192, preview"]


def test_alternatives_state_the_finding_in_numbers(wording: Wording) -> None:
    variants = everything()
    front = fronts(variants, "mult_adds")
    found = [
        tradeoff_alt(variants, metric="mult_adds", selected="0.5-160", pareto=front),
        grid_alt(variants, metric="top1", selected="0.5-160"),
        layers_alt(cost(MobileNetConfig()), unit="mult_adds"),
        distribution_alt([timed(SIXTEEN[0])]),
    ]

    for number, alt in zip(("76.5 M", "59.1 %", "94.9 %", "12.3 ms"), found, strict=True):
        assert number in alt
        wording(alt)


def test_alternatives_say_if_there_is_nothing(wording: Wording) -> None:
    wording(tradeoff_alt([], metric="latency", selected=None))
    wording(grid_alt([], metric="latency", selected=None))
    wording(distribution_alt([]))
    wording(identical_alt([]))
    wording(charts.learning_alt([charts.Learner("other", (), 5)], "loss"))
    wording(charts.scored_alt([charts.Mark("one", TEN, None)], "latency"))
    wording(charts.guesses_alt([]))


def test_alternatives_count_what_is_missing_and_what_is_a_preview(wording: Wording) -> None:
    variants = described(SIXTEEN, timed(candidate("0.5-160"), quality="preview"))

    for alt in (
        tradeoff_alt(variants, metric="latency", selected=None),
        grid_alt(variants, metric="latency", selected=None),
    ):
        assert "15" in alt
        wording(alt)


def test_identical_pairs_differ_by_symbol_as_well_as_colour_and_by_what_was_said_of_them() -> None:
    traces = {trace["name"]: trace for trace in identical(PAIRS, dark=False)["data"]}

    assert {name: trace["y"] for name, trace in traces.items()} == {
        "same": ["Run 1, pair 1"],
        "cannot tell": ["Run 1, pair 2", "Run 2, pair 1"],
        "called different": ["Run 1, pair 3"],
    }
    looks = [(trace["marker"]["symbol"], trace["marker"]["color"]) for trace in traces.values()]
    assert len({symbol for symbol, _ in looks}) == len({colour for _, colour in looks}) == 3


def test_pairs_of_an_invalid_run_are_shown_as_withheld_whatever_they_seem_to_say() -> None:
    (trace,) = identical(PAIRS[:1], dark=False, withheld=[0])["data"]

    assert trace["name"] == "withheld: invalid run"
    assert len(trace["y"]) == 3


def test_identical_pairs_lie_around_no_difference_with_the_whole_margin_in_sight() -> None:
    figure = identical(PAIRS[:1], dark=False)
    low, high = figure["layout"]["xaxis"]["range"]
    margin = figure["layout"]["shapes"][0]
    ends = [
        value + sign * length
        for trace in figure["data"]
        for sign, lengths in ((1, trace["error_x"]["array"]), (-1, trace["error_x"]["arrayminus"]))
        for value, length in zip(trace["x"], lengths, strict=True)
    ]

    assert low == -high
    assert low < min(ends) < max(ends) < high
    assert low < margin["x0"] < 0 < margin["x1"] < high
    assert figure["layout"]["xaxis"]["ticktext"].count("0 %") == 1


def test_identical_pairs_are_told_in_numbers(wording: Wording) -> None:
    said = identical_alt(PAIRS)

    assert "+6 % (+4 % to +8 %)" in said
    wording(said)
    wording(identical_alt(PAIRS, [0]))


def test_a_label_does_not_stand_on_the_line_of_its_interval() -> None:
    def restless(network: str, middle_ns: int) -> Measurement:
        """Its rounds lie far apart, and so do the ends of its interval."""
        times = [middle_ns * (6 + 8 * (number % 2)) // 10 for number in range(12)]
        return with_times(measurement(network), *times)

    rows = [restless("resnet18", 4_000_000), restless("squeezenet1_0", 20_000_000)]
    times = collect(rows).best
    shown = points([describe(row.candidate, times, row.scenario) for row in rows], "latency")
    plot = Plot(600, 400, left=-3, right=-1, low=50, high=80)

    found = label_places(shown, plot, metric="latency", ringed=[], fronts=[])

    assert len(found) == 2
    for index, where in found.items():
        y = plot.y(shown[index].y)
        assert not where.box.bottom < y < where.box.top, where


TEN = Score(540, 500, 530)


def epochs(*scores: Score) -> tuple[Epoch, ...]:
    return tuple(Epoch(number, 1 / number, score, 2.0) for number, score in enumerate(scores, 1))


def test_a_learning_curve_has_an_interval_at_each_epoch_and_room_for_those_to_come() -> None:
    learner = charts.Learner("0.25-32", epochs(Score(540, 270, 400), TEN), planned=9)

    figure = charts.learning([learner], "top1", dark=False)

    (curve,) = figure["data"]
    assert curve["x"] == [1, 2]
    assert curve["y"] == [50.0, TEN.top1_percent]
    assert curve["y"][1] + curve["error_y"]["array"][1] == pytest.approx(TEN.top1_bounds.high)
    assert curve["y"][1] - curve["error_y"]["arrayminus"][1] == pytest.approx(TEN.top1_bounds.low)
    assert figure["layout"]["xaxis"]["range"] == [0.5, 9.5]
    assert "after 2 of 9 epochs 92.6 %" in charts.learning_alt([learner], "top1")


def test_a_loss_has_no_interval_and_nothing_is_drawn_of_a_network_that_has_not_begun() -> None:
    one = charts.Learner("one", epochs(TEN), 5)
    other = charts.Learner("other", (), 5)

    (curve,) = charts.learning([other, one], "loss", dark=True)["data"]

    assert "error_y" not in curve
    assert curve["y"] == [1.0]
    (nothing,) = charts.learning([other], "loss", dark=True)["data"]
    assert nothing["x"] == []


def test_learned_networks_differ_by_more_than_their_colour() -> None:
    looks = [look(number) for number in range(168)]

    assert len(set(looks)) == len(looks)
    assert all(len({one.dash, other.dash}) == 2 for one, other in pairwise(looks))
    assert all(len({one.symbol, other.symbol}) == 2 for one, other in pairwise(looks))


def test_a_measured_accuracy_carries_its_interval_and_stands_at_its_cost() -> None:
    marks = [
        charts.Mark("one <b>", TEN, 0.004),
        charts.Mark("other", Score(540, 539, 540), 0.009),
        charts.Mark("untimed", TEN, None),
    ]

    figure = charts.scored(marks, "latency", dark=False)

    one, other = figure["data"]
    assert one["name"] == "one &lt;b&gt;"
    assert (one["x"], one["y"]) == ([4.0], [TEN.top1_percent])
    assert one["y"][0] - one["error_y"]["arrayminus"][0] == pytest.approx(TEN.top1_bounds.low)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < TEN.top1_bounds.low
    assert other["y"][0] + other["error_y"]["array"][0] < high <= 101
    assert "untimed" not in charts.scored_alt(marks, "latency")
    assert "other 99.8 %" in charts.scored_alt(marks, "latency")


def test_the_likeliest_class_stands_on_top_with_its_whole_name_in_reach() -> None:
    found = [Guess("Staffordshire <b>bull</b> terrier", 0.75), Guess("pirate", 0.05)]

    figure = charts.guesses(found, dark=False)

    (bars,) = figure["data"]
    assert bars["x"] == [75.0, 5.0]
    assert bars["text"] == ["75.0 %", "5.0 %"]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"
    assert figure["layout"]["yaxis"]["ticktext"] == ["Staffordshire &lt;b&gt;bull…", "pirate"]
    assert "&lt;b&gt;bull&lt;/b&gt; terrier" in bars["hovertext"][0]
    assert "terrier 75.0 %, pirate 5.0 %" in charts.guesses_alt(found)


def test_a_network_looks_in_one_chart_as_it_does_in_the_other() -> None:
    learners = [charts.Learner(name, epochs(TEN), 5) for name in ("one", "other")]
    _, curve = charts.learning(learners, "top1", dark=False)["data"]

    (mark,) = charts.scored([charts.Mark("other", TEN, 0.1, 1)], "latency", dark=False)["data"]

    assert mark["marker"]["color"] == curve["marker"]["color"]
    assert mark["marker"]["symbol"] == curve["marker"]["symbol"]


def test_what_is_not_timed_is_not_drawn() -> None:
    mark = charts.Mark("one", TEN, None)

    (nothing,) = charts.scored([mark], "latency", dark=False)["data"]
    assert nothing["x"] == []
