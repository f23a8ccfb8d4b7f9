"""The five tasks by name: from somebody's data, or from generated data to try them with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mobilenet.tasks import (
    attribute_table,
    distillation,
    geolocation_table,
    gratings,
    identities,
    recognition,
)
from mobilenet.tasks.data import DataError
from mobilenet.tasks.detection import shapes
from mobilenet.tasks.detection.annotations import Annotated, read
from mobilenet.tasks.distillation import Emulation
from mobilenet.tasks.names import GENERATED, WANTED, TaskName
from mobilenet.tasks.task import Task

EMULATIONS: dict[TaskName, Emulation] = {
    "attributes": distillation.of_attributes,
    "embedding": distillation.of_embeddings,
}
_GENERATED: dict[TaskName, Callable[[], Task]] = {
    "dogs": gratings.generated,
    "geolocation": geolocation_table.generated,
    "attributes": attribute_table.generated,
    "embedding": identities.generated,
}
_READ: dict[TaskName, Callable[[Path], Task]] = {
    "dogs": recognition.read,
    "geolocation": geolocation_table.read,
    "attributes": attribute_table.read,
    "embedding": identities.read,
}
SHAPES = 1_000  # generated pictures: fewer teach a detector little


def load(task: TaskName, data: str) -> Task:
    """Any but detection, whose task depends on its network. data: "generated", or a path.

    Raises DataError for what is not there, and for the first thing that cannot be used.
    """
    if data == GENERATED:
        return _GENERATED[task]()
    return _READ[task](_found(task, data))


def annotated(data: str) -> Annotated:
    """Pictures with objects: "generated", COCO's JSON file, or a folder with such a `train.json`
    and, if it likes, `test.json`. Raises DataError."""
    if data == GENERATED:
        return shapes.generated(SHAPES)
    path = _found("detection", data)
    if not path.is_dir():
        return read(path)
    train, test = path / "train.json", path / "test.json"
    if not train.is_file():
        raise DataError(f"{path} has no train.json. Name COCO's JSON file itself.")
    return read(train, test if test.is_file() else None)


def _found(task: TaskName, data: str) -> Path:
    path = Path(data)
    if not path.exists():
        raise DataError(f"{data or 'An empty name'} is not there. Name {WANTED[task]}.")
    if task in ("dogs", "embedding") and not path.is_dir():
        raise DataError(f"{data} is a file. Name {WANTED[task]}.")
    if task in ("geolocation", "attributes") and not path.is_file():
        raise DataError(f"{data} is a folder. Name {WANTED[task]}.")
    return path
