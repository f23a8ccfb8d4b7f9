"""A run as a table: what is in it, and that it neither lies nor breaks."""

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.candidates import candidate
from benchmarks.results import Block, Failure, Run
from benchmarks.scenarios import Scenario
from benchmarks.tables import to_frame, to_html, to_text
from benchmarks.usage import PACKAGE, Energy, Memory
from tests.builders import a_run, measurement
from tests.wording import Wording

ESTIMATED = "0.35-200"  # between the trained networks
NO_ACCURACY = "0.25-32-n10"


@pytest.fixture
def run() -> Run:
    """Two engines, a published and an estimated accuracy, a network without any, a reference."""
    return a_run(
        measurement("0.5-160", median_ms=4.0),
        measurement(ESTIMATED, median_ms=0.0371),
        measurement(NO_ACCURACY, median_ms=123.0),
        measurement("0.5-160", engine="openvino", median_ms=0.843),
        measurement("resnet18", engine="openvino", median_ms=31.3),
    )


def failure(network: str, reason: str) -> Failure:
    return Failure(candidate(network), Scenario(), reason)


def test_the_frame_has_one_row_for_each_network_and_scenario(run: Run) -> None:
    frame = to_frame(run)

    assert list(zip(frame["network"], frame["engine"], strict=True)) == [
        ("0.5-160", "eager"),
        (ESTIMATED, "eager"),
        (NO_ACCURACY, "eager"),
        ("0.5-160", "openvino"),
        ("resnet18", "openvino"),
    ]


def test_the_frame_gives_latencies_in_milliseconds_and_says_so() -> None:
    timed = measurement("0.5-160", median_ms=4.0, rounds=13, batch=8)

    row = to_frame(a_run(timed)).iloc[0]

    assert row["latency_median_ms"] == pytest.approx(4.0)
    assert row["latency_low_ms"] < 4.0 < row["latency_high_ms"]
    assert row["images_per_s"] == pytest.approx(2000)
    assert (row["inferences"], row["rounds"]) == (65, 13)


def test_the_frame_has_no_number_where_the_samples_do_not_carry_one() -> None:
    few = measurement("0.5-160", rounds=5, calls=5)

    row = to_frame(a_run(few)).iloc[0]

    missing = ["latency_low_ms", "latency_high_ms", "latency_p90_ms", "latency_p99_ms"]
    assert all(math.isnan(row[name]) for name in missing)


def test_the_frame_keeps_estimates_out_of_the_published_accuracies(run: Run) -> None:
    frame = to_frame(run).set_index("network")

    published = frame["top1_percent"].dropna()
    estimated = frame["top1_estimate_percent"].dropna()
    assert set(published.index) == {"0.5-160", "resnet18"}
    assert set(estimated.index) == {ESTIMATED}
    assert frame.loc[ESTIMATED, "top1_estimate_error_percent"] > 0
    assert frame["top1_source"].notna().sum() == len(published) + len(estimated)


def test_the_frame_has_the_first_call_and_how_long_it_took_to_be_steady() -> None:
    started = measurement("0.5-160", warmup_ms=[12, 5, *[2] * 60])
    brief = measurement("0.5-160", warmup_ms=[12, 2])

    frame = to_frame(a_run(started, brief))

    assert list(frame["first_call_ms"]) == [12.0, 12.0]
    assert frame["warmup_calls"][0] == 2
    assert frame["time_to_steady_ms"][0] == pytest.approx(17)
    assert frame[["warmup_calls", "time_to_steady_ms"]].isna().all(axis=1).tolist() == [False, True]


@pytest.mark.parametrize("show", [to_text, to_html])
def test_only_networks_that_never_became_steady_are_named(
    show: Callable[[Run], str], wording: Wording
) -> None:
    restless = measurement("1.0-224", warmup_ms=[100 * 0.9**number for number in range(20)])
    steady = measurement("0.5-160", warmup_ms=[9, *[2] * 60])

    notes = set(notes_of(show(a_run(restless, steady)))) - set(notes_of(show(a_run(steady))))

    (note,) = (note for note in notes if "steady" in note)
    assert "1.0-224" in note
    assert "0.5-160" not in note
    wording(note)


def notes_of(shown: str) -> list[str]:
    """The sentences of a table, as text or HTML."""
    return [" ".join(line.split()) for line in re.split(r"\n+|<[^>]*>", shown) if line.strip()]


def test_columns_of_numbers_stay_numbers_when_nothing_was_measured() -> None:
    frame = to_frame(a_run())

    assert frame.empty
    assert frame["latency_p99_ms"].dtype == "float64"


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_longer_than_the_terminal(run: Run, width: int) -> None:
    failed = replace(run, failures=(failure("resnet18", "word " * 60),))

    assert max(map(len, to_text(failed, width=width).splitlines())) <= width


def test_a_narrow_terminal_loses_the_least_important_columns(run: Run) -> None:
    narrow, wide = to_text(run, width=40), to_text(run, width=200)

    assert "Latency" in narrow
    assert "Images/s" not in narrow
    assert "Images/s" in wide


def test_what_is_not_shown_is_not_explained(run: Run) -> None:
    assert "Top-1" not in to_text(run, width=60)


def test_numbers_end_where_the_title_of_their_column_ends(run: Run) -> None:
    title, *rows = [
        line for line in to_text(run).splitlines() if "Engine" in line or " ms " in line
    ]

    ends = {row.index(" ms") + len(" ms") for row in rows}

    assert ends == {title.index("Latency") + len("Latency")}


def test_what_all_rows_share_stands_above_the_table() -> None:
    text = to_text(a_run(measurement("0.5-160")))

    assert "PyTorch eager 2.0, cpu, float32, 1 thread, batch 1" in text
    assert "Engine" not in text


def test_what_differs_between_rows_is_a_column() -> None:
    rows = measurement("0.5-160", batch=1), measurement("0.5-160", batch=8)

    heading, table = to_text(a_run(*rows)).split("\n\n")[:2]

    assert "batch" not in heading
    assert "Batch" in table


def test_an_estimate_is_never_printed_as_a_plain_number(run: Run) -> None:
    row = next(line for line in to_text(run).splitlines() if line.startswith(ESTIMATED))

    assert re.search(r"≈ \d+\.\d ± \d+\.\d %", row)
    assert len(re.findall(r"%", row)) == 1
    assert "estimated" in to_text(run)


def test_every_accuracy_names_its_source(run: Run) -> None:
    text = to_text(run)

    assert "TF-slim" in text
    assert "torchvision IMAGENET1K_V1" in text


def test_a_preview_is_marked_as_one() -> None:
    preview = measurement("0.5-160", quality="preview")

    assert "preview" in to_text(a_run(preview)).split("\n\n")[0]


def test_rows_of_different_quality_say_which_they_are() -> None:
    mixed = a_run(measurement("0.5-160"), measurement("1.0-224", quality="preview"))

    text = to_text(mixed)

    assert "Quality" in text
    assert re.search(r"0\.5-160 .* measured", text)
    assert re.search(r"1\.0-224 .* preview", text)


def test_failures_and_a_cancelled_run_are_told_below_the_table(run: Run, wording: Wording) -> None:
    stopped = replace(run, failures=(failure("resnet50", "too large"),), cancelled=True)

    below = to_text(stopped).split("\n\n")[-1]

    assert "ResNet-50 in PyTorch eager: too large" in below
    assert "Cancelled" in below
    wording(below)


def test_a_run_without_results_says_so(wording: Wording) -> None:
    text = to_text(a_run())

    assert "Latency" not in text
    wording(text)


def test_control_characters_of_a_strangers_snapshot_do_not_reach_the_terminal(run: Run) -> None:
    hostile = replace(
        run,
        machine=replace(run.machine, cpu="\x1b[2Jcpu\r\u202e"),
        failures=(failure("resnet18", "\x1b]0;title\x07\nsecond"),),
    )

    text = to_text(hostile)

    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_html_is_escaped(run: Run) -> None:
    hostile = replace(
        run,
        machine=replace(run.machine, cpu="<script>alert(1)</script>"),
        measurements=(*run.measurements, measurement("0.5-160", engine="<b>engine</b>")),
        failures=(failure("resnet18", '<img src=x onerror="alert(1)">'),),
    )

    html = to_html(hostile)

    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html


def test_html_loads_nothing_and_sets_no_colours(run: Run) -> None:
    html = to_html(run)

    assert not re.search(r"http|url\(|src=|href=|color:(?!inherit)|background", html)


def test_html_shows_the_same_rows_as_the_text(run: Run) -> None:
    assert to_html(run).count("<tr>") == 1 + len(run.measurements)
    assert "≈ " in to_html(run)


def test_a_run_shows_itself_in_a_shell_and_in_a_notebook(run: Run) -> None:
    assert repr(run) == to_text(run)
    assert run._repr_html_() == to_html(run)


def test_an_engine_unknown_here_is_shown_by_its_name() -> None:
    text = to_text(a_run(measurement("0.5-160", engine="newruntime")))

    assert "newruntime" in text


def test_a_measurement_of_a_single_inference_is_shown() -> None:
    single = replace(measurement("0.5-160"), blocks=(Block(0, 5_000_000, (4_000_000,)),))

    assert "4.00 ms" in to_text(a_run(single))


MB = 1_000_000
WEIGHED = Memory(floor_bytes=600 * MB, loaded_bytes=620 * MB, peak_bytes=645 * MB)


def weighed(energy: Energy | None = None) -> Run:
    rows = measurement("1.0-224", batch=2), measurement("0.5-160", batch=2)
    return a_run(replace(rows[0], memory=WEIGHED, energy=energy), rows[1])


def rows_of(text: str) -> list[dict[str, str]]:
    """The cells of each row by the title of their column."""
    title, *rows = (re.split(r" {2,}", line.strip()) for line in text.split("\n\n")[1].splitlines())
    return [dict(zip(title, row, strict=True)) for row in rows]


def test_memory_stands_beside_weights_and_the_activations_of_the_whole_batch(
    wording: Wording,
) -> None:
    text = to_text(weighed(), width=200)
    cells = [[row[name] for name in ("Memory", "Weights", "Activations")] for row in rows_of(text)]

    assert cells == [["45.0 MB", "17.0 MB", "9.63 MB"], ["–", "5.37 MB", "2.46 MB"]]
    wording(text.split("\n\n")[-1])


def test_memory_that_nobody_asked_for_is_no_column(run: Run) -> None:
    assert "Memory" not in to_text(run, width=200)
    assert "Activations" not in to_html(run)


def test_energy_is_a_column_only_where_a_counter_was_read(wording: Wording) -> None:
    counted = weighed(Energy(joules=3.0, inferences=200, seconds=10.0, source=PACKAGE))

    assert "Energy" not in to_text(weighed(), width=200)
    assert not any(name.startswith("energy") for name in to_frame(weighed()).columns)
    assert "15.0 mJ" in to_text(counted, width=200)
    wording(next(note for note in notes_of(to_text(counted, width=300)) if "Energy:" in note))
    frame = to_frame(counted)
    assert frame["energy_j"][0] == pytest.approx(0.015)
    assert math.isnan(frame["energy_j"][1])
    assert frame["energy_source"][0] == PACKAGE


def test_what_an_accelerator_holds_is_shown_where_one_was_asked() -> None:
    there = replace(
        WEIGHED,
        device_allocated_bytes=50 * MB,
        device_reserved_bytes=60 * MB,
        device_process_bytes=400 * MB,
    )
    text = to_text(a_run(replace(measurement("1.0-224"), memory=there)), width=200)

    (row,) = rows_of(text)
    cells = [row[name] for name in ("Allocated", "Reserved", "Process")]
    assert cells == ["50.0 MB", "60.0 MB", "400 MB"]
    assert "Allocated" not in to_text(weighed(), width=200)


def test_the_frame_has_the_memory_in_bytes_and_none_is_not_zero() -> None:
    frame = to_frame(weighed())

    assert frame["memory_needed_bytes"][0] == 45 * MB
    assert frame["memory_peak_bytes"][0] == 645 * MB
    assert math.isnan(frame["memory_needed_bytes"][1])
    assert frame["memory_floor_bytes"].dtype == "float64"
