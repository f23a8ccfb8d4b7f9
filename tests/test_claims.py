"""The paper's claims: what it prints, what counting says, and what times make of them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks.candidates import Candidate, OwnNetwork, candidate
from benchmarks.claims import by_table, claims, findings, missing, request, summary
from benchmarks.claims.accuracies import is_smooth
from benchmarks.claims.claim import Claim, Finding, Number, Reasoned
from benchmarks.claims.deciding import _finding
from benchmarks.claims.evidence import evidence
from benchmarks.claims.scalings import _smooth
from benchmarks.claims.telling import facts, to_counts, to_rows, to_text
from benchmarks.collection import Collection, collect
from benchmarks.paper import check_paper
from benchmarks.results import Failure, Quality, Run
from benchmarks.scenarios import Scenario, ScenarioError
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost
from tests.builders import (
    EAGER,
    PAPER_NETWORKS,
    THREE,
    WITH_LAYERS,
    a_run,
    disturbed,
    layer_times,
    measurement,
    paper_run,
)
from tests.wording import Wording

# arXiv:1704.04861, as printed.
TABLES = {
    "Table 2": "94.86 3.06 1.19 0.18 74.59 1.06 0.02 24.33",
    "Table 3": "462 2.36 52.3 0.27 29.6 0.15 15.1",
    "Table 4": "71.7 4866 29.3 70.6 569 4.2",
    "Table 5": "68.4 325 2.6 65.3 307 2.9",
    "Table 6": "70.6 569 4.2 68.4 325 2.6 63.7 149 1.3 50.6 41 0.5",
    "Table 7": "70.6 569 4.2 69.1 418 67.2 290 64.4 186",
    "Table 8": "70.6 569 4.2 69.8 1550 6.8 71.5 15300 138 32 27 2.5",
    "Table 9": "60.2 76 1.32 57.5 1700 1.25 57.2 720 60 4 45 9.4 22",
}
KNOWN_ERRORS = {
    "table-1-stride",
    "table-2-first",
    "table-4-mult-adds",
    "table-9-squeezenet",
    "table-9-better",
}
BEYOND_TOLERANCE = "table-6-square-parameters"


def of(name: str, run: Run | Collection, scenario: Scenario = EAGER) -> Finding:
    return next(one for one in findings(run, scenario) if one.claim.id == name)


def without(run: Run, *keys: str) -> Run:
    rows = tuple(row for row in run.measurements if row.candidate.key not in keys)
    return replace(run, measurements=rows)


@pytest.mark.parametrize("table", TABLES)
def test_every_number_that_the_paper_prints_stands_beside_its_table(table: str) -> None:
    own = [claim for claim in claims() if claim.table == table]
    printed = " ".join(claim.printed for claim in own)
    words = re.sub(r"(?<=\d),(?=\d{3})", "", printed).replace(",", " ").split()

    assert set(TABLES[table].split()) <= set(words)


def test_claims_are_told_apart_and_say_how_they_are_tested() -> None:
    assert len({claim.id for claim in claims()}) == len(claims())
    for claim in claims():
        assert claim.test.endswith("."), claim.id
        assert claim.sentence.endswith("."), claim.id
        assert claim.timing or claim.untestable or claim.numbers or claim.reasoned, claim.id
        assert (claim.source is None) == (claim.table == "Since the paper"), claim.id
        assert claim.source is None or claim.source.startswith("arXiv:1704.04861, "), claim.id


def test_what_the_paper_does_not_say_is_marked_as_asked_here() -> None:
    asked = {claim.id for claim in claims() if not claim.is_papers}

    timed_here = {claim.id for claim in claims() if claim.timing}
    assert asked == timed_here - {"table-2-time"}
    for one in findings(paper_run(), EAGER):
        assert ("Asked here" in dict(facts(one))) == (one.claim.id in asked)


@pytest.mark.parametrize(
    ("claim", "table", "section"),
    [
        ("table-2-time", "Table 2", "Section 3.2"),
        ("table-6-square-parameters", "Table 6", "Section 3.3"),
        ("table-7-square", "Table 7", "Section 3.4"),
    ],
)
def test_what_the_text_says_stands_beside_its_table_with_the_section(
    claim: str, table: str, section: str
) -> None:
    found = of(claim, paper_run())

    assert found.claim.source == f"arXiv:1704.04861, {section}"
    assert found in by_table(findings(paper_run(), EAGER))[table]
    assert section.lower() in dict(facts(found))["The paper"]


def test_tables_come_in_the_order_of_the_paper() -> None:
    assert list(by_table(findings(Collection(), EAGER))) == [
        "Equations 2 to 5",
        *(f"Table {number}" for number in range(1, 8)),
        "Figure 4",
        "Figure 5",
        "Table 8",
        "Table 9",
        "Since the paper",
    ]


def test_counting_finds_the_papers_errors_and_no_others(wording: Wording) -> None:
    wrong = {one.claim.id for one in findings(Collection(), EAGER) if one.outcome == "fails"}

    assert wrong == KNOWN_ERRORS | {BEYOND_TOLERANCE}
    assert {claim.id for claim in claims() if claim.erratum} == KNOWN_ERRORS
    wording(of(BEYOND_TOLERANCE, paper_run()).claim.note)


def test_shares_of_table_2_are_those_of_layer_counts_made_by_hand() -> None:
    numbers = {
        number.what: number.exact
        for claim in claims()
        if claim.id in ("table-2-mult-adds", "table-2-first")
        for number in claim.numbers
    }
    mult_adds = {
        "1x1": 539_492_352,
        "depthwise": 17_385_984,
        "first 3x3": 10_838_016,
        "fully connected": 1_024_000,
    }

    whole = sum(mult_adds.values())
    assert numbers == pytest.approx({name: 100 * one / whole for name, one in mult_adds.items()})


def test_table_3_follows_from_the_equations() -> None:
    def separable(channels: int, side: int) -> float:
        return (9 * channels + channels * channels) * side * side / 1e6

    (claim,) = (claim for claim in claims() if claim.id == "table-3-mult-adds")
    by_hand = [9 * 512 * 512 * 14 * 14 / 1e6, separable(512, 14), separable(384, 14)]

    assert [one.exact for one in claim.numbers] == pytest.approx([*by_hand, separable(384, 10)])


def test_counts_are_those_of_the_networks_that_they_name() -> None:
    for claim in claims():
        if claim.id not in ("table-6-mult-adds", "table-7-mult-adds"):
            continue
        for number in claim.numbers:
            width, side = map(float, number.what.split("-"))
            counted = cost(MobileNetConfig(width, int(side))).mult_adds / 1e6
            assert number.exact == counted


@pytest.mark.parametrize(
    ("printed", "exact", "slack", "agrees"),
    [
        ("290", 290.7, None, True),  # cut off, not rounded
        ("291", 290.7, None, True),
        ("289", 290.7, None, False),
        ("0.15", 0.161, None, False),
        ("1550", 1498.4, 0.05, True),
        ("1700", 818.9, 0.05, False),
    ],
)
def test_a_number_agrees_to_the_last_digit_that_is_printed(
    printed: str, exact: float, slack: float | None, agrees: bool
) -> None:
    assert Number("", printed, exact, slack=slack).agrees == agrees


@pytest.mark.parametrize(("exact", "agrees"), [(2.63, True), (2.5, False), (2.49, False)])
def test_more_than_a_number_is_more_than_it_by_any_amount(exact: float, agrees: bool) -> None:
    number = Number("fewer:", "2.5", exact, "×", is_limit=True)

    assert number.agrees == agrees
    assert number.as_printed == "fewer: more than 2.5 ×"


def test_figures_are_written_alike_on_either_side() -> None:
    why = of("table-4-mult-adds", paper_run()).why

    assert re.findall(r"[\d,.]+ M", why) == ["4,867.3 M", "4,866 M"]


@pytest.mark.parametrize(
    ("tops", "is_so", "is_so_with_a_steep_end"),
    [
        ((70.0, 68.0, 64.0, 56.0), True, False),
        ((70.0, 68.0, 64.0, 50.0), False, True),
        ((70.0, 68.0, 62.0, 40.0), False, False),
        ((70.0, 68.0, 69.0, 66.0), False, False),
    ],
)
def test_smooth_is_a_step_that_loses_little_more_than_the_one_before(
    tops: tuple[float, ...], is_so: bool, is_so_with_a_steep_end: bool
) -> None:
    assert is_smooth(tops) == is_so
    assert is_smooth(tops, ends_steeply=True) == is_so_with_a_steep_end


@pytest.mark.parametrize("claim", ["table-6-smooth", "table-7-smooth"])
def test_three_sources_say_whether_accuracy_falls_smoothly(claim: str) -> None:
    found = of(claim, paper_run())

    assert found.outcome == "holds"
    for source in ("The paper:", "TF-slim 2017:", "TF-slim 2018:"):
        assert source in str(found.by_arithmetic)


def test_sources_that_do_not_agree_decide_nothing(wording: Wording) -> None:
    claim = _smooth("x", "Table 6", "S.", "f", "T.", Reasoned(None, "Told."))

    found = _finding(claim, evidence(Collection(), EAGER))

    assert found.outcome == "cannot tell"
    wording(found.why)
    assert found.by_arithmetic == "Told."


def test_nothing_measured_leaves_every_question_of_time_open() -> None:
    found = findings(Collection(), EAGER)

    assert {claim.id for claim in missing(found)} == {c.id for c in claims() if c.timing}
    assert all(one.measured is None for one in found)


def test_where_time_is_arithmetic_the_claims_hold_and_newer_networks_win() -> None:
    found = [one for one in findings(paper_run(), EAGER) if one.claim.timing]
    failed = {one.claim.id for one in found if one.outcome != "holds"}

    assert failed == {"since-1.0-224", "since-0.5-160"}
    assert "MobileNetV3-Large" in of("since-1.0-224", paper_run()).why


@pytest.mark.parametrize(
    ("claim", "key", "ms"),
    [
        ("equations-time", "1.0-224-full", 25.0),
        ("table-5-time", "1.0-224-shallow", 2.0),
        ("table-6-time-half", "0.5-224", 3.0),
        ("table-6-time-quarter", "0.25-224", 2.0),
        ("table-7-time", "1.0-128", 1.0),
        ("table-8-time-googlenet", "googlenet", 5.0),
        ("table-8-time-vgg", "vgg16", 5.0),
        ("table-9-time-squeezenet", "squeezenet1_0", 0.5),
        ("table-9-time-alexnet", "alexnet", 0.5),
    ],
)
def test_a_time_beside_the_criterion_makes_a_claim_fail(claim: str, key: str, ms: float) -> None:
    found = of(claim, paper_run({key: ms}))

    assert found.outcome == "fails"
    assert found.word == "fails here"
    assert found.measured


def test_an_interval_across_the_limit_says_nothing(wording: Wording) -> None:
    slow = measurement("1.0-224-full", median_ms=8.5 * 5, workers=(0.85, 1.0, 1.1))

    found = of("equations-time", a_run(measurement("1.0-224", median_ms=5.0, workers=THREE), slow))

    assert found.outcome == "cannot tell"
    assert found.measured
    wording(found.why)


def test_two_copies_that_differ_make_limits_wider(wording: Wording) -> None:
    run = paper_run({"1.0-224-full": 9.3 * 5.687})
    own = next(row for row in run.measurements if row.candidate.key == "1.0-224")
    blocks = measurement("1.0-224", median_ms=5.687 * 1.05, workers=(1.0, 1.001, 0.999)).blocks
    doubtful = replace(run, controls=(replace(own, blocks=blocks),))

    assert of("equations-time", run).outcome == "holds"
    assert of("equations-time", doubtful).outcome == "cannot tell"
    said = [str(of("equations-time", one).measured) for one in (run, doubtful)]
    spans = [re.findall(r"([\d.]+) to ([\d.]+) ×", text) for text in said]
    assert len(spans[0]) == 1
    (low, high), (wider_low, wider_high) = (tuple(map(float, ends)) for ends in spans[1])
    assert wider_low < 0.95 * low < 1.05 * high < wider_high
    wording(said[1])


@pytest.mark.parametrize("quality", ["preview", "preliminary"])
def test_a_first_look_is_no_proof(quality: Quality, wording: Wording) -> None:
    rows = tuple(
        replace(measurement(key, median_ms=ms, quality=quality), layer_times=layer_times(key))
        for key, ms in (("1.0-224", 5), ("1.0-224-full", 42))
    )

    names = ("equations-time", "table-2-time", "table-3-time-separable")
    found = [of(name, collect(rows)) for name in names]

    assert {one.outcome for one in found} == {"not measured"}
    (why,) = {one.why for one in found}
    wording(why)


def test_layers_of_a_later_first_look_do_not_hide_those_of_a_proper_run() -> None:
    look = replace(
        measurement("1.0-224", quality="preview"),
        run_id="later",
        layer_times=layer_times("1.0-224", ns_per_thousand={"depthwise": 200}),
    )

    assert of("table-2-time", paper_run()).outcome == "holds"
    assert of("table-2-time", collect(paper_run().measurements).plus(look)).outcome == "holds"


def test_times_of_different_runs_are_not_set_against_each_other() -> None:
    rows = [
        measurement("1.0-224", median_ms=5.0, workers=THREE),
        measurement("1.0-224-full", median_ms=42.0, workers=THREE, run_id="another"),
    ]

    assert of("equations-time", collect(rows)).outcome == "not measured"


def test_another_engine_proves_nothing_of_this_one() -> None:
    found = findings(paper_run(), Scenario("onnxruntime"))

    assert missing(found) == tuple(claim for claim in claims() if claim.timing)


def test_an_invalid_run_proves_nothing(wording: Wording) -> None:
    run = paper_run()
    busy = replace(run, measurements=tuple(disturbed(row) for row in run.measurements))

    found = [one for one in findings(busy, EAGER) if one.claim.timing]

    assert {one.outcome for one in found} == {"cannot tell"}
    (why,) = {one.why for one in found}
    wording(why)


def test_a_collection_of_the_page_says_what_its_run_says() -> None:
    run = paper_run()
    collection = collect(run.measurements).plus_run(run)

    assert findings(collection, EAGER) == findings(run, EAGER)


def test_slow_depthwise_layers_refute_what_the_paper_says_of_time() -> None:
    run = paper_run()
    rows = tuple(
        replace(
            row,
            layer_times=layer_times("1.0-224", ns_per_thousand={"depthwise": 200}),
        )
        if row.candidate.key == "1.0-224"
        else row
        for row in run.measurements
    )

    assert of("table-2-time", run).outcome == "holds"
    found = of("table-2-time", replace(run, measurements=rows))
    assert found.outcome == "fails"
    assert "60.0 %" in str(found.measured)


@pytest.mark.parametrize(
    ("pace", "outcome"), [(10.0, "holds"), (5.5, "cannot tell"), (1.0, "fails")]
)
def test_a_layer_is_faster_only_beyond_what_two_processes_differ_by(
    pace: float, outcome: str
) -> None:
    """Width 0.75 takes 1.77 times fewer mult-adds in that layer: the wide one is paced."""
    quick = {"depthwise": pace, "pointwise": pace}
    rows = (
        replace(
            measurement("1.0-224", median_ms=5, workers=THREE),
            layer_times=layer_times("1.0-224", ns_per_thousand=quick),
        ),
        replace(
            measurement("0.75-224", median_ms=4, workers=THREE), layer_times=layer_times("0.75-224")
        ),
    )

    assert of("table-3-time-width", a_run(*rows)).outcome == outcome


def test_the_ratio_of_two_layers_and_its_interval_are_of_the_same_sums() -> None:
    """In each pass another layer is disturbed: medians of single layers would not see it."""
    rows = []
    for key, disturbed_ns in (("1.0-224", 4_000_000), ("0.75-224", 0)):
        whole = layer_times(key)
        inner = [one.layer for one in whole.layers if one.layer.split()[1:2] in (["8"], ["9"])]
        layers = tuple(
            replace(
                one,
                times_ns=tuple(
                    time + disturbed_ns * (one.layer == inner[index % len(inner)])
                    for index, time in enumerate(one.times_ns)
                ),
            )
            for one in whole.layers
        )
        rows.append(
            replace(
                measurement(key, median_ms=5, workers=THREE),
                layer_times=replace(whole, layers=layers),
            )
        )

    text = str(of("table-3-time-width", a_run(*rows)).measured)

    found = re.search(r": ([\d.]+) × less \(([\d.]+) to ([\d.]+) ×", text)
    assert found, text
    ratio, low, high = map(float, found.groups())
    assert low <= ratio <= high


def test_a_rival_that_is_too_close_leaves_the_last_word_open() -> None:
    slow = dict.fromkeys(("mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"), 9.0)
    close = measurement("mnasnet1_0", median_ms=5.7, workers=(0.9, 1.0, 1.1))
    run = paper_run(slow | {"mnasnet1_0": 9.0})
    rows = (*without(run, "mnasnet1_0").measurements, close)

    assert of("since-1.0-224", run).outcome == "holds"
    assert of("since-1.0-224", replace(run, measurements=rows)).outcome == "cannot tell"
    assert of("since-1.0-224", without(run, "mnasnet1_0")).outcome == "not measured"


def test_one_faster_rival_is_enough_whatever_the_others_do() -> None:
    run = paper_run({"mobilenet_v3_large": 1.0})

    found = of("since-1.0-224", without(run, "efficientnet_b0"))

    assert found.outcome == "fails"
    assert "MobileNetV3-Large (74.0 %)" in found.why


def test_what_could_not_be_timed_cannot_be_told() -> None:
    run = without(paper_run(), "vgg16")
    failure = Failure(candidate("vgg16"), EAGER, "too large")

    found = of("table-8-time-vgg", replace(run, failures=(failure,)))

    assert found.outcome == "cannot tell"
    assert found.why == "VGG-16: too large."


def test_layers_that_could_not_be_timed_leave_the_rest_as_it_is() -> None:
    run = paper_run()
    rows = tuple(replace(row, layer_times=None) for row in run.measurements)
    failure = Failure(candidate("1.0-224"), EAGER, "layers could not be timed: nobody tells")
    silent = replace(run, measurements=rows, failures=(failure,))

    assert of("table-2-time", silent).outcome == "cannot tell"
    assert of("table-2-time", silent).why == f"1.0-224: {failure.reason}."
    assert of("equations-time", silent).outcome == "holds"


def test_layers_that_could_not_be_timed_are_no_reason_not_to_time_the_network() -> None:
    run = without(paper_run(), "1.0-224-full")
    failure = Failure(candidate("1.0-224"), EAGER, "layers could not be timed: nobody tells")
    rows = tuple(replace(row, layer_times=None) for row in run.measurements)
    silent = replace(run, measurements=rows, failures=(failure,))

    assert of("equations-time", silent).outcome == "not measured"
    assert "equations-time" in {claim.id for claim in missing(findings(silent, EAGER))}
    assert of("table-2-time", silent).outcome == "cannot tell"


def test_a_strangers_words_are_only_words() -> None:
    hostile = "<script>alert(1)</script> [x](javascript:1)\x1b[31m\u202e"
    failure = Failure(candidate("vgg16"), EAGER, hostile)
    own = OwnNetwork("<b>mine</b>", (3, 8, 8), 1, 1, 4, "0" * 16)
    stranger = replace(measurement("0.5-160"), candidate=Candidate(own=own))
    run = replace(without(paper_run(), "vgg16"), failures=(failure,))

    found = findings(replace(run, measurements=(*run.measurements, stranger)), EAGER)
    text = to_text(found)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "mine" not in text
    assert all("\x1b" not in text for one in found for _, text in facts(one))


def test_accuracy_without_imagenet_cannot_be_told_and_says_where_to_go(wording: Wording) -> None:
    for name in ("table-4-accuracy", "table-5-accuracy"):
        found = of(name, paper_run())
        assert found.outcome == "cannot tell"
        assert found.word == "cannot be told"
        wording(found.why)


def test_a_claim_that_nothing_tests_is_a_fault() -> None:
    with pytest.raises(ValueError, match="x"):
        _finding(Claim("x", "Table 1", "S.", "T."), evidence(Collection(), EAGER))


def test_one_request_measures_all_that_is_needed_each_network_once() -> None:
    asked = request(EAGER, "quick")

    assert asked.candidates[0].key == "1.0-224"
    assert sorted(one.key for one in asked.candidates) == sorted(PAPER_NETWORKS)
    assert {one.key for one in asked.layers} == set(WITH_LAYERS)
    assert asked.quality == "measured"
    assert asked.fresh


def test_a_request_for_some_claims_leaves_the_other_networks_out() -> None:
    wanted = [claim for claim in claims() if claim.id == "table-9-time-alexnet"]

    assert [one.key for one in request(EAGER, "quick", wanted).candidates] == ["0.5-160", "alexnet"]


def test_the_counts_of_a_summary_are_those_of_the_findings(wording: Wording) -> None:
    found = findings(paper_run(), EAGER)
    counts = to_counts(found)

    for name, is_papers in (("paper", True), ("asked_here", False)):
        of_kind = [one.word for one in found if one.claim.is_papers == is_papers]
        assert sum(counts[name].values()) == len(of_kind)
    numbers = [count for kind in counts.values() for count in kind.values() if count]
    assert [int(number) for number in re.findall(r"\d+", summary(found))] == numbers
    assert to_text(found).endswith(f"\n\n{summary(found)}.")
    assert len(to_rows(found)) == len(claims())
    for part in (found, found[:1], found[1:2]):
        wording(summary(part))


def test_asking_for_no_table_is_a_mistake_and_not_a_question(wording: Wording) -> None:
    with pytest.raises(ScenarioError, match="Table 9") as refused:
        check_paper(tables=[])
    wording(refused.value)
