"""What scores say, in sentences; for the page and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import units
from benchmarks.training.order import Answered
from mobilenet.tasks.public_sets import PUBLIC_SETS
from mobilenet.tasks.score import Score, is_above


def data_name(data: str) -> str:
    """What people call the images: of a folder its own name; where it lies is nobody's business."""
    if data == "digits":
        return "handwritten digits (scikit-learn)"
    return PUBLIC_SETS[data].title if data in PUBLIC_SETS else Path(data).name


def told_apart(scores: Sequence[tuple[str, Score]]) -> list[str]:
    """Which networks the best one is better than: those whose intervals it lies above."""
    if len(scores) < 2:
        return []
    best, top = max(scores, key=lambda pair: pair[1].top1)
    beaten = [name for name, score in scores if is_above(top, score)]
    rest = [name for name, score in scores if name != best and name not in beaten]
    found = []
    if beaten:
        found.append(f"{best} recognises more than {', '.join(beaten)}.")
    if rest:
        found.append(f"{best} cannot be told from {', '.join(rest)}: their intervals overlap.")
    return found


def changed(one: Answered) -> str:
    """ "3 lost, 1 gained: may be chance"; why there is no answer, where there is none."""
    change = one.change
    if change is None or one.score is None:
        return one.reason or units.NOT_MEASURED
    if change.same == one.score.total:
        return "the same answers"
    if not change.lost and not change.gained:
        return f"{one.score.total - change.same} wrong answers differ"
    verdict = "more than chance" if change.is_told else "may be chance"
    return f"{change.lost} lost, {change.gained} gained: {verdict}"
