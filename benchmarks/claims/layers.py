"""The paper's claims on the layers: equations 2 to 5, Tables 1 to 3.

Every figure of the paper stands here as it is printed (arXiv:1704.04861); what is beside it is
counted anew.
"""

from __future__ import annotations

from benchmarks import units
from benchmarks.claims.claim import Claim, Number, Reasoned
from benchmarks.claims.counting import inner_layer, savings, share, total, weighted_layers
from benchmarks.claims.criteria import (
    ASKED_HERE,
    BETWEEN_PROCESSES,
    DIGIT,
    BlocksFaster,
    TimeRatio,
    TimeShare,
)

FULL_SAVING = (8, 9)  # section 3.1
ROUNDS_TO_IT = (7.5, 9.5)
POINTWISE_TIME = 0.9  # section 3.2 says 0.95; nearly that much will do


def layers() -> tuple[Claim, ...]:
    return (*_equations(), *_table_1(), *_table_2(), *_table_3())


def _equations() -> tuple[Claim, ...]:
    table, figure = "Equations 2 to 5", "8 to 9 times"
    return (
        Claim(
            id="equations-arithmetic",
            table=table,
            sentence="With 3x3 kernels a separable convolution takes 8 to 9 times fewer mult-adds "
            "than a full one.",
            figure=figure,
            test="Counted for each of the 13 blocks of 1.0-224; holds if the least and the most "
            "round to 8 and 9.",
            reasoned=_savings(),
        ),
        Claim(
            id="equations-time",
            table=table,
            sentence="The network with full convolutions takes 8 to 9 times as long.",
            figure=f"{figure} less arithmetic",
            test="Both networks in turns; holds if the whole interval of the ratio of their times "
            "lies between 7.5 and 9.5, which round to 8 and 9; fails if none of it does.",
            reasoned=_whole_saving(),
            timing=TimeRatio("1.0-224-full", "1.0-224", *ROUNDS_TO_IT),
            asked_here=ASKED_HERE,
        ),
    )


def _savings() -> Reasoned:
    found = savings()
    low, high = min(found), max(found)
    is_so = (round(low), round(high)) == FULL_SAVING
    return Reasoned(is_so, f"{units.span(low, high)} fewer.")


def _whole_saving() -> Reasoned:
    ratio = total("1.0-224-full", "mult-adds") / total("1.0-224", "mult-adds")
    low, high = ROUNDS_TO_IT
    text = f"The whole network takes {units.times(ratio)} as many mult-adds."
    return Reasoned(low <= ratio <= high, text)


def _table_1() -> tuple[Claim, ...]:
    weighted = weighted_layers("1.0-224")
    last = next(layer for layer in reversed(weighted) if layer.kind == "depthwise")
    side_in, side_out = last.input_shape[1], last.output_shape[1]
    return (
        Claim(
            id="table-1-layers",
            table="Table 1",
            sentence="The network has 28 layers if depthwise and pointwise convolutions count as "
            "layers of their own.",
            test="Counted: layers that have weights.",
            numbers=(Number("layers:", "28", len(weighted), ""),),
        ),
        Claim(
            id="table-1-stride",
            table="Table 1",
            sentence="The last depthwise convolution has stride 2.",
            test="The sizes that the table itself gives before and after it decide.",
            numbers=(Number("stride", "2", last.stride, ""),),
            reasoned=Reasoned(
                side_in != side_out,
                f"Its input is {side_in}x{side_in} and its output {side_out}x{side_out}.",
            ),
            erratum="It must be 1, as in every network that was released: a misprint.",
        ),
    )


def _table_2() -> tuple[Claim, ...]:
    names = {
        "pointwise": "1x1",
        "depthwise": "depthwise",
        "convolution": "first 3x3",
        "classifier": "fully connected",
    }
    mult_adds = {"pointwise": "94.86", "depthwise": "3.06", "classifier": "0.18"}
    parameters = {
        "pointwise": "74.59",
        "depthwise": "1.06",
        "convolution": "0.02",
        "classifier": "24.33",
    }
    return (
        Claim(
            id="table-2-mult-adds",
            table="Table 2",
            sentence="Nearly all mult-adds are in 1x1 convolutions.",
            test=DIGIT,
            numbers=tuple(
                share(kind, "mult-adds", mult_adds[kind], names[kind])
                for kind in ("pointwise", "depthwise", "classifier")
            ),
        ),
        Claim(
            id="table-2-first",
            table="Table 2",
            sentence="The first convolution takes 1.19 % of the mult-adds.",
            test=DIGIT,
            numbers=(share("convolution", "mult-adds", "1.19", names["convolution"]),),
            erratum="1.91 % is right: two digits changed places, and the column that is printed "
            "adds up to 99.29 %.",
        ),
        Claim(
            id="table-2-parameters",
            table="Table 2",
            sentence="Three quarters of the parameters are in 1x1 convolutions, and nearly all "
            "others in the classifier.",
            test=DIGIT,
            numbers=tuple(
                share(kind, "parameters", parameters[kind], names[kind])
                for kind in ("pointwise", "depthwise", "convolution", "classifier")
            ),
        ),
        Claim(
            id="table-2-time",
            table="Table 2",
            sentence="1x1 convolutions take 95 % of the computation time.",
            figure="95 %",
            place="Section 3.2",
            test="The time of each layer of 1.0-224, pass by pass, and as far off as processes "
            f"differ ({units.share(BETWEEN_PROCESSES)}); holds if the whole interval of their "
            f"share lies above {units.share(POINTWISE_TIME)}, fails if it lies below.",
            numbers=(share("pointwise", "mult-adds", "95", "of the mult-adds:"),),
            timing=TimeShare("1.0-224", "pointwise", POINTWISE_TIME),
        ),
    )


def _table_3() -> tuple[Claim, ...]:
    table = "Table 3"
    mult_adds = {
        "1.0-224-full": "462",
        "1.0-224": "52.3",
        "0.75-224": "29.6",
        "0.75-160": "15.1",
    }
    parameters = {
        "1.0-224-full": "2.36",
        "1.0-224": "0.27",
        "0.75-224": "0.15",
        "0.75-160": "0.15",
    }
    test = (
        "The time of blocks 7 to 11, which are that layer, in both networks; as they do not take "
        "turns, it holds if the one is faster by more than "
        f"{units.share(BETWEEN_PROCESSES)} with the whole interval, and fails if it is slower by "
        "more."
    )
    counts = {number.what: number.as_counted for number in inner_layer("mult-adds", mult_adds)}
    steps = (
        ("separable", "1.0-224", "1.0-224-full", "as a separable convolution", "convolution"),
        ("width", "0.75-224", "1.0-224", "with width 0.75", "separable"),
        ("resolution", "0.75-160", "0.75-224", "at 160 instead of 224 px", "α = 0.75"),
    )
    own_name = {"separable": "separable", "width": "α = 0.75", "resolution": "ρ = 0.714"}
    return (
        Claim(
            id="table-3-mult-adds",
            table=table,
            sentence="Each step makes an inner layer (14x14, 512 channels) take fewer mult-adds.",
            test=DIGIT,
            numbers=inner_layer("mult-adds", mult_adds),
        ),
        Claim(
            id="table-3-parameters",
            table=table,
            sentence="An inner layer has fewer parameters by each step, except by a smaller "
            "resolution.",
            test=DIGIT,
            numbers=inner_layer("parameters", parameters),
        ),
        *(
            Claim(
                id=f"table-3-time-{name}",
                table=table,
                sentence=f"An inner layer takes less time {how}.",
                figure=f"{mult_adds[slow]} to {mult_adds[fast]} M mult-adds",
                test=test,
                reasoned=Reasoned(True, f"{counts[before]}, then {counts[own_name[name]]}."),
                timing=BlocksFaster(fast, slow),
                asked_here=ASKED_HERE,
            )
            for name, fast, slow, how, before in steps
        ),
    )
