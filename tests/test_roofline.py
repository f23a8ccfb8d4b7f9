"""What follows from times of layers: shares of the ceiling, sums, tables, charts; all planted."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from benchmarks import layer_table, snapshot
from benchmarks.charts import (
    as_figure,
    layer_shares,
    layer_shares_alt,
    roofline_alt,
)
from benchmarks.charts import roofline as drawn
from benchmarks.cli import app
from benchmarks.layer_sum import LayerSum, sum_of
from benchmarks.layer_times import Ceiling, LayerTimes, Method
from benchmarks.results import Measurement, Run
from benchmarks.roofline import attainable, ridge, roofline, rooflines, why_no_roofline
from benchmarks.scenarios import ScenarioError
from mobilenet.cost import Cost, cost
from tests.builders import a_run, measurement, with_layers
from tests.fake_worker import FakeMachine
from tests.wording import Wording

# 100 GFLOP/s, 10 GB/s: the two meet at 10 FLOP a byte.
CEILING = Ceiling(1, 10**11, (10**9, 2 * 10**9), 10**10, (10**9,))


@pytest.fixture
def run() -> Run:
    """1.0-224 with times, ResNet-18 without."""
    timed = with_layers(a_run(measurement("1.0-224"), measurement("resnet18")))
    return replace(timed, ceilings=(CEILING,))


@pytest.fixture
def row(run: Run) -> Measurement:
    return run.measurements[0]


def counted(row: Measurement) -> Cost:
    assert row.candidate.config is not None
    return cost(row.candidate.config)


def times_of(row: Measurement) -> LayerTimes:
    assert row.layer_times is not None
    return row.layer_times


# Roofline


def test_the_ceiling_is_the_fastest_of_its_calls() -> None:
    assert CEILING.flops_per_s == pytest.approx(100e9)
    assert CEILING.bytes_per_s == pytest.approx(10e9)


@pytest.mark.parametrize(("intensity", "flops_per_s"), [(1, 10e9), (10, 100e9), (1000, 100e9)])
def test_little_arithmetic_a_byte_is_bound_by_memory(intensity: float, flops_per_s: float) -> None:
    assert attainable(CEILING, intensity) == pytest.approx(flops_per_s)
    assert ridge(CEILING) == pytest.approx(10)


def test_a_layer_is_told_by_its_arithmetic_its_bytes_and_its_time(row: Measurement) -> None:
    point = next(one for one in roofline(row, [CEILING]) if one.layer.name == "block 7 pointwise")

    mult_adds = 14 * 14 * 512 * 512
    moved_bytes = 4 * (2 * 14 * 14 * 512 + 512 * 512)
    time_s = (1100 + mult_adds // 25) * 1e-9  # the median of its two passes
    assert (point.flops, point.moved_bytes) == (2 * mult_adds, moved_bytes)
    assert point.time_s == pytest.approx(time_s)
    assert point.intensity == pytest.approx(2 * mult_adds / moved_bytes)
    assert point.flops_per_s == pytest.approx(2 * mult_adds / time_s)
    assert not point.is_bound_by_memory
    assert point.share == pytest.approx(2 * mult_adds / time_s / 100e9)


def test_a_depthwise_layer_is_bound_by_memory(row: Measurement) -> None:
    point = next(one for one in roofline(row, [CEILING]) if one.layer.name == "block 7 depthwise")

    assert point.is_bound_by_memory
    assert point.attainable_flops_per_s == pytest.approx(10e9 * point.intensity)


def test_a_batch_moves_its_images_and_the_weights_once(row: Measurement) -> None:
    several = replace(row, scenario=replace(row.scenario, batch=8))
    one, eight = (roofline(own, [CEILING])[-1] for own in (row, several))  # the classifier

    assert eight.flops == 8 * one.flops
    assert eight.moved_bytes == 4 * (1024 * 1000 + 8 * (1024 + 1000))


def test_pooling_has_no_place_under_a_roof(row: Measurement) -> None:
    names = [point.layer.name for point in roofline(row, [CEILING])]

    assert names == [layer.name for layer in counted(row).layers if layer.name != "pool"]


def test_only_what_was_measured_alike_is_compared_with_the_ceiling(
    run: Run, wording: Wording
) -> None:
    timed, untimed = run.measurements
    int8 = replace(timed, scenario=replace(timed.scenario, precision="int8"))
    gpu = replace(timed, scenario=replace(timed.scenario, device="cuda"))
    threads = replace(timed, scenario=replace(timed.scenario, threads=2))

    assert why_no_roofline(timed, run.ceilings) is None
    for other in (untimed, int8, gpu, threads):
        assert roofline(other, run.ceilings) == ()
        wording(why_no_roofline(other, run.ceilings))
    assert [one for one, _ in rooflines(run)] == [timed]


# The sum


@pytest.mark.parametrize(
    ("layers_s", "whole_s", "is_close"),
    [(1.0, 1.0, True), (1.09, 1.0, True), (0.91, 1.0, True), (1.2, 1.0, False), (0.8, 1.0, False)],
)
def test_layers_add_up_to_the_whole_within_a_tenth(
    layers_s: float, whole_s: float, is_close: bool
) -> None:
    found = LayerSum(layers_s, 0.0, whole_s, is_by_profiler=True)

    assert found.is_close == is_close


@pytest.mark.parametrize("method", ["profiler", "stages"])
@pytest.mark.parametrize("percent", [100, 150, 50])
def test_a_difference_is_shown_and_explained(
    method: Method, percent: int, wording: Wording
) -> None:
    found = LayerSum(percent * 1e-9, 0.0, 100e-9, method == "profiler")

    assert f"{percent}.0 % of the whole" in found.sentence
    wording(found.sentence)


def test_what_is_no_layer_counts_towards_the_whole(row: Measurement) -> None:
    times = replace(times_of(row), other_ns=(2_000_000, 2_000_000))

    found = sum_of(times)

    assert found.other_s == pytest.approx(2e-3)
    assert found.share == pytest.approx((times.layers_s + 2e-3) / times.whole_s)
    assert "2.00 ms" in found.sentence


# For people


def test_the_table_has_each_layer_and_each_kind_with_shares_of_time_and_arithmetic(
    run: Run, wording: Wording
) -> None:
    text = layer_table.to_text(run)
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines() if line}

    assert "MobileNet 1.0-224" in text
    assert "ResNet-18" not in text
    assert all(layer.name in lines for layer in counted(run.measurements[0]).layers)
    assert lines["1x1 convolutions"][-4:-2] == ["94.9", "%"]
    assert lines["pool"][-1] == "–"
    told = " ".join(text.split())
    assert "100.0 % of the whole" in told
    assert "100 GFLOP/s" in told
    assert "10.0 GB/s" in told
    assert max(map(len, text.splitlines())) <= 100
    wording(text)


def test_a_run_without_times_of_layers_has_no_such_table() -> None:
    assert layer_table.to_text(a_run(measurement("1.0-224"))) == ""


def test_without_a_ceiling_the_table_says_so(run: Run, wording: Wording) -> None:
    text = layer_table.to_text(replace(run, ceilings=()))

    assert "GFLOP/s" not in text
    wording(text.split("\n\n")[-1])


@pytest.mark.parametrize("dark", [False, True])
def test_the_roofline_has_a_roof_and_a_mark_a_layer_told_apart_without_colour(
    row: Measurement, dark: bool
) -> None:
    figure = drawn(roofline(row, [CEILING]), dark=dark)

    roof, *marks = as_figure(figure).data
    assert list(roof.y) == pytest.approx([10 * roof.x[0], 100, 100])
    assert [one.name for one in marks] == ["pointwise", "depthwise", "other"]
    assert [len(one.x) for one in marks] == [13, 13, 2]
    assert len({one.marker.symbol for one in marks}) == 3
    assert len({one.marker.color for one in marks}) == 3
    assert "GFLOP/s" in marks[0].hovertext[0]


def test_the_whole_roofline_is_in_sight(row: Measurement) -> None:
    figure = drawn(roofline(row, [CEILING]), dark=False)
    (left, right), (low, high) = (
        [10**end for end in figure["layout"][name]["range"]] for name in ("xaxis", "yaxis")
    )

    for trace in figure["data"]:
        assert all(left <= x * 1.001 and x <= right * 1.001 for x in trace["x"])
        assert all(low <= y <= high for y in trace["y"])


def test_a_roofline_is_told_in_numbers(row: Measurement, wording: Wording) -> None:
    points = roofline(row, [CEILING])
    shares = [point.share for point in points if point.layer.kind == "pointwise"]

    told = roofline_alt(points)

    assert "28 layers" in told
    assert f"{round(100 * max(shares))} %" in told
    assert "100 GFLOP/s and 10.0 GB/s" in told
    wording(told)


def test_no_layers_make_an_empty_chart_that_says_so(wording: Wording) -> None:
    assert roofline_alt(()) in str(as_figure(drawn((), dark=False)).layout)
    wording(roofline_alt(()))


def test_shares_of_time_stand_beside_shares_of_mult_adds_block_by_block(row: Measurement) -> None:
    time, mult_adds = as_figure(layer_shares(counted(row), times_of(row), dark=False)).data

    blocks = [f"block {number}" for number in range(1, 14)]
    assert list(time.y) == list(mult_adds.y) == ["stem", *blocks, "pool", "classifier"]
    assert sum(time.x) == pytest.approx(100)
    assert sum(mult_adds.x) == pytest.approx(100)
    assert time.marker.color != mult_adds.marker.color
    assert time.marker.pattern.shape != mult_adds.marker.pattern.shape


def test_shares_are_told_in_numbers(row: Measurement, wording: Wording) -> None:
    told = layer_shares_alt(counted(row), times_of(row))

    assert "94.9 %" in told
    wording(told)


def test_a_run_draws_both(run: Run) -> None:
    assert len(run.roofline().data) == 4
    assert len(run.layers("1.0-224", engine="eager").data) == 2


def test_a_run_says_why_it_cannot_draw_them(run: Run, wording: Wording) -> None:
    with pytest.raises(ScenarioError, match="layers=True") as of_network:
        run.layers("0.5-160")
    with pytest.raises(ScenarioError, match="layers=True") as of_engine:
        run.roofline(engine="openvino")
    with pytest.raises(ScenarioError, match=r"1\.0-224") as without_ceiling:
        replace(run, ceilings=()).roofline()

    for refused in (of_network, of_engine, without_ceiling):
        wording(refused.value)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_line_measures_and_tells_of_layers(
    as_json: bool, fake_machine: FakeMachine
) -> None:
    network = ["--width", "0.25", "--resolution", "32", "--classes", "10", "--preset", "preview"]

    finished = CliRunner().invoke(app, ["measure", *network, "--layers", *["--json"] * as_json])

    assert finished.exit_code == 0, finished.output
    if as_json:
        found = snapshot.loads(finished.stdout).run
        assert found.measurements[0].layer_times is not None
        assert len(found.ceilings) == 1
    else:
        for words in ("MobileNet 0.25-32", "1x1 convolutions", "GFLOP/s"):
            assert words in finished.stdout
