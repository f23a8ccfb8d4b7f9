"""What engines and precisions answered, kept beside the weights of a training. No torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from benchmarks.messages import Scored
from benchmarks.training.order import Examination
from benchmarks.training.record import record_of
from mobilenet.files import write_whole

SCORES = "scores.json"
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class _Kept:
    """weights: SHA-256 of the file that was scored. Trained anew it is another."""

    weights: str
    scored: Scored


_KEPT = TypeAdapter(_Kept)


def keep_scores(examination: Examination, scored: Scored) -> None:
    """Of weights that this program trained, on the images that tested them. Raises FileError."""
    weights = Path(examination.weights)
    record = record_of(weights)
    if record is not None and record.order.data == examination.data and not examination.whole:
        content = _KEPT.dump_json(_Kept(_digest(weights), scored))
        write_whole(weights.parent / SCORES, content)


def kept_scores(weights: Path) -> Scored | None:
    """Of these very weights; None where there are none, or none that can be read."""
    path = weights.parent / SCORES
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        found = _KEPT.validate_json(path.read_bytes())
        return found.scored if found.weights == _digest(weights) else None
    except (OSError, ValidationError):
        return None


def _digest(weights: Path) -> str:
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
