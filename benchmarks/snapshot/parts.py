"""What may stand in the run of a document, and within which bounds.

It stands here a second time, beside the values it holds: with bounds, since a document may come
from a stranger, and unmoved when the program's own values change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from benchmarks.candidates import MAX_NAME, MAX_SIDE
from benchmarks.layer_times import Method
from benchmarks.results import Quality
from benchmarks.scenarios import MAX_THREADS, Precision
from benchmarks.texts import problem_of, problem_of_name
from benchmarks.usage import EnergySource
from mobilenet.config import BlockKind, Depth, MobileNetConfig
from mobilenet.cost import cost
from mobilenet.tasks.detection.detector import Backbone, Framework

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00")
MAX_TITLE = 120  # characters
MAX_NOTE = 4000
MAX_PASSES = 1000  # of one network, layer by layer


def _utc(text: str) -> str:
    if not _UTC.fullmatch(text) or datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise ValueError("A time in UTC is needed, such as 2026-01-31T12:00:00+00:00.")
    return text


def _one_line(text: str) -> str:
    return _checked(text, lines=False)


def _name(text: str) -> str:
    if (problem := problem_of_name(text)) is not None:
        raise ValueError(problem)
    return text


def _many_lines(text: str) -> str:
    return _checked(text, lines=True)


def _checked(text: str, *, lines: bool) -> str:
    if (problem := problem_of(text, lines=lines)) is not None:
        raise ValueError(problem)
    return text


Text = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Title = Annotated[str, Field(max_length=MAX_TITLE), AfterValidator(_name)]
Note = Annotated[str, Field(max_length=MAX_NOTE), AfterValidator(_many_lines)]
Reason = Annotated[str, Field(max_length=20_000), AfterValidator(_many_lines)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Utc = Annotated[Text, AfterValidator(_utc)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Positive = Annotated[int, Field(ge=1, le=10**15)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Quotient = Annotated[float, Field(gt=0, le=1e18)]
Times = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=500_000, fail_fast=True)]
Passes = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=MAX_PASSES, fail_fast=True)]


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


class OwnNetwork(Part):
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_name)]
    input_shape: tuple[Side, Side, Side]
    parameters: Count
    mult_adds: Count
    size_bytes: Count
    digest: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Detector(Part):
    framework: Framework
    backbone: Backbone
    width_multiplier: float
    resolution: int
    num_classes: int
    postprocessed: bool


class Candidate(Part):
    config: Config | None
    reference: Name | None
    own: OwnNetwork | None = None
    detector: Detector | None = None


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


class LayerTime(Part):
    layer: Annotated[str, Field(max_length=40)]
    times_ns: Passes


class LayerTimes(Part):
    method: Method
    layers: Annotated[tuple[LayerTime, ...], Field(min_length=1, max_length=100, fail_fast=True)]
    other_ns: Annotated[tuple[Count, ...], Field(min_length=1, max_length=MAX_PASSES)]
    whole_ns: Passes

    @model_validator(mode="after")
    def _every_pass_is_whole(self) -> Self:
        passes = len(self.other_ns)
        for one in (self.whole_ns, *(layer.times_ns for layer in self.layers)):
            if len(one) != passes:
                raise ValueError(f"There are {passes} passes, and {len(one)} times of one thing.")
        return self


class Ceiling(Part):
    threads: Annotated[int, Field(ge=1, le=MAX_THREADS)]
    flops: Positive
    flops_ns: Passes
    copied_bytes: Positive
    copy_ns: Passes


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
    layer_times: LayerTimes | None = None

    @model_validator(mode="after")
    def _layers_are_of_this_network(self) -> Self:
        if self.layer_times is not None:
            _check_names([one.layer for one in self.layer_times.layers], self.candidate.config)
        return self

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
    ceilings: Annotated[tuple[Ceiling, ...], Field(max_length=100)] = ()

    @field_validator("ceilings")
    @classmethod
    def _no_threads_twice(cls, ceilings: tuple[Ceiling, ...]) -> tuple[Ceiling, ...]:
        if len({one.threads for one in ceilings}) < len(ceilings):
            raise ValueError("There are two ceilings for the same number of threads.")
        return ceilings

    @field_validator("measurements")
    @classmethod
    def _no_network_twice(cls, measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
        seen: set[tuple[Candidate, Scenario]] = set()
        for number, one in enumerate(measurements):
            if (one.candidate, one.scenario) in seen:
                raise ValueError(f"Measurement {number} is of a network that is there already.")
            seen.add((one.candidate, one.scenario))
        return measurements


def _check_names(names: Sequence[str], config: Config | None) -> None:
    """Raises ValueError unless these are the layers of the network, in order."""
    if config is None:
        raise ValueError("Only a MobileNet has times of its layers.")
    known = [layer.name for layer in cost(MobileNetConfig(**config.model_dump())).layers]
    if len(names) != len(known):
        raise ValueError(f"There are times of {len(names)} layers; the network has {len(known)}.")
    for number, (name, wanted) in enumerate(zip(names, known, strict=True)):
        if name != wanted:
            raise ValueError(f"Layer {number} must be {wanted!r}.")
