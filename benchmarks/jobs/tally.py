"""What a proper measurement has brought in so far, and the measurements that this makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
            self._measurement(task, entry, quality)
            for task in tasks
            if (entry := self._entries.get(task)) is not None
        )

    def _measurement(self, task: Task, entry: _Entry, quality: Quality) -> Measurement:
        """Before its first turn the later half of its warm-up has to do, and is but a preview."""
        warmup_ns = entry.loaded.warmup_ns
        first_look = Block(0, warmup_ns[0], warmup_ns[len(warmup_ns) // 2 :])
        return Measurement(
            candidate=task.candidate,
            scenario=task.scenario,
            quality=quality if entry.blocks else "preview",
            run_id=self._run_id,
            measured_utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
            warmup_ns=warmup_ns,
            blocks=tuple(entry.blocks) or (first_look,),
            load_s=entry.loaded.load_s,
            prepare_s=task.prepare_s,
            output_error=entry.loaded.output_error,
        )
