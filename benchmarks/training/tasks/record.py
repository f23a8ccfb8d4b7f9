"""What came of a task's training, kept beside its weights, so that a page can show it. No torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from benchmarks.training.record import DIGEST_LENGTH, MAX_BYTES, newest_first, trained_folder
from benchmarks.training.tasks.order import TaskOrder, TaskOutcome
from mobilenet.files import write_whole
from mobilenet.tasks.names import TaskName

RECORD = "task.json"
VERSION = 1


@dataclass(frozen=True)
class _Kept:
    outcome: TaskOutcome
    version: int = VERSION


_KEPT = TypeAdapter(_Kept)


def with_folder(order: TaskOrder) -> TaskOrder:
    """With a folder of its own: the same again goes on there, anything else goes elsewhere."""
    asked = asdict(order)
    del asked["folder"]
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:DIGEST_LENGTH]
    name = f"{order.task}-{order.label}-{digest}"
    return replace(order, folder=str(trained_folder() / name))


def keep(outcome: TaskOutcome) -> None:
    """Raises FileError."""
    write_whole(Path(outcome.order.folder) / RECORD, _KEPT.dump_json(_Kept(outcome)))


def kept(task: TaskName | None = None) -> tuple[TaskOutcome, ...]:
    """All that was trained for a task, or for any, into a folder of its own here; newest first."""
    found = (read(path) for path in newest_first(trained_folder(), RECORD))
    return tuple(one for one in found if one is not None and task in (None, one.order.task))


def record_of(weights: Path) -> TaskOutcome | None:
    """Of the training that made these weights, if it is kept beside them and ended."""
    found = read(weights.parent / RECORD)
    return found if found is not None and found.is_done else None


def read(path: Path) -> TaskOutcome | None:
    """The folder in it is where it lies now: folders are moved. None for what is no record."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        found = _KEPT.validate_json(path.read_bytes())
        found.outcome.order.label  # noqa: B018  # raises where there is no such network
    except (OSError, ValidationError, ValueError):
        return None
    if found.version != VERSION:
        return None
    order = replace(found.outcome.order, folder=str(path.parent))
    return replace(found.outcome, order=order)
