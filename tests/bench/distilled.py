"""Whether emulating a larger network helps a small one, on drawn faces with attributes.

One student, its weights drawn anew with every seed, learns from a few labelled images; from a
larger network's answers to the same images; and from its answers to many that nobody labelled. The
teacher has learnt from other labelled images, as the paper's had. All students take as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, stdev

import torch
from scipy.stats import t

from mobilenet.tasks.attribute_table import generated
from mobilenet.tasks.attributes import Attributes
from mobilenet.tasks.distillation import Distilled, of_attributes
from mobilenet.tasks.score import Quality
from mobilenet.tasks.task import Task
from tests.bench.figure import Figure
from tests.tiny import quality, taught

STUDENT, TEACHER = 0.25, 0.5  # width multipliers
LABELLED, UNLABELLED, OF_TEACHER, TESTED = 150, 900, 1_800, 400
EPOCH = 900  # images, of which a few come several times
EPOCHS, EPOCHS_OF_TEACHER = 20, 12


def figures(times: int) -> Iterator[Figure]:
    """times: seeds of the student."""
    few, many, all_of_them = (
        drawings(count, seed) for seed, count in enumerate((LABELLED, UNLABELLED, OF_TEACHER))
    )
    teacher = taught(all_of_them, EPOCHS_OF_TEACHER, width=TEACHER)
    yield Figure(f"teacher, {OF_TEACHER} labels", told(quality(few, teacher)))
    ways: dict[str, Task] = {
        f"student, {LABELLED} labels": few,
        f"student, the teacher on the same {LABELLED}": Distilled(few, teacher, of_attributes),
        f"student, the teacher on {UNLABELLED} others": Distilled(
            few, teacher, of_attributes, many
        ),
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for seed in range(times):
        for way, task in ways.items():
            reached = quality(task, taught(task, EPOCHS, seed, STUDENT))
            found[way].append(reached.percent)
            yield Figure(f"{way}, seed {seed}", told(reached))
    labels, *taught_ones = found
    for way in taught_ones:
        gains = [a - b for a, b in zip(found[way], found[labels], strict=True)]
        yield Figure(f"{way}, over labels", gained(gains))


def drawings(trained: int, seed: int) -> Attributes:
    """Others for each seed train; the same 400 test."""
    tested, own = generated(TESTED, seed=99), generated(trained, seed)
    count = len(own.pictures)
    return Attributes(
        name=own.name,
        fingerprint=f"{own.fingerprint} {tested.fingerprint}",
        attributes=own.attributes,
        pictures=own.pictures + tested.pictures,
        present=torch.cat([own.present, tested.present]),
        splits={
            "train": tuple(range(count)) * max(EPOCH // count, 1),
            "test": tuple(range(count, count + TESTED)),
        },
    )


def told(found: Quality) -> str:
    return (
        f"{found.percent:.1f} % ({found.low:.1f} to {found.high:.1f}; "
        f"chance {found.chance:.1f}) {found.measure}"
    )


def gained(points: list[float]) -> str:
    """The mean over seeds with its 95 % interval."""
    if len(points) < 2:
        return f"{points[0]:+.1f} points, of one seed"
    half = float(t.ppf(0.975, len(points) - 1)) * stdev(points) / len(points) ** 0.5
    mean = fmean(points)
    return f"{mean:+.1f} points ({mean - half:+.1f} to {mean + half:+.1f}, {len(points)} seeds)"
