"""What was published of accuracy, by the paper and by others, and what follows from it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from benchmarks import units
from benchmarks.candidates import candidate
from benchmarks.claims.claim import Reasoned
from benchmarks.references import references
from mobilenet.accuracy import DEFAULT_SOURCE, published
from mobilenet.config import MobileNetConfig, paper_grid
from mobilenet.cost import cost

FIRST_RELEASE = "tf_slim_2017"  # two months after the paper: the nearest to its own networks
MAX_OFF_PERCENT = 0.5
MAX_OFF_LINE_PERCENT, MIN_JUMP_PERCENT = 1.5, 3.0
MAX_STEP = 2.5  # how many times as much as the step before a smooth one loses at most
SOURCES = {"paper": "The paper", FIRST_RELEASE: "TF-slim 2017", "tf_slim_2018": "TF-slim 2018"}


def top1(key: str, source: str = FIRST_RELEASE) -> float:
    """Published top-1 accuracy in percent: of a MobileNet by `source`, of a reference by
    torchvision's first-generation weights.

    Raises LookupError where nobody has published it.
    """
    one = candidate(key)
    if one.config is None:
        return references()[key].recipe.top1_percent
    for result in published(one.config):
        if result.source == source and result.precision == "float32":
            return result.top1_percent
    raise LookupError(f"{source} has no accuracy of {key}.")


def paper_top1(key: str) -> float:
    """As the paper prints it, in percent."""
    found = candidate(key).reference
    figures = references()[found].paper_figures if found else None
    if figures is None or figures.top1_percent is None:
        return top1(key, "paper")
    return figures.top1_percent


def accuracies(keys: Iterable[str], slack_percent: float = MAX_OFF_PERCENT) -> Reasoned:
    """Whether others have published nearly the paper's accuracies of the same networks."""
    found = {key: (paper_top1(key), top1(key)) for key in keys}
    holds = all(abs(theirs - ours) <= slack_percent for theirs, ours in found.values())
    told = ", ".join(
        f"{candidate(key).label} {units.percent(ours)}" for key, (_, ours) in found.items()
    )
    return Reasoned(holds, f"{told}.")


def ahead(key: str, other: str, least_percent: float) -> Reasoned:
    """Whether a network is that many points more accurate than a reference; below 0: less."""
    own, theirs = top1(key), top1(other)
    apart = f"{units.points(abs(own - theirs))} {'more' if own >= theirs else 'less'}"
    text = (
        f"{candidate(key).label} {units.percent(own)}, {candidate(other).label} "
        f"{units.percent(theirs)}: {apart}."
    )
    return Reasoned(own - theirs >= least_percent, text)


def smooth(keys: Sequence[str], *, then_steep: str | None = None) -> Reasoned:
    """Whether accuracy falls evenly from each network to the next, and steeply to `then_steep`.

    By each of three sources; where they differ, it is not decided.
    """
    path = [*keys, *([then_steep] if then_steep else [])]
    by_source = {name: [top1(key, source) for key in path] for source, name in SOURCES.items()}
    said = {is_smooth(tops, ends_steeply=bool(then_steep)) for tops in by_source.values()}
    told = " ".join(f"{name}: {_lost(path, tops)}." for name, tops in by_source.items())
    return Reasoned(said.pop() if len(said) == 1 else None, told)


def is_smooth(tops: Sequence[float], *, ends_steeply: bool = False) -> bool:
    """Whether each step loses at most `MAX_STEP` times what the step before lost; the last one of
    those that end steeply loses more."""
    grows = _growth(tops)
    even = grows[:-1] if ends_steeply else grows
    falls = all(before > after for before, after in pairwise(tops))
    return falls and max(even) <= MAX_STEP and (not ends_steeply or grows[-1] > MAX_STEP)


def _growth(tops: Sequence[float]) -> list[float]:
    lost = [before - after for before, after in pairwise(tops)]
    return [later / max(earlier, 0.1) for earlier, later in pairwise(lost)]


def _lost(path: Sequence[str], tops: Sequence[float]) -> str:
    steps = zip(path[1:], pairwise(tops), strict=True)
    lost = ", ".join(
        f"{units.points(before - after)} lost to {candidate(key).label}"
        for key, (before, after) in steps
    )
    grows = ", then ".join(units.times(one, digits=3) for one in _growth(tops))
    return f"{lost}: {grows} the step before"


def log_linear() -> Reasoned:
    """Figure 4: a line over log mult-adds through widths from 0.5 up; 0.25 lies below it."""
    points = [
        (math.log(cost(one).mult_adds), _slim(one), one.width_multiplier) for one in paper_grid()
    ]
    wide = [point for point in points if point[2] >= 0.5]
    slope, start = np.polyfit([one[0] for one in wide], [one[1] for one in wide], 1)
    off = [(width, top - start - slope * logs) for logs, top, width in points]
    worst = max(abs(value) for width, value in off if width >= 0.5)
    jumps = [-value for width, value in off if width < 0.5]
    text = (
        f"The twelve networks from width 0.5 up lie within {units.points(float(worst))} of a line; "
        f"the four at 0.25 lie "
        f"{units.points_span(float(min(jumps)), float(max(jumps)))} below it."
    )
    return Reasoned(worst <= MAX_OFF_LINE_PERCENT and min(jumps) >= MIN_JUMP_PERCENT, text)


def over_parameters() -> Reasoned:
    """Figure 5: resolution costs no parameters and gives accuracy; so do parameters."""
    by_place = {(one.width_multiplier, one.resolution): one for one in paper_grid()}
    widths = sorted({width for width, _ in by_place})
    sides = sorted({side for _, side in by_place})
    same = all(
        len({cost(by_place[width, side]).parameters for side in sides}) == 1 for width in widths
    )
    rows = [[_slim(by_place[width, side]) for side in sides] for width in widths]
    columns = [list(column) for column in zip(*rows, strict=True)]
    rising = all(line == sorted(line) for line in [*rows, *columns])
    text = (
        f"At each of the {len(widths)} widths all resolutions have the same parameters: "
        f"{'yes' if same else 'no'}. Accuracy rises with each of both: {'yes' if rising else 'no'}."
    )
    return Reasoned(same and rising, text)


def newer_and_as_accurate(key: str) -> tuple[str, ...]:
    """References that came after 2017 and are at least as accurate as published."""
    own = top1(key, DEFAULT_SOURCE)
    return tuple(
        name
        for name, one in references().items()
        if one.year > 2017 and one.recipe.top1_percent >= own
    )


def _slim(config: MobileNetConfig) -> float:
    return top1(candidate(config).key)
