"""What a proper measurement has brought in so far, and the measurements that this makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.messages import Loaded, Task
from benchmarks.results import Block, Measurement, Quality


@dataclass
class _Entry:
    loaded: Loaded  # by the first worker
    blocks: list[Block] = field(default_factory=list)


class Tally:
    """By task, over all worker processes of one run."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._entries: dict[Task, _Entry] = {}

    def loaded(self, task: Task, loaded: Loaded) -> None:
        self._entries.setdefault(task, _Entry(loaded))

    def turned(self, task: Task, block: Block) -> None:
        self._entries[task].blocks.append(block)

    def measurements(self, tasks: Iterable[Task], quality: Quality) -> tuple[Measurement, ...]:
        """Of those of `tasks` that were loaded at least once."""
        return tuple(
            task.measured(entry.loaded, entry.blocks, run_id=self._run_id, quality=quality)
            for task in tasks
            if (entry := self._entries.get(task)) is not None
        )
