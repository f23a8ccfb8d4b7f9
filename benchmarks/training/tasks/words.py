"""What came of a task's training, and what its network says, in words."""

from __future__ import annotations

from pathlib import Path

from benchmarks import units
from benchmarks.training.tasks.order import TaskAnswer, TaskOutcome
from mobilenet.tasks.names import GENERATED
from mobilenet.tasks.score import Quality

HEADS = ("Measure", "Trained", "95 % interval", "Untrained", "Chance", "Of")


def rows(outcome: TaskOutcome) -> list[tuple[str, ...]]:
    """Heads, and a row for each measure; what matters most comes first."""
    before = {one.measure: one for one in outcome.untrained.quality} if outcome.untrained else {}
    return [
        HEADS,
        *(
            (
                one.measure,
                units.percent(one.percent),
                units.percent_span(one.low, one.high),
                units.percent(before[one.measure].percent)
                if one.measure in before
                else units.NOT_MEASURED,
                units.percent(one.chance),
                f"{one.count:,}",
            )
            for one in outcome.quality
        ),
    ]


def verdict(outcome: TaskOutcome) -> str:
    """Whether the first measure's interval lies above chance, and above the untrained network."""
    if not outcome.quality:
        return "Nothing is trained yet."
    first = outcome.quality[0]
    before = outcome.untrained.quality[0] if outcome.untrained else None
    found = [_beside(first, first.chance, first.chance, "chance")]
    if before is not None:
        found.append(_beside(first, before.low, before.high, "the same network untrained"))
    return f"By {first.measure} it {' and '.join(found)}."


def _beside(one: Quality, low: float, high: float, what: str) -> str:
    """Better only where the intervals separate."""
    if one.low > high:
        return f"is better than {what}"
    return f"is worse than {what}" if one.high < low else f"cannot be told from {what}"


def notes(outcome: TaskOutcome) -> list[str]:
    """What must be known to read the rows, a sentence or two each."""
    order, before = outcome.order, outcome.untrained
    found = [verdict(outcome)]
    if before is not None:
        found.append(f"{before.data}: {before.train:,} images train, {before.test:,} test.")
    found.append(
        f"{len(outcome.epochs)} of {order.recipe.epochs} epochs of {order.recipe.optimiser} in "
        f"{units.duration(outcome.seconds)}. The last epoch counts, not the best."
    )
    if order.teacher is not None:
        found.append("It learned from another network's outputs, not from labels.")
    return found


def sentences(answer: TaskAnswer, outcome: TaskOutcome) -> list[str]:
    """What is to be said beside the guesses."""
    found = []
    if answer.alike is not None:
        found.append(likeness(answer.alike, outcome))
    elif answer.least_score is not None:
        count = units.counted(len(answer.guesses), "object")
        found.append(f"{count} of which it is sure by {answer.least_score:.0%} or more.")
    if answer.truth:
        found.append(f"The data say: {answer.truth}.")
    return found


def said(answer: TaskAnswer) -> list[tuple[str, str]]:
    return [(one.name, units.percent(100 * one.probability)) for one in answer.guesses]


def likeness(alike: float, outcome: TaskOutcome) -> str:
    """What the cosine of two faces says, by the faces that tested the network."""
    limit, told = outcome.alike, f"Likeness {alike:.2f} (cosine, -1 to 1)."
    if limit is None or not outcome.quality:
        return told
    one = outcome.quality[0]
    which = (
        "above that limit: it takes them for one face"
        if alike > limit
        else "not above it: it does not take them for one face"
    )
    return (
        f"{told} The limit is {limit:.2f}, above which it took at most {one.chance:g} % of the "
        f"test's pairs of different faces for one, and {units.percent(one.percent)} of those of "
        f"one face. These are {which}."
    )


def name_of(outcome: TaskOutcome) -> str:
    """ "0.25-64 on generated faces (3 epochs, seed 0)", which tells it from others of its task."""
    order = outcome.order
    data = "generated pictures" if order.data == GENERATED else Path(order.data).name
    parts = [units.counted(order.recipe.epochs, "epoch"), f"seed {order.recipe.seed}"]
    if order.teacher is not None:
        parts.append("emulating")
    if order.start is not None:
        parts.append("fine-tuned")
    return f"{order.label} on {data} ({', '.join(parts)})"
