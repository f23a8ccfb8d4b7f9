"""The document in which a run is kept and shared: the only place that knows the file format.

JSON, validated on the way out and in, limited in size; no host name, user name or path in it. Its
summary says what the program made of the raw times, and must follow from them.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from benchmarks import units
from benchmarks.machine import private_names
from benchmarks.results import Run
from benchmarks.snapshot import document
from benchmarks.snapshot.agreement import difference
from benchmarks.snapshot.private import without_private
from benchmarks.summary import summarise
from benchmarks.timing.protocol import EFFORTS, PLANS, PROTOCOL_VERSION, Preset
from mobilenet import files

MAX_BYTES = 5_000_000
ID_CHARACTERS = 26  # 130 bits: nobody guesses one, and no two are equal by chance
SAMPLE_BYTES = 8  # of one inference, such as "3214567,"
BLOCK_BYTES = 200  # what a block carries besides
LAYERS_BYTES = 14_000  # thirty passes of some thirty layers
GPU_BYTES = 60  # how the GPU was; an inference has its time by the GPU's clock, too


class SnapshotError(ValueError):
    """A snapshot cannot be read or written; the message says why, where, and what to do."""


@dataclass(frozen=True)
class Snapshot:
    """A run that is kept, with what somebody wrote about it.

    id: of the content, title and note included; the same wherever it is stored.
    text: the document itself. protocol_version: the rules by which its summary was made; None in
        documents that have none.
    """

    id: str
    run: Run
    title: str
    note: str
    program_version: str | None
    protocol_version: int | None
    text: str

    @property
    def is_recomputed(self) -> bool:
        """Whether this program makes its figures by other rules than the one that measured."""
        return self.protocol_version != PROTOCOL_VERSION


def dumps(run: Run, *, title: str = "", note: str = "") -> str:
    """`run` as a document. Raises SnapshotError for what does not fit into one."""
    shared = without_private(run, private_names())
    content = {
        "schema_version": document.SCHEMA_VERSION,
        "program_version": program_version(),
        "protocol_version": PROTOCOL_VERSION,
        "title": title.strip(),
        "note": note.strip(),
        "run": shared,
        "summary": summarise(shared),
    }
    try:
        text = document.write(content)
    except document.FormatError as error:
        raise SnapshotError(str(error)) from error
    size_bytes = len(text.encode())
    if size_bytes >= MAX_BYTES:
        raise SnapshotError(
            f"The run does not fit into a snapshot: {units.megabytes(size_bytes)}, "
            f"{units.megabytes(MAX_BYTES)} is the limit. Measure fewer networks in one run."
        )
    return text


def loads(text: str) -> Snapshot:
    """The snapshot in a document. Raises SnapshotError for whatever is wrong with it."""
    if len(text) > MAX_BYTES:  # at least as many bytes, then
        raise SnapshotError(f"The snapshot is larger than the limit, {units.megabytes(MAX_BYTES)}.")
    try:
        found = document.read(text)
        run = _values().validate_python(found.model_dump(include={"run"}))["run"]
    except document.FormatError as error:
        raise SnapshotError(str(error)) from error
    except ValidationError as error:
        raise SnapshotError(f"The snapshot is not valid. {document.first_of(error)}") from error
    if found.summary is not None and found.protocol_version == PROTOCOL_VERSION:
        off = difference(found.summary.model_dump(), asdict(summarise(run)), "summary")
        if off is not None:
            raise SnapshotError(
                f"The summary does not follow from the times: {off}. Somebody has changed the "
                "file; ask for the one that was saved."
            )
    canonical = document.canonical(text)
    return Snapshot(
        id=digest(canonical),
        run=run,
        title=found.title,
        note=found.note,
        program_version=found.program_version,
        protocol_version=found.protocol_version,
        text=canonical,
    )


def save(run: Run, path: str | os.PathLike[str], *, title: str = "", note: str = "") -> None:
    """Write `run` to `path`, whole or not at all. Raises SnapshotError with the way out."""
    content = dumps(run, title=title, note=note).encode() + b"\n"
    try:
        files.write_whole(Path(path), content)
    except files.FileError as error:
        raise SnapshotError(str(error)) from error


def read(path: str | os.PathLike[str]) -> Snapshot:
    """The snapshot at `path`. Raises SnapshotError."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # never more, whatever the file is
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from error
    return decode(content, str(path))


def decode(content: bytes, name: str) -> Snapshot:
    """The snapshot in the bytes of a file; name: of the file, for people. Raises SnapshotError."""
    try:
        return loads(content.decode("utf-8-sig"))
    except SnapshotError as error:
        raise SnapshotError(f"{name}: {error}") from error
    except UnicodeDecodeError as error:
        raise SnapshotError(f"{name} is no snapshot of MobileNet Bench: it is not text.") from error


def load(path: str | os.PathLike[str]) -> Run:
    """The run saved at `path`. Raises SnapshotError."""
    return read(path).run


def check_target(path: str | os.PathLike[str]) -> None:
    """Raises SnapshotError if `save` could not write there; leaves nothing behind."""
    try:
        files.check_target(Path(path))
    except files.FileError as error:
        raise SnapshotError(str(error)) from error


def check_words(title: str, note: str) -> None:
    """Raises SnapshotError for a title or a note that no snapshot takes."""
    try:
        document.check_words(title.strip(), note.strip())
    except document.FormatError as error:
        raise SnapshotError(str(error)) from error


def check_room(
    measurements: int, preset: Preset, *, on_gpu: bool = False, layers: bool = False
) -> None:
    """Raises SnapshotError if that many measurements may not fit into one document."""
    plan, effort = PLANS[preset], EFFORTS[preset]
    block_bytes = plan.max_calls * SAMPLE_BYTES + BLOCK_BYTES
    if on_gpu:
        block_bytes += plan.max_calls * SAMPLE_BYTES + GPU_BYTES
    each_bytes = plan.rounds * effort.min_workers * block_bytes  # more rounds are cut by time
    most = MAX_BYTES // (each_bytes + LAYERS_BYTES * layers)
    if measurements > most:
        raise SnapshotError(
            f"{measurements} measurements may not fit into one snapshot, whose limit is "
            f"{units.megabytes(MAX_BYTES)}. Measure at most {most} at once, or with fewer rounds."
        )


def program_version() -> str | None:
    try:
        return version("mobilenet-bench")
    except PackageNotFoundError:
        return None


def digest(text: str) -> str:
    """A short name that no other text has."""
    hashed = hashlib.sha256(text.encode()).digest()
    return base64.b32encode(hashed).decode().lower()[:ID_CHARACTERS]


@lru_cache(maxsize=1)
def _values() -> TypeAdapter[dict[str, Run]]:
    """Builds the program's own values, whose limits are checked on the way."""
    return TypeAdapter(dict[str, Run])
