"""What came of a training, kept beside its weights, so that a page can show it. No torch."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

from platformdirs import user_data_path
from pydantic import TypeAdapter, ValidationError

from benchmarks.training.order import Order, Outcome
from mobilenet.config import MobileNetConfig
from mobilenet.files import write_whole
from mobilenet.tasks.score import Epoch

TRAINED_VARIABLE = "MOBILENET_BENCH_TRAINED"
RECORD = "training.json"
VERSION = 1
MAX_BYTES = 10_000_000  # ten thousand epochs take a fifth of that
DIGEST_LENGTH = 8


@dataclass(frozen=True)
class Record:
    """An order, how many classes its images have, and the epochs that are trained so far."""

    order: Order
    classes: int
    epochs: tuple[Epoch, ...]
    version: int = VERSION

    @property
    def config(self) -> MobileNetConfig:
        """Of the network, with the classes of the data."""
        return replace(self.order.config, num_classes=self.classes)

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.order, self.epochs)


_RECORD = TypeAdapter(Record)


@dataclass(frozen=True)
class Kept:
    """records: newest first. unreadable: files that should be records, and are not."""

    records: tuple[Record, ...]
    unreadable: tuple[Path, ...] = ()


def trained_folder() -> Path:
    """MOBILENET_BENCH_TRAINED, or `trained` in the user's data folder."""
    named = os.environ.get(TRAINED_VARIABLE)
    return Path(named) if named else user_data_path("mobilenet-bench") / "trained"


def with_folder(order: Order) -> Order:
    """With a folder of its own: the same again goes on there, anything else goes elsewhere."""
    asked = asdict(order)
    del asked["folder"]
    digest = sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:DIGEST_LENGTH]
    return replace(order, folder=str(trained_folder() / f"{order.label}-{digest}"))


def keep(record: Record) -> None:
    """Raises FileError."""
    write_whole(Path(record.order.folder) / RECORD, _RECORD.dump_json(record))


def kept() -> Kept:
    """All that was trained into a folder of its own here."""
    found, unreadable = [], []
    for path in newest_first(trained_folder(), RECORD):
        record = _read(path)
        if record is None:
            unreadable.append(path)
        else:
            found.append(record)
    return Kept(tuple(found), tuple(unreadable))


def record_of(weights: Path) -> Record | None:
    """Of the training that made these weights, if it is kept beside them and ended."""
    found = _read(weights.parent / RECORD)
    if found is None or not found.outcome.is_done or found.order.weights.name != weights.name:
        return None
    return found


def names_of(records: Sequence[Record]) -> dict[str, str]:
    """By folder: the network's label, and what else tells it from another of the same label."""
    labels = [one.order.label for one in records]
    return {
        one.order.folder: one.order.label
        if labels.count(one.order.label) == 1
        else f"{one.order.label} ({Path(one.order.folder).name.rsplit('-', 1)[-1]})"
        for one in records
    }


def newest_first(folder: Path, name: str) -> Iterator[Path]:
    """The files of this name in the folder's folders."""
    dated = []
    for path in folder.glob(f"*/{name}"):
        try:
            dated.append((path.stat().st_mtime_ns, path))
        except OSError:  # removed meanwhile
            continue
    for _, path in sorted(dated, reverse=True):
        yield path


def _read(path: Path) -> Record | None:
    """The folder in it is where it lies now: folders are moved."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        found = _RECORD.validate_json(path.read_bytes())
        found.config  # noqa: B018  # raises where there is no such network
    except (OSError, ValidationError, ValueError):
        return None
    if found.version != VERSION:
        return None
    return replace(found, order=replace(found.order, folder=str(path.parent)))
