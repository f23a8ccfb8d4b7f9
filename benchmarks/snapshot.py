"""The document in which a run is saved and shared: the only place that knows the file format.

JSON, validated on the way out and in, limited in size; no host name, user name or path in it. The
format stands here a second time, beside the values it holds: with bounds, since a document may come
from a stranger, and unmoved when the program's own values change.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from benchmarks import units
from benchmarks.results import Quality, Run
from benchmarks.scenarios import Precision
from benchmarks.timing.protocol import EFFORTS, PLANS, Preset
from benchmarks.usage import EnergySource
from mobilenet.config import BlockKind, Depth

# History of the format. A program reads every version up to its own.
#   1  program 0.1.0: one run on one machine, every inference in nanoseconds.
SCHEMA_VERSION = 1
MAX_BYTES = 5_000_000
SAMPLE_BYTES = 8  # of one inference, such as "3214567,"
BLOCK_BYTES = 200  # what a block carries besides
GPU_BYTES = 60  # how the GPU was; an inference has its time by the GPU's clock, too


class SnapshotError(ValueError):
    """A snapshot cannot be read or written; the message says why, where, and what to do."""


def _utc(text: str) -> str:
    if datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise ValueError("A time in UTC is needed, such as 2026-01-31T12:00:00+00:00.")
    return text


Text = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Utc = Annotated[Text, AfterValidator(_utc)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Positive = Annotated[int, Field(ge=1, le=10**15)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Times = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=500_000, fail_fast=True)]


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, from_attributes=True
    )


class _Config(_Part):
    width_multiplier: float
    resolution: int
    num_classes: int
    block: BlockKind
    depth: Depth
    channel_multiple: int


class _Candidate(_Part):
    config: _Config | None
    reference: Name | None


class _Scenario(_Part):
    engine: Name
    device: Name
    precision: Precision
    threads: int
    batch: int


class _Gpu(_Part):
    mhz_before: Count | None
    mhz_after: Count | None
    reasons: Annotated[int, Field(ge=0, lt=2**64)] | None
    others: Count | None


class _Signals(_Part):
    wall_ns: Positive
    delay_ns: Count | None
    involuntary: Count | None
    major_faults: Count | None
    throttled: Count | None
    gpu: _Gpu | None = None


class _Block(_Part):
    round: Annotated[int, Field(ge=0, le=100_000)]
    settle_ns: Positive
    times_ns: Times
    worker: Annotated[int, Field(ge=0, le=1000)]
    signals: _Signals | None
    device_ns: Times | None = None


class _Memory(_Part):
    floor_bytes: Count
    loaded_bytes: Count
    peak_bytes: Count
    device_allocated_bytes: Count | None = None
    device_reserved_bytes: Count | None = None
    device_process_bytes: Count | None = None


class _Energy(_Part):
    joules: Annotated[float, Field(gt=0, le=1e9)]
    inferences: Positive
    seconds: Annotated[float, Field(gt=0, le=1e9)]
    source: EnergySource


class _Measurement(_Part):
    candidate: _Candidate
    scenario: _Scenario
    quality: Quality
    run_id: Name
    measured_utc: Utc
    warmup_ns: Times
    blocks: Annotated[tuple[_Block, ...], Field(min_length=1, max_length=10_000, fail_fast=True)]
    load_s: Seconds
    prepare_s: Seconds | None
    output_error: Annotated[float, Field(ge=0)] | None
    memory: _Memory | None = None
    energy: _Energy | None = None


class _Failure(_Part):
    candidate: _Candidate
    scenario: _Scenario
    reason: Annotated[str, Field(max_length=20_000)]


class _Machine(_Part):
    cpu: Text
    physical_cpus: Positive | None
    logical_cpus: Positive
    usable_cpus: Positive
    memory_bytes: Count
    accelerators: Annotated[tuple[Text, ...], Field(max_length=64)]
    system: Text
    python: Text
    packages: Annotated[tuple[tuple[Text, Text], ...], Field(max_length=100)]


class _Conditions(_Part):
    others_cpus: Annotated[float, Field(ge=0, le=100_000)] | None
    on_battery: bool | None
    governor: Text | None
    pressure_before: Annotated[float, Field(ge=0, le=1)] | None


class _Run(_Part):
    id: Name
    started_utc: Utc
    machine: _Machine
    measurements: Annotated[tuple[_Measurement, ...], Field(max_length=5000, fail_fast=True)]
    failures: Annotated[tuple[_Failure, ...], Field(max_length=5000, fail_fast=True)]
    cancelled: bool
    controls: Annotated[tuple[_Measurement, ...], Field(max_length=100, fail_fast=True)]
    conditions: _Conditions


class _Document(_Part):
    schema_version: Literal[1]
    program_version: Text | None  # None: run from a checkout that is not installed
    run: _Run


class _Header(BaseModel):
    schema_version: Annotated[int, Field(strict=True, ge=1)]


def dumps(run: Run) -> str:
    """`run` as a document. Raises SnapshotError if it is too large for one."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "program_version": program_version(),
        "run": run,
    }
    try:
        text = _Document.model_validate(content).model_dump_json()
    except ValidationError as error:
        raise SnapshotError(f"The run does not fit into a snapshot. {_first(error)}") from error
    size_bytes = len(text.encode())
    if size_bytes >= MAX_BYTES:
        raise SnapshotError(
            f"The run does not fit into a snapshot: {units.megabytes(size_bytes)}, "
            f"{units.megabytes(MAX_BYTES)} is the limit. Measure fewer networks in one run."
        )
    return text


def loads(text: str) -> Run:
    """The run in a document. Raises SnapshotError for whatever is wrong with it."""
    if len(text) > MAX_BYTES:  # at least as many bytes, then
        raise SnapshotError(f"The snapshot is larger than the limit, {units.megabytes(MAX_BYTES)}.")
    try:
        found = _Header.model_validate_json(text).schema_version
    except ValidationError as error:
        raise SnapshotError(f"This is no snapshot of MobileNet Bench. {_first(error)}") from error
    if found > SCHEMA_VERSION:
        raise SnapshotError(
            f"Snapshot version {found} is newer than this program reads ({SCHEMA_VERSION}). "
            "Update mobilenet-bench to open it."
        )
    try:
        document = _Document.model_validate_json(text)
        content = document.model_dump(include={"run"})
        return _values().validate_python(content)["run"]
    except ValidationError as error:
        raise SnapshotError(f"The snapshot is not valid. {_first(error)}") from error


def save(run: Run, path: str | os.PathLike[str]) -> None:
    """Write `run` to `path`, whole or not at all. Raises SnapshotError with the way out."""
    content = dumps(run).encode() + b"\n"
    target = Path(path)
    with _unfinished(target) as (file, unfinished):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        unfinished.replace(target)


def load(path: str | os.PathLike[str]) -> Run:
    """The run saved at `path`. Raises SnapshotError."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # never more, whatever the file is
        return loads(content.decode())
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SnapshotError(f"{path} is no snapshot of MobileNet Bench: it is not text.") from error


def check_target(path: str | os.PathLike[str]) -> None:
    """Raises SnapshotError if `save` could not write there; leaves nothing behind."""
    with _unfinished(Path(path)):
        pass


def check_room(measurements: int, preset: Preset, *, on_gpu: bool = False) -> None:
    """Raises SnapshotError if that many measurements may not fit into one document."""
    plan, effort = PLANS[preset], EFFORTS[preset]
    block_bytes = plan.max_calls * SAMPLE_BYTES + BLOCK_BYTES
    if on_gpu:
        block_bytes += plan.max_calls * SAMPLE_BYTES + GPU_BYTES
    most = MAX_BYTES // (plan.rounds * effort.min_workers * block_bytes)  # more are cut by time
    if measurements > most:
        raise SnapshotError(
            f"{measurements} measurements may not fit into one snapshot, whose limit is "
            f"{units.megabytes(MAX_BYTES)}. Measure at most {most} at once, or with fewer rounds."
        )


@contextmanager
def _unfinished(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `target`, gone at the end unless it was renamed."""
    unfinished = target.parent / f".mobilenet-bench-{uuid.uuid4().hex[:12]}"
    try:
        if target.exists() and not target.is_file():
            raise SnapshotError(f"{target} is no ordinary file. Choose another name.")
        with unfinished.open("xb") as file:
            yield file, unfinished
    except OSError as error:
        reason = error.strerror if target.parent.is_dir() else f"{target.parent} is no folder"
        raise SnapshotError(
            f"{target} cannot be written: {reason}. Choose another place."
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


@lru_cache(maxsize=1)
def _values() -> TypeAdapter[dict[str, Run]]:
    """Builds the program's own values, whose limits are checked on the way."""
    return TypeAdapter(dict[str, Run])


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, with its place: "run.measurements[0].quality: ..."."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    own_error = first.get("ctx", {}).get("error")
    reason = str(own_error) if isinstance(own_error, Exception) else f"{first['msg']}."
    return f"At {place.lstrip('.')}: {reason}" if place else reason


def program_version() -> str | None:
    try:
        return version("mobilenet-bench")
    except PackageNotFoundError:
        return None
