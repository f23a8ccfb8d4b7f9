"""The paper's claims on its two multipliers: Tables 6 and 7, Figures 4 and 5."""

from __future__ import annotations

from benchmarks import units
from benchmarks.claims.accuracies import (
    MAX_OFF_LINE_PERCENT,
    MAX_OFF_PERCENT,
    MIN_JUMP_PERCENT,
    accuracies,
    log_linear,
    over_parameters,
    smooth,
)
from benchmarks.claims.claim import Claim, Reasoned, label
from benchmarks.claims.counting import falls_with_square, millions, total
from benchmarks.claims.criteria import ASKED_HERE, DIGIT, TimeRatio

OF_SQUARE = 0.2
WIDTHS = {"0.75-224": 0.75, "0.5-224": 0.5, "0.25-224": 0.25}
RESOLUTIONS = {"1.0-192": 192 / 224, "1.0-160": 160 / 224, "1.0-128": 128 / 224}
FIRST = "the networks that Google released two months after the paper (TF-slim, 2017)"
PUBLISHED = (
    f"Against {FIRST}; holds if each is within {units.points(MAX_OFF_PERCENT)} of the paper's."
)
SMOOTH = f"By {FIRST}; smooth is a step that loses at most twice what the step before lost."


def scalings() -> tuple[Claim, ...]:
    return (*_table_6(), *_table_7(), *_figures())


def _table_6() -> tuple[Claim, ...]:
    table, names = "Table 6", ("1.0-224", "0.75-224", "0.5-224", "0.25-224")
    square = (
        f"Counted; holds if each is within {units.share(OF_SQUARE)} of the square of the width."
    )
    return (
        Claim(
            id="table-6-mult-adds",
            table=table,
            sentence="Widths 1, 0.75, 0.5 and 0.25 take as many mult-adds as printed.",
            test=DIGIT,
            numbers=millions(
                "mult-adds", dict(zip(names, ("569", "325", "149", "41"), strict=True))
            ),
        ),
        Claim(
            id="table-6-parameters",
            table=table,
            sentence="The four widths have as many parameters as printed.",
            test=DIGIT,
            numbers=millions(
                "parameters", dict(zip(names, ("4.2", "2.6", "1.3", "0.5"), strict=True))
            ),
        ),
        Claim(
            id="table-6-accuracy",
            table=table,
            sentence="The four widths are as accurate as printed.",
            figure="70.6, 68.4, 63.7 and 50.6 %",
            test=PUBLISHED,
            reasoned=accuracies(names),
            basis="published",
        ),
        Claim(
            id="table-6-smooth",
            table=table,
            sentence="Accuracy falls smoothly until the network is too small at width 0.25.",
            figure="70.6, 68.4, 63.7 and 50.6 %",
            test=SMOOTH,
            reasoned=smooth(names[:-1], then_steep=names[-1]),
            basis="published",
        ),
        Claim(
            id="table-6-square-mult-adds",
            table=table,
            sentence="Mult-adds fall roughly with the square of the width.",
            figure="roughly α²",
            test=square,
            reasoned=falls_with_square("mult-adds", WIDTHS, OF_SQUARE),
        ),
        Claim(
            id="table-6-square-parameters",
            table=table,
            sentence="Parameters fall roughly with the square of the width.",
            figure="roughly α²",
            test=square,
            reasoned=falls_with_square("parameters", WIDTHS, OF_SQUARE),
            erratum="Of the convolutions that is so; the classifier, which has as many outputs at "
            "any width, shrinks with the width itself.",
        ),
        *(
            _time(
                f"table-6-time-{name}",
                table,
                "roughly α²",
                f"{how} the width",
                f"{width:g}-224",
                width,
            )
            for name, how, width in (("half", "half", 0.5), ("quarter", "a quarter of", 0.25))
        ),
    )


def _table_7() -> tuple[Claim, ...]:
    table, names = "Table 7", ("1.0-224", "1.0-192", "1.0-160", "1.0-128")
    return (
        Claim(
            id="table-7-mult-adds",
            table=table,
            sentence="At 224, 192, 160 and 128 px it takes as many mult-adds as printed.",
            test=DIGIT,
            numbers=millions(
                "mult-adds", dict(zip(names, ("569", "418", "290", "186"), strict=True))
            ),
        ),
        Claim(
            id="table-7-parameters",
            table=table,
            sentence="Resolution changes no parameter.",
            test=DIGIT,
            numbers=millions("parameters", dict.fromkeys(names, "4.2")),
        ),
        Claim(
            id="table-7-accuracy",
            table=table,
            sentence="At the four resolutions it is as accurate as printed.",
            figure="70.6, 69.1, 67.2 and 64.4 %",
            test=PUBLISHED,
            reasoned=accuracies(names),
            basis="published",
        ),
        Claim(
            id="table-7-smooth",
            table=table,
            sentence="Accuracy falls smoothly with the resolution.",
            figure="70.6, 69.1, 67.2 and 64.4 %",
            test=SMOOTH,
            reasoned=smooth(names),
            basis="published",
        ),
        Claim(
            id="table-7-square",
            table=table,
            sentence="Mult-adds fall with the square of the resolution.",
            figure="ρ²",
            test="Counted; holds if each is within 2 % of the square.",
            reasoned=falls_with_square("mult-adds", RESOLUTIONS, 0.02),
        ),
        _time("table-7-time", table, "ρ²", "128 instead of 224 px", "1.0-128", 128 / 224),
    )


def _time(key: str, table: str, sign: str, how: str, small: str, multiplier: float) -> Claim:
    square = multiplier**-2
    fewer = total("1.0-224", "mult-adds") / total(small, "mult-adds")
    return Claim(
        id=key,
        table=table,
        sentence=f"With {how} time falls with the square as well: {units.times(square)} less.",
        figure=f"{sign} ({units.times(square)} less arithmetic)",
        test=f"{label('1.0-224')} and {label(small)} in turns; holds if the whole interval of the "
        f"ratio of their times lies within {units.share(OF_SQUARE)} of the square, fails if none "
        "of it does.",
        reasoned=Reasoned(
            abs(fewer / square - 1) <= OF_SQUARE, f"{units.times(fewer)} fewer mult-adds."
        ),
        timing=TimeRatio(
            "1.0-224", small, (1 - OF_SQUARE) * square, (1 + OF_SQUARE) * square, 1 / multiplier
        ),
        note=ASKED_HERE,
    )


def _figures() -> tuple[Claim, ...]:
    return (
        Claim(
            id="figure-4",
            table="Figure 4",
            sentence="Accuracy grows with the logarithm of the mult-adds, with a jump at width "
            "0.25.",
            figure="a line, and a jump",
            test=f"By {FIRST}; holds if twelve lie within {units.points(MAX_OFF_LINE_PERCENT)} of "
            "a line over log mult-adds and the four of width 0.25 at least "
            f"{units.points(MIN_JUMP_PERCENT)} below it.",
            reasoned=log_linear(),
            basis="published",
        ),
        Claim(
            id="figure-5",
            table="Figure 5",
            sentence="Accuracy grows with parameters, and with resolution at no parameters.",
            figure="drawn, not printed",
            test=f"Counted, and by {FIRST}; holds if both are so for all sixteen.",
            reasoned=over_parameters(),
            basis="published",
        ),
    )
