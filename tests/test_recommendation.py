"""Which engine is called fastest, by how much, and when it is said that this cannot be told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

import benchmarks as bench
from benchmarks.recommendation import Recommendation, recommend
from benchmarks.results import Measurement, Run
from benchmarks.scenarios import Precision, Scenario
from benchmarks.tables import to_html, to_text
from tests.builders import EAGER, STEADY, a_run, disturbed, measurement
from tests.wording import Wording


def timed(
    engine: str,
    median_ms: float,
    precision: Precision = "float32",
    *,
    workers: Sequence[float] = STEADY,
    network: str = "1.0-224",
) -> Measurement:
    """workers: how many times as long each of the run's processes took."""
    return measurement(
        network, engine=engine, median_ms=median_ms, precision=precision, workers=workers
    )


def found(*rows: Measurement, current: Scenario | None = None) -> Recommendation:
    recommendation = recommend(a_run(*rows), current)
    assert recommendation is not None
    return recommendation


UNSURE = timed("onnxruntime", 4.1, workers=(0.9, 1.1, 0.95, 1.05, 1.0))


@pytest.mark.parametrize(
    ("rows", "current", "better", "names"),
    [
        (
            [timed("eager", 9.24), timed("onnxruntime", 5.0), timed("openvino", 4.0)],
            None,
            "openvino",
            ["OpenVINO", "2.31 × as fast as PyTorch eager", "(2.31 to 2.31 ×)"],
        ),
        (
            [timed("eager", 9.0), timed("onnxruntime", 5.0), timed("openvino", 4.0)],
            "openvino",
            None,
            ["OpenVINO", "1.25 ×", "ONNX Runtime", "(1.25 to 1.25 ×)"],
        ),
        (
            [timed("eager", 8.0), UNSURE, timed("openvino", 4.0)],
            None,
            "openvino",
            ["OpenVINO and ONNX Runtime", "2.00 × as fast as PyTorch eager"],
        ),
        (
            [replace(UNSURE, scenario=EAGER), timed("openvino", 4.0)],
            None,
            None,
            ["OpenVINO and PyTorch eager"],
        ),
        (
            [timed("eager", 4.02), timed("openvino", 4.0)],
            None,
            None,
            ["OpenVINO and PyTorch eager", "2.0 %"],
        ),
    ],
    ids=["fastest", "current is fastest", "two fastest", "no difference is sure", "equal"],
)
def test_the_fastest_engines_are_named_with_how_much_faster_they_are(
    rows: list[Measurement],
    current: str | None,
    better: str | None,
    names: list[str],
    wording: Wording,
) -> None:
    said = found(*rows, current=current and Scenario(current))

    assert said.better == (better and Scenario(better))
    assert [name for name in names if name not in str(said)] == []
    assert len(said.sentences) == 1
    wording(said)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_nobody_is_sent_from_one_of_the_fastest_to_another(engine: str) -> None:
    rows = timed("eager", 8.0), UNSURE, timed("openvino", 4.0)

    assert found(*rows, current=Scenario(engine)).better is None


def test_of_an_invalid_run_nothing_is_said_but_why(wording: Wording) -> None:
    rows = timed("eager", 9.0), timed("openvino", 4.0), timed("openvino", 2.0, "int8")

    said = found(*(disturbed(row, 0.9) for row in rows), current=EAGER)

    assert "90 %" in str(said)
    wording(said)
    assert said.better is None
    assert {one.verdict for one in (*said.full, *said.reduced)} == {None, "cannot tell"}


def test_a_difference_that_the_control_of_either_process_shows_as_well_is_not_believed() -> None:
    rows = timed("eager", 4.24), timed("openvino", 4.0)
    assert found(*rows).better == Scenario("openvino")

    for engine, median_ms in (("eager", 4.24), ("openvino", 4.0)):
        control = timed(engine, 1.05 * median_ms)
        said = recommend(replace(a_run(*rows), controls=(control,)))
        assert said is not None
        assert said.better is None
        assert {one.verdict for one in said.full} <= {None, "cannot tell"}


def test_a_reduced_precision_is_told_beside_and_never_recommended(wording: Wording) -> None:
    rows = timed("eager", 9.0), timed("openvino", 4.0), timed("openvino", 2.0, "int8")

    said = found(*rows, timed("onnxruntime", 3.0, "int8"))

    assert said.better == Scenario("openvino")
    _, beside = said.sentences
    assert "int8" in beside
    assert "(0.500 to 0.500 ×)" in beside
    wording(said)


def test_a_reduced_precision_that_saves_no_time_is_told_without_a_word_on_its_cost(
    wording: Wording,
) -> None:
    rows = timed("eager", 4.0), timed("openvino", 3.0)

    said = found(*rows, timed("eager", 6.0, "bfloat16"), timed("openvino", 3.01, "int8"))

    slower, equal = said.sentences[1:]
    assert "(2.00 to 2.00 ×)" in slower
    assert "2.0 %" in equal
    assert "accuracy" not in str(said)
    wording(said)


@pytest.mark.parametrize(
    ("median_ms", "better"), [(2.0, None), (6.0, Scenario("openvino"))], ids=["faster", "slower"]
)
def test_whoever_runs_in_a_reduced_precision_is_only_sent_to_what_is_faster(
    median_ms: float, better: Scenario | None
) -> None:
    reduced = timed("eager", median_ms, "bfloat16")

    said = found(timed("eager", 9.0), reduced, timed("openvino", 4.0), current=reduced.scenario)

    assert said.better == better


def test_whose_engine_could_not_be_timed_is_sent_to_the_fastest() -> None:
    rows = timed("eager", 9.0), timed("openvino", 4.0)

    assert found(*rows, current=Scenario("tensorrt")).better == Scenario("openvino")


def test_precisions_of_one_engine_are_compared_without_a_word_on_engines() -> None:
    said = found(timed("openvino", 4.0), timed("openvino", 2.0, "int8"))

    assert len(said.sentences) == 1
    assert "0.500 ×" in str(said)
    assert "fastest" not in str(said)


def test_threads_batch_and_device_are_part_of_what_is_said(wording: Wording) -> None:
    rows = [timed("eager", 9.0), timed("channels_last", 4.0)]
    how = {"device": "cuda", "threads": 2, "batch": 8}

    said = found(*(replace(row, scenario=replace(row.scenario, **how)) for row in rows))

    assert "on cuda with 2 threads and batch 8" in str(said)
    wording(said)


@pytest.mark.parametrize(
    "run",
    [
        a_run(),
        a_run(timed("eager", 9.0)),
        a_run(timed("eager", 9.0), timed("openvino", 4.0, network="0.5-160")),
        a_run(timed("openvino", 4.0, "int8"), timed("onnxruntime", 5.0, "int8")),
        a_run(measurement("0.5-160"), measurement("0.5-160", engine="openvino")),
        a_run(*(replace(timed(name, 4.0), quality="preview") for name in ("eager", "openvino"))),
    ],
    ids=["nothing", "one way", "two networks", "no float32", "one process", "previews"],
)
def test_a_run_that_does_not_compare_ways_to_run_one_network_recommends_nothing(run: Run) -> None:
    assert recommend(run) is None


def test_table_and_notebook_give_the_sentences_with_the_run() -> None:
    run = a_run(timed("eager", 9.0), timed("openvino", 4.0))

    sentence = str(bench.recommend(run))

    assert sentence in " ".join(to_text(run).split())
    assert sentence in to_html(run)
