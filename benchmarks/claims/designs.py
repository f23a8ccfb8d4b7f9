"""The paper's claims on the design: full convolutions (Table 4), narrow or shallow (Table 5)."""

from __future__ import annotations

from benchmarks import units
from benchmarks.claims.accuracies import paper_top1
from benchmarks.claims.claim import Claim, Reasoned, label
from benchmarks.claims.counting import millions, total
from benchmarks.claims.criteria import ASKED_HERE, DIGIT, TimeRatio

NO_IMAGENET = (
    "It takes both networks trained on ImageNet's 1.28 million images, which cannot be done here. "
    "The Accuracy page trains networks on images of your own."
)


def designs() -> tuple[Claim, ...]:
    return (*_table_4(), *_table_5())


def _table_4() -> tuple[Claim, ...]:
    table = "Table 4"
    return (
        Claim(
            id="table-4-mult-adds",
            table=table,
            sentence="Full convolutions take 4,866 million mult-adds, separable ones 569 million.",
            test=DIGIT,
            numbers=millions("mult-adds", {"1.0-224-full": "4866", "1.0-224": "569"}),
            erratum="4,866 leaves out the classifier's 1.0 M, which 569 counts.",
        ),
        Claim(
            id="table-4-parameters",
            table=table,
            sentence="Full convolutions have 29.3 million parameters, separable ones 4.2.",
            test=DIGIT,
            numbers=millions("parameters", {"1.0-224-full": "29.3", "1.0-224": "4.2"}),
        ),
        Claim(
            id="table-4-accuracy",
            table=table,
            sentence="Separable convolutions cost about 1 point of accuracy.",
            figure="71.7 % and 70.6 %",
            test="By training both on ImageNet.",
            reasoned=_apart("1.0-224-full", "1.0-224"),
            untestable=f"{NO_IMAGENET} No other release of the network with full "
            "convolutions is known.",
            basis="published",
        ),
    )


def _table_5() -> tuple[Claim, ...]:
    table, narrow, shallow = "Table 5", "0.75-224", "1.0-224-shallow"
    return (
        Claim(
            id="table-5-mult-adds",
            table=table,
            sentence="The narrow network and the shallow one take as many mult-adds as printed.",
            test=DIGIT,
            numbers=millions("mult-adds", {narrow: "325", shallow: "307"}),
        ),
        Claim(
            id="table-5-parameters",
            table=table,
            sentence="The narrow network and the shallow one have as many parameters as printed.",
            test=DIGIT,
            numbers=millions("parameters", {narrow: "2.6", shallow: "2.9"}),
        ),
        Claim(
            id="table-5-accuracy",
            table=table,
            sentence="The narrow network is 3 points more accurate than the shallow one.",
            figure="68.4 % and 65.3 %",
            test="By training both on ImageNet.",
            reasoned=_apart(narrow, shallow),
            untestable=f"{NO_IMAGENET} No other release of the shallow network is known.",
            basis="published",
        ),
        Claim(
            id="table-5-time",
            table=table,
            sentence="The narrow network takes at most 10 % longer than the shallow one.",
            figure="325 and 307 M mult-adds",
            test=f"Both in turns; holds if {label(narrow)} takes at most 10 % longer with the "
            "whole interval of the ratio, fails if all of it lies above.",
            reasoned=_more(narrow, shallow),
            timing=TimeRatio(narrow, shallow, 0.0, 1.1),
            asked_here=ASKED_HERE,
        ),
    )


def _apart(one: str, other: str) -> Reasoned:
    """It decides nothing: a figure is no proof of itself."""
    apart = paper_top1(one) - paper_top1(other)
    return Reasoned(None, f"By the paper's own figures {units.points(apart)}.")


def _more(one: str, other: str) -> Reasoned:
    ratio = total(one, "mult-adds") / total(other, "mult-adds")
    return Reasoned(ratio <= 1.1, f"{units.signed_percent(100 * (ratio - 1))} mult-adds.")
