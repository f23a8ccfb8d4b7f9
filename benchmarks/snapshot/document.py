"""The format of a snapshot, version by version: reading every one, writing the newest."""

from __future__ import annotations

import json
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    model_validator,
)

from benchmarks.scenarios import Precision
from benchmarks.snapshot.parts import (
    Candidate,
    Name,
    Note,
    Part,
    Positive,
    Quotient,
    Run,
    Seconds,
    Text,
    Title,
)
from benchmarks.texts import cleaned
from benchmarks.timing.verdicts import Verdict
from benchmarks.validity import Word

# History of the format. A program reads every version up to its own.
#   1  one run on one machine, every inference in nanoseconds.
#   2  title and note; a summary, and the version of the protocol by which it was made. Nothing
#      twice: no network in one scenario, no round of a process.
#   3  somebody's own networks: a name and counts, nothing of the module itself.
#   4  times of single layers, and the machine's ceiling.
#   5  object detectors.
SCHEMA_VERSION = 5
MAX_SHOWN = 40  # of a name that the format does not know, in the sentence about it


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


class _Shared(Part):
    """What versions 2 to 5 have in common."""

    program_version: Text | None
    protocol_version: Positive | None
    title: Title
    note: Note
    run: Run
    summary: Summary | None

    @model_validator(mode="after")
    def _figures_have_rules(self) -> Self:
        if (self.summary is None) != (self.protocol_version is None):
            raise ValueError("A summary and its protocol_version stand together or not at all.")
        return self


class Document(_Shared):
    """program_version: None where it ran from a checkout that is not installed.

    protocol_version, summary: the rules by which figures were made of the times, and the figures;
    both None in a document of version 1.
    """

    schema_version: Literal[5]


def _candidates(run: Run) -> list[Candidate]:
    timed = [one.candidate for one in (*run.measurements, *run.controls)]
    return timed + [one.candidate for one in run.failures]


def _before_own(run: Run) -> Run:
    if any(one.own is not None for one in _candidates(run)):
        raise ValueError("Somebody's own networks stand in documents of version 3 and later only.")
    return run


def _before_layers(run: Run) -> Run:
    timed = any(one.layer_times is not None for one in (*run.measurements, *run.controls))
    if timed or run.ceilings:
        raise ValueError("Times of layers stand in documents of version 4 and later only.")
    return run


def _before_detectors(run: Run) -> Run:
    if any(one.detector is not None for one in _candidates(run)):
        raise ValueError("Object detectors stand in documents of version 5 and later only.")
    return run


_Run4 = Annotated[Run, AfterValidator(_before_detectors)]
_Run3 = Annotated[_Run4, AfterValidator(_before_layers)]
_Run2 = Annotated[_Run3, AfterValidator(_before_own)]


class _Document1(Part):
    schema_version: Literal[1]
    program_version: Text | None
    run: _Run2

    def migrated(self) -> Document:
        return Document(
            schema_version=5,
            program_version=self.program_version,
            protocol_version=None,
            title="",
            note="",
            run=self.run,
            summary=None,
        )


class _Between(_Shared):
    """What versions 2 to 4 have in common."""

    def migrated(self) -> Document:
        return Document(
            schema_version=5,
            program_version=self.program_version,
            protocol_version=self.protocol_version,
            title=self.title,
            note=self.note,
            run=self.run,
            summary=self.summary,
        )


class _Document2(_Between):
    schema_version: Literal[2]
    run: _Run2


class _Document3(_Between):
    schema_version: Literal[3]
    run: _Run3


class _Document4(_Between):
    schema_version: Literal[4]
    run: _Run4


_OLDER: tuple[type[_Document1 | _Between], ...] = (
    _Document1,
    _Document2,
    _Document3,
    _Document4,
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
        if found < SCHEMA_VERSION:
            return _OLDER[found - 1].model_validate_json(text).migrated()
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
