"""What each task learns of its generated data as it is trained where nobody says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory

from benchmarks import units
from benchmarks.jobs import trainer
from benchmarks.machine import read_machine
from benchmarks.training.tasks.order import TaskOrder
from benchmarks.training.tasks.plain import PLAIN
from mobilenet.tasks.names import TASK_NAMES
from tests.bench.figure import Figure, judged


def figures(times: int) -> Iterator[Figure]:
    """times: seeds."""
    for task in TASK_NAMES:
        plain = PLAIN[task]
        for seed in range(times):
            with TemporaryDirectory() as folder:
                order = TaskOrder(
                    task,
                    plain.width_multiplier,
                    plain.resolution,
                    folder=folder,
                    recipe=replace(plain.recipe, seed=seed),
                )
                outcome = trainer.teach(order, read_machine().usable_cpus, lambda update: None)
            if outcome is None or not outcome.is_done or outcome.untrained is None:
                yield Figure(f"{task}, seed {seed}", (outcome and outcome.failure) or "not trained")
                continue
            for one, before in zip(outcome.quality, outcome.untrained.quality, strict=True):
                is_first = one is outcome.quality[0]
                yield Figure(
                    f"{task} {order.label}, seed {seed}: {one.measure}",
                    f"{units.percent(one.percent)} ({units.percent_span(one.low, one.high)}), "
                    f"untrained {units.percent(before.percent)}, chance "
                    f"{units.percent(one.chance)}, {units.duration(outcome.seconds)}",
                    "above both" if is_first else "",
                    judged(one.is_above_chance and one.low > before.high) if is_first else "",
                )
