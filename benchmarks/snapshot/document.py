"""The format of a snapshot, version by version: what may stand in it, and within which bounds.

It stands here a second time, beside the values it holds: with bounds, since a document may come
from a stranger, and unmoved when the program's own values change.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from benchmarks.results import Quality
from benchmarks.scenarios import Precision
from benchmarks.texts import cleaned, problem_of
from benchmarks.timing.verdicts import Verdict
from benchmarks.usage import EnergySource
from benchmarks.validity import Word
from mobilenet.config import BlockKind, Depth

# History of the format. A program reads every version up to its own.
#   1  one run on one machine, every inference in nanoseconds.
#   2  title and note; a summary, and the version of the protocol by which it was made. Nothing
#      twice: no network in one scenario, no round of a process.
SCHEMA_VERSION = 2
MAX_TITLE = 120  # characters
MAX_NOTE = 4000
MAX_SHOWN = 40  # of a name that the format does not know, in the sentence about it


def _utc(text: str) -> str:
    if datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise ValueError("A time in UTC is needed, such as 2026-01-31T12:00:00+00:00.")
    return text


def _one_line(text: str) -> str:
    return _checked(text, lines=False)


def _many_lines(text: str) -> str:
    return _checked(text, lines=True)


def _checked(text: str, *, lines: bool) -> str:
    if (problem := problem_of(text, lines=lines)) is not None:
        raise ValueError(problem)
    return text


Text = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Title = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(_one_line)]
Note = Annotated[str, Field(max_length=MAX_NOTE), AfterValidator(_many_lines)]
Reason = Annotated[str, Field(max_length=20_000), AfterValidator(_many_lines)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Utc = Annotated[Text, AfterValidator(_utc)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Positive = Annotated[int, Field(ge=1, le=10**15)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Quotient = Annotated[float, Field(gt=0, le=1e18)]
Times = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=500_000, fail_fast=True)]


class Part(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, from_attributes=True
    )


class Config(Part):
    width_multiplier: float
    resolution: int
    num_classes: int
    block: BlockKind
    depth: Depth
    channel_multiple: int


class Candidate(Part):
    config: Config | None
    reference: Name | None


class Scenario(Part):
    engine: Name
    device: Name
    precision: Precision
    threads: int
    batch: int


class Gpu(Part):
    mhz_before: Count | None
    mhz_after: Count | None
    reasons: Annotated[int, Field(ge=0, lt=2**64)] | None
    others: Count | None


class Signals(Part):
    wall_ns: Positive
    delay_ns: Count | None
    involuntary: Count | None
    major_faults: Count | None
    throttled: Count | None
    gpu: Gpu | None = None


class Block(Part):
    round: Annotated[int, Field(ge=0, le=100_000)]
    settle_ns: Positive
    times_ns: Times
    worker: Annotated[int, Field(ge=0, le=1000)]
    signals: Signals | None
    device_ns: Times | None = None


class Memory(Part):
    floor_bytes: Count
    loaded_bytes: Count
    peak_bytes: Count
    device_allocated_bytes: Count | None = None
    device_reserved_bytes: Count | None = None
    device_process_bytes: Count | None = None


class Energy(Part):
    joules: Annotated[float, Field(gt=0, le=1e9)]
    inferences: Positive
    seconds: Annotated[float, Field(gt=0, le=1e9)]
    source: EnergySource


class Measurement(Part):
    candidate: Candidate
    scenario: Scenario
    quality: Quality
    run_id: Name
    measured_utc: Utc
    warmup_ns: Times
    blocks: Annotated[tuple[Block, ...], Field(min_length=1, max_length=10_000, fail_fast=True)]
    load_s: Seconds
    prepare_s: Seconds | None
    output_error: Annotated[float, Field(ge=0)] | None
    memory: Memory | None = None
    energy: Energy | None = None

    @field_validator("blocks")
    @classmethod
    def _no_round_twice(cls, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        seen: set[tuple[int, int]] = set()
        for block in blocks:
            if (block.worker, block.round) in seen:
                raise ValueError(f"Round {block.round} of process {block.worker} is there twice.")
            seen.add((block.worker, block.round))
        return blocks


class Failure(Part):
    candidate: Candidate
    scenario: Scenario
    reason: Reason


class Machine(Part):
    cpu: Text
    physical_cpus: Positive | None
    logical_cpus: Positive
    usable_cpus: Positive
    memory_bytes: Count
    accelerators: Annotated[tuple[Text, ...], Field(max_length=64)]
    system: Text
    python: Text
    packages: Annotated[tuple[tuple[Text, Text], ...], Field(max_length=100)]
    settings: Annotated[tuple[tuple[Name, Count], ...], Field(max_length=100)] = ()


class Conditions(Part):
    others_cpus: Annotated[float, Field(ge=0, le=100_000)] | None
    on_battery: bool | None
    governor: Text | None
    pressure_before: Annotated[float, Field(ge=0, le=1)] | None


class Run(Part):
    id: Name
    started_utc: Utc
    machine: Machine
    measurements: Annotated[tuple[Measurement, ...], Field(max_length=5000, fail_fast=True)]
    failures: Annotated[tuple[Failure, ...], Field(max_length=5000, fail_fast=True)]
    cancelled: bool
    controls: Annotated[tuple[Measurement, ...], Field(max_length=100, fail_fast=True)]
    conditions: Conditions

    @field_validator("measurements")
    @classmethod
    def _no_network_twice(cls, measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
        seen: set[tuple[Candidate, Scenario]] = set()
        for number, one in enumerate(measurements):
            if (one.candidate, one.scenario) in seen:
                raise ValueError(f"Measurement {number} is of a network that is there already.")
            seen.add((one.candidate, one.scenario))
        return measurements


class ToFirst(Part):
    ratio: Quotient
    low: Quotient | None
    high: Quotient | None
    verdict: Verdict


class Row(Part):
    network: Name
    engine: Name
    device: Name
    precision: Precision
    threads: int
    batch: int
    median_s: Seconds
    low_s: Seconds | None
    high_s: Seconds | None
    p90_s: Seconds | None
    p99_s: Seconds | None
    device_median_s: Seconds | None
    inferences: Positive
    processes: Positive
    disturbed_share: Annotated[float, Field(ge=0, le=1)]
    to_first: ToFirst | None


class Summary(Part):
    state: Word | None
    rows: Annotated[tuple[Row, ...], Field(max_length=5000, fail_fast=True)]


class Document(Part):
    """program_version: None where it ran from a checkout that is not installed.

    protocol_version, summary: the rules by which figures were made of the times, and the figures;
    both None in a document of version 1.
    """

    schema_version: Literal[2]
    program_version: Text | None
    protocol_version: Positive | None
    title: Title
    note: Note
    run: Run
    summary: Summary | None

    @model_validator(mode="after")
    def _figures_have_rules(self) -> Document:
        if (self.summary is None) != (self.protocol_version is None):
            raise ValueError("A summary and its protocol_version stand together or not at all.")
        return self


class _Document1(Part):
    schema_version: Literal[1]
    program_version: Text | None
    run: Run

    def migrated(self) -> Document:
        return Document(
            schema_version=2,
            program_version=self.program_version,
            protocol_version=None,
            title="",
            note="",
            run=self.run,
            summary=None,
        )


class _Words(Part):
    title: Title
    note: Note


class _Header(BaseModel):
    schema_version: Annotated[int, Field(strict=True, ge=1)]


class FormatError(ValueError):
    """What was read is no document of this format; the message says where and why."""


def read(text: str) -> Document:
    """The document in `text`, of whatever version, as one of the present version.

    Raises FormatError.
    """
    try:
        found = _Header.model_validate_json(text).schema_version
    except ValidationError as error:
        raise FormatError(f"This is no snapshot of MobileNet Bench. {first_of(error)}") from error
    if found > SCHEMA_VERSION:
        raise FormatError(
            f"Snapshot version {found} is newer than this program reads ({SCHEMA_VERSION}). "
            "Update mobilenet-bench to open it."
        )
    try:
        if found == 1:
            return _Document1.model_validate_json(text).migrated()
        return Document.model_validate_json(text)
    except ValidationError as error:
        raise FormatError(f"The snapshot is not valid. {first_of(error)}") from error


def check_words(title: str, note: str) -> None:
    """Raises FormatError for a title or a note that no document takes."""
    try:
        _Words(title=title, note=note)
    except ValidationError as error:
        raise FormatError(f"It cannot be saved so. {first_of(error)}") from error


def write(content: object) -> str:
    """`content`, values in the shape of `Document`, as canonical text. Raises FormatError."""
    try:
        return canonical(Document.model_validate(content).model_dump_json())
    except ValidationError as error:
        raise FormatError(f"The run does not fit into a snapshot. {first_of(error)}") from error


def canonical(text: str) -> str:
    """The one way to write down what the JSON in `text` says, so that equal content has one id."""
    return json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def schema() -> str:
    """JSON Schema of the present version, for other programs."""
    described = Document.model_json_schema(mode="serialization")
    return json.dumps({"title": "Snapshot of MobileNet Bench"} | described, indent=2) + "\n"


def first_of(error: ValidationError) -> str:
    """The first thing that is wrong, with its place: "run.measurements[0].quality: ..."."""
    first = error.errors(include_url=False, include_input=False)[0]
    parts = (f"[{one}]" if isinstance(one, int) else f".{_name(one)}" for one in first["loc"])
    place = "".join(parts)
    own_error = first.get("ctx", {}).get("error")
    reason = str(own_error) if isinstance(own_error, Exception) else f"{first['msg']}."
    return f"At {place.lstrip('.')}: {reason}" if place else reason


def _name(part: str) -> str:
    """The name of a field, which may be a stranger's."""
    return cleaned(part) if len(part) <= MAX_SHOWN else f"{cleaned(part[:MAX_SHOWN])}…"
