"""The paper's claims: what it prints, what counting says, and what times make of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.candidates import Candidate, OwnNetwork, candidate
from benchmarks.claims import by_table, claims, findings, missing, request, summary
from benchmarks.claims.claim import Claim, Finding, Number
from benchmarks.claims.deciding import _finding
from benchmarks.claims.evidence import evidence
from benchmarks.claims.telling import facts, to_rows, to_text
from benchmarks.collection import Collection, collect
from benchmarks.results import Failure, Run
from benchmarks.scenarios import Scenario
from benchmarks.timing.contamination import Signals
from mobilenet.config import MobileNetConfig
from mobilenet.cost import cost
from tests.planted_paper import EAGER, NETWORKS, WITH_LAYERS, dissected, paper_run, timed
from tests.samples import a_run, measurement

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
    "table-6-square-parameters",
    "table-9-squeezenet",
    "table-9-better",
}


def of(name: str, run: Run | Collection, scenario: Scenario = EAGER) -> Finding:
    return next(one for one in findings(run, scenario) if one.claim.id == name)


def without(run: Run, *keys: str) -> Run:
    rows = tuple(row for row in run.measurements if row.candidate.key not in keys)
    return replace(run, measurements=rows)


@pytest.mark.parametrize("table", TABLES)
def test_every_number_that_the_paper_prints_stands_beside_its_table(table: str) -> None:
    own = [claim for claim in claims() if claim.table == table]
    words = " ".join(claim.printed for claim in own).replace(",", " ").split()

    assert set(TABLES[table].split()) <= set(words)


def test_claims_are_told_apart_and_say_how_they_are_tested() -> None:
    assert len({claim.id for claim in claims()}) == len(claims())
    for claim in claims():
        assert claim.test.endswith("."), claim.id
        assert claim.sentence.endswith("."), claim.id
        assert claim.timing or claim.untestable or claim.numbers or claim.reasoned, claim.id
        assert "1704.04861" in claim.source


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


def test_counting_finds_the_papers_errors_and_no_others() -> None:
    wrong = {one.claim.id for one in findings(Collection(), EAGER) if one.outcome == "fails"}

    assert wrong == KNOWN_ERRORS
    assert all(claim.erratum for claim in claims() if claim.id in KNOWN_ERRORS)


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


def test_an_interval_across_the_limit_says_nothing() -> None:
    slow = timed("1.0-224-full", 8.5 * 5, workers=(0.85, 1.0, 1.1))

    found = of("equations-time", a_run(timed("1.0-224", 5.0), slow))

    assert found.outcome == "cannot tell"
    assert found.measured
    assert "across the limit" in found.why


def test_two_copies_that_differ_make_limits_wider() -> None:
    run = paper_run({"1.0-224-full": 9.3 * 5.687})
    own = next(row for row in run.measurements if row.candidate.key == "1.0-224")
    blocks = timed("1.0-224", 5.687 * 1.05, workers=(1.0, 1.001, 0.999)).blocks
    doubtful = replace(run, controls=(replace(own, blocks=blocks),))

    assert of("equations-time", run).outcome == "holds"
    assert of("equations-time", doubtful).outcome == "cannot tell"


@pytest.mark.parametrize("quality", ["preview", "preliminary"])
def test_a_first_look_is_no_proof(quality: str) -> None:
    rows = (
        measurement("1.0-224", median_ms=5, quality=quality),  # type: ignore[arg-type]
        measurement("1.0-224-full", median_ms=42, quality=quality),  # type: ignore[arg-type]
    )

    found = of("equations-time", collect(rows))

    assert found.outcome == "not measured"
    assert "no proof" in found.why


def test_times_of_different_runs_are_not_set_against_each_other() -> None:
    apart = replace(timed("1.0-224-full", 42.0), run_id="another")

    assert of("equations-time", collect([timed("1.0-224", 5.0), apart])).outcome == "not measured"


def test_another_engine_proves_nothing_of_this_one() -> None:
    found = findings(paper_run(), Scenario("onnxruntime"))

    assert missing(found) == tuple(claim for claim in claims() if claim.timing)


def test_an_invalid_run_proves_nothing() -> None:
    waited = Signals(1_000_000, delay_ns=500_000)
    run = paper_run()
    busy = replace(
        run,
        measurements=tuple(
            replace(row, blocks=tuple(replace(block, signals=waited) for block in row.blocks))
            for row in run.measurements
        ),
    )

    found = [one for one in findings(busy, EAGER) if one.claim.timing]

    assert {one.outcome for one in found} == {"cannot tell"}
    assert all("The run is invalid" in one.why for one in found)


def test_a_collection_of_the_page_says_what_its_run_says() -> None:
    run = paper_run()
    collection = collect(run.measurements).plus_run(run)

    assert findings(collection, EAGER) == findings(run, EAGER)


def test_slow_depthwise_layers_refute_what_the_paper_says_of_time() -> None:
    run = paper_run()
    rows = tuple(
        replace(
            row,
            layer_times=dissected("1.0-224", ns_per_thousand={"depthwise": 200}),
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
        replace(timed("1.0-224", 5), layer_times=dissected("1.0-224", ns_per_thousand=quick)),
        replace(timed("0.75-224", 4), layer_times=dissected("0.75-224")),
    )

    assert of("table-3-time-width", a_run(*rows)).outcome == outcome


def test_a_rival_that_is_too_close_leaves_the_last_word_open() -> None:
    slow = dict.fromkeys(("mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0"), 9.0)
    close = timed("mnasnet1_0", 5.7, workers=(0.9, 1.0, 1.1))
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
    failure = Failure(candidate("vgg16"), EAGER, "it does not fit into memory")

    found = of("table-8-time-vgg", replace(run, failures=(failure,)))

    assert found.outcome == "cannot tell"
    assert found.why == "VGG-16: it does not fit into memory."


def test_layers_that_could_not_be_timed_leave_the_rest_as_it_is() -> None:
    run = paper_run()
    rows = tuple(replace(row, layer_times=None) for row in run.measurements)
    failure = Failure(candidate("1.0-224"), EAGER, "layers could not be timed: nobody tells")
    silent = replace(run, measurements=rows, failures=(failure,))

    assert of("table-2-time", silent).outcome == "cannot tell"
    assert of("table-2-time", silent).why == "1.0-224: layers could not be timed: nobody tells."
    assert of("equations-time", silent).outcome == "holds"


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


def test_accuracy_without_imagenet_cannot_be_told_and_says_where_to_go() -> None:
    for name in ("table-4-accuracy", "table-5-accuracy"):
        found = of(name, paper_run())
        assert found.outcome == "cannot tell"
        assert found.word == "cannot be told"
        assert "ImageNet" in found.why
        assert "Accuracy page" in found.why


def test_a_claim_that_nothing_tests_is_a_fault() -> None:
    with pytest.raises(ValueError, match="does not say how it is tested"):
        _finding(Claim("x", "Table 1", "S.", "T."), evidence(Collection(), EAGER))


def test_one_request_measures_all_that_is_needed_each_network_once() -> None:
    asked = request(EAGER, "quick")

    assert asked.candidates[0].key == "1.0-224"
    assert sorted(one.key for one in asked.candidates) == sorted(NETWORKS)
    assert {one.key for one in asked.layers} == set(WITH_LAYERS)
    assert asked.quality == "measured"
    assert asked.fresh


def test_a_request_for_some_claims_leaves_the_other_networks_out() -> None:
    wanted = [claim for claim in claims() if claim.id == "table-9-time-alexnet"]

    assert [one.key for one in request(EAGER, "quick", wanted).candidates] == ["0.5-160", "alexnet"]


def test_the_counts_of_a_summary_are_those_of_the_findings() -> None:
    found = findings(paper_run(), EAGER)

    assert summary(found) == "44 hold, 8 fail, 2 cannot be told"
    assert summary(found[:1]) == "1 holds"
    assert to_text(found).endswith("44 hold, 8 fail, 2 cannot be told.")
    assert len(to_rows(found)) == len(claims())
