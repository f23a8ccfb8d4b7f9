"""The paper's claims on its two multipliers: Tables 6 and 7, Figures 4 and 5."""

from __future__ import annotations

from benchmarks import units
from benchmarks.claims.accuracies import (
    MAX_OFF_LINE_PERCENT,
    MAX_OFF_PERCENT,
    MAX_STEP,
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
SMOOTH = (
    "By three sources, which have to agree: the paper's own figures, TF-slim 2017, TF-slim 2018. "
    f"Smooth is a step that loses at most {MAX_STEP:g} times what the step before lost"
)
WIDTH, RESOLUTION = "Section 3.3", "Section 3.4"


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
        _smooth(
            "table-6-smooth",
            table,
            "Accuracy falls smoothly until the network is too small at width 0.25.",
            "70.6, 68.4, 63.7 and 50.6 %",
            f"{SMOOTH}; to width 0.25 it must lose more than that.",
            smooth(names[:-1], then_steep=names[-1]),
        ),
        Claim(
            id="table-6-square-mult-adds",
            table=table,
            sentence="Mult-adds fall roughly with the square of the width.",
            figure="roughly α²",
            place=WIDTH,
            test=square,
            reasoned=falls_with_square("mult-adds", WIDTHS, OF_SQUARE),
        ),
        Claim(
            id="table-6-square-parameters",
            table=table,
            sentence="Parameters fall roughly with the square of the width.",
            figure="roughly α²",
            place=WIDTH,
            test=square,
            reasoned=falls_with_square("parameters", WIDTHS, OF_SQUARE),
            note="Of the convolutions it is so; the classifier, which has as many outputs at any "
            'width, shrinks with the width itself. How rough "roughly" may be is set here.',
        ),
        *(
            _time(
                f"table-6-time-{name}",
                (table, WIDTH),
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
        _smooth(
            "table-7-smooth",
            table,
            "Accuracy falls smoothly with the resolution.",
            "70.6, 69.1, 67.2 and 64.4 %",
            f"{SMOOTH}.",
            smooth(names),
        ),
        Claim(
            id="table-7-square",
            table=table,
            sentence="Mult-adds fall with the square of the resolution.",
            figure="ρ²",
            place=RESOLUTION,
            test="Counted; holds if each is within 2 % of the square.",
            reasoned=falls_with_square("mult-adds", RESOLUTIONS, 0.02),
        ),
        _time(
            "table-7-time", (table, RESOLUTION), "ρ²", "128 instead of 224 px", "1.0-128", 128 / 224
        ),
    )


def _smooth(
    key: str, table: str, sentence: str, figure: str, test: str, reasoned: Reasoned
) -> Claim:
    return Claim(
        id=key,
        table=table,
        sentence=sentence,
        figure=figure,
        test=test,
        reasoned=reasoned,
        untestable="The three sources do not agree." if reasoned.holds is None else None,
        basis="published",
    )


def _time(
    key: str, where: tuple[str, str], sign: str, how: str, small: str, multiplier: float
) -> Claim:
    """where: the table beside which it stands, and the section that says it of mult-adds."""
    table, place = where
    square = multiplier**-2
    fewer = total("1.0-224", "mult-adds") / total(small, "mult-adds")
    return Claim(
        id=key,
        table=table,
        sentence=f"With {how} time falls with the square as well: {units.times(square)} less.",
        figure=f"{sign} ({units.times(square)} less arithmetic)",
        place=place,
        test=f"{label('1.0-224')} and {label(small)} in turns; holds if the whole interval of the "
        f"ratio of their times lies within {units.share(OF_SQUARE)} of the square, fails if none "
        "of it does.",
        reasoned=Reasoned(
            abs(fewer / square - 1) <= OF_SQUARE, f"{units.times(fewer)} fewer mult-adds."
        ),
        timing=TimeRatio(
            "1.0-224", small, (1 - OF_SQUARE) * square, (1 + OF_SQUARE) * square, 1 / multiplier
        ),
        asked_here=ASKED_HERE,
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
            sentence="Accuracy grows with parameters, and with resolution without more parameters.",
            figure="drawn, not printed",
            test=f"Counted, and by {FIRST}; holds if both are so for all sixteen.",
            reasoned=over_parameters(),
            basis="published",
        ),
    )
