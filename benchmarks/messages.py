"""What supervisor and worker say to each other: one JSON object a line, validated on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from benchmarks.candidates import Candidate
from benchmarks.layer_times import Ceiling, LayerTimes
from benchmarks.prepared import Form
from benchmarks.results import Block, Failure, Measurement, Quality
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Plan
from benchmarks.training.order import Answered, Examination, Order, Question, Recognised
from benchmarks.training.tasks.order import TaskAnswer, TaskOrder, TaskOutcome, TaskQuestion
from benchmarks.usage import Energy, Memory
from mobilenet.config import MobileNetConfig
from mobilenet.tasks.score import Epoch


@dataclass(frozen=True)
class Task:
    """One network to time.

    folder: where it was prepared, if the engine loads files.
    copy: 1 for a second, separately built copy of a network that is timed as well.
    python: the interpreter of another environment that times it; None: this program's own.
    """

    candidate: Candidate
    scenario: Scenario
    folder: str | None = None
    prepare_s: float | None = None
    copy: int = 0
    python: str | None = None

    def measured(
        self, loaded: Loaded, blocks: Sequence[Block], *, run_id: str, quality: Quality
    ) -> Measurement:
        """What `blocks` make. Before the first, the later half of the warm-up has to do."""
        warmup_ns = loaded.warmup_ns
        first_look = Block(0, warmup_ns[0], warmup_ns[len(warmup_ns) // 2 :])
        return Measurement(
            candidate=self.candidate,
            scenario=self.scenario,
            quality=quality if blocks else "preview",
            run_id=run_id,
            measured_utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
            warmup_ns=warmup_ns,
            blocks=tuple(blocks) or (first_look,),
            load_s=loaded.load_s,
            prepare_s=self.prepare_s,
            output_error=loaded.output_error,
        )


@dataclass(frozen=True)
class Measure:
    """Time these networks, interleaved. All share one scenario."""

    run_id: str
    tasks: tuple[Task, ...]
    plan: Plan
    quality: Quality
    kind: Literal["measure"] = "measure"


@dataclass(frozen=True)
class Load:
    """Load and warm these networks, and keep them for the turns that follow."""

    run_id: str
    tasks: tuple[Task, ...]
    plan: Plan
    kind: Literal["load"] = "load"


@dataclass(frozen=True)
class Turns:
    """Time some of the loaded networks, one after the other: a block each, all of one round.

    turns: place in `Load.tasks`, and inferences. Answered by `Turned` alone, without `Done`.
    """

    run_id: str
    round: int
    turns: tuple[tuple[int, int], ...]
    kind: Literal["turns"] = "turns"


@dataclass(frozen=True)
class Weigh:
    """Find out what one network takes, in a worker that has done nothing else.

    smallest: a network to run first, which shows what the runtime takes anyway.
    """

    run_id: str
    task: Task
    smallest: Task
    kind: Literal["weigh"] = "weigh"


@dataclass(frozen=True)
class Dissect:
    """Time one MobileNet layer by layer. Answered by `Dissected` or `Failed`."""

    run_id: str
    task: Task
    kind: Literal["dissect"] = "dissect"


@dataclass(frozen=True)
class Gauge:
    """Find out what this machine does at best. Answered by `Gauged`; only PyTorch's workers can."""

    run_id: str
    threads: int
    kind: Literal["gauge"] = "gauge"


@dataclass(frozen=True)
class Prepare:
    """Write one network in this form into `folder`; only a worker with PyTorch can."""

    run_id: str
    form: Form
    folder: str
    kind: Literal["prepare"] = "prepare"


@dataclass(frozen=True)
class Train:
    """Train one network. Answered by `Trained` for each epoch, or `NotTrained`."""

    run_id: str
    order: Order
    kind: Literal["train"] = "train"


@dataclass(frozen=True)
class Examine:
    """Score weights on images. Answered by `Scored` or `NotTrained`."""

    run_id: str
    examination: Examination
    kind: Literal["examine"] = "examine"


@dataclass(frozen=True)
class Recognise:
    """Say what is on a photograph. Answered by `Seen` for each network, or `NotTrained`."""

    run_id: str
    question: Question
    kind: Literal["recognise"] = "recognise"


@dataclass(frozen=True)
class Teach:
    """Train a network for a task. Answered by `Taught` after each epoch, or `NotTrained`."""

    run_id: str
    order: TaskOrder
    kind: Literal["teach"] = "teach"


@dataclass(frozen=True)
class Ask:
    """What does a trained network say of pictures? Answered by `Told` or `NotTrained`."""

    run_id: str
    question: TaskQuestion
    kind: Literal["ask"] = "ask"


@dataclass(frozen=True)
class Receive:
    """Somebody's own network, for the tasks that follow. So many raw bytes come after the line.

    key: the candidate's. import_paths: where the class of its module may be found.
    """

    key: str
    size_bytes: int
    import_paths: tuple[str, ...]
    kind: Literal["receive"] = "receive"


@dataclass(frozen=True)
class Cancel:
    """Stop the command with this run's id between two inferences."""

    run_id: str
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True)
class Ready:
    """The worker has imported its runtime. devices: where that runs, "cpu" first."""

    devices: tuple[str, ...]
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True)
class Progress:
    """fraction: of this command, 0 to 1. remaining_s: None until it can be told."""

    phase: str
    fraction: float
    remaining_s: float | None = None
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True)
class Result:
    """A measurement, or a first part of one that a later message replaces."""

    measurement: Measurement
    kind: Literal["result"] = "result"


@dataclass(frozen=True)
class Failed:
    failure: Failure
    kind: Literal["failed"] = "failed"


@dataclass(frozen=True)
class Loaded:
    """One network is warm; `task` is its place. output_error: as in `Measurement`."""

    task: int
    warmup_ns: tuple[int, ...]
    load_s: float
    output_error: float | None
    kind: Literal["loaded"] = "loaded"


@dataclass(frozen=True)
class Turned:
    """blocks, and for what failed the reason, by the network's place in `Load.tasks`."""

    blocks: tuple[tuple[int, Block], ...]
    failed: tuple[tuple[int, str], ...] = ()
    kind: Literal["turned"] = "turned"


@dataclass(frozen=True)
class Weighed:
    """Answers `Weigh`, unless `Failed` does."""

    memory: Memory
    energy: Energy | None
    kind: Literal["weighed"] = "weighed"


@dataclass(frozen=True)
class Dissected:
    layer_times: LayerTimes
    kind: Literal["dissected"] = "dissected"


@dataclass(frozen=True)
class Gauged:
    ceiling: Ceiling
    kind: Literal["gauged"] = "gauged"


@dataclass(frozen=True)
class Prepared:
    seconds: float
    kind: Literal["prepared"] = "prepared"


@dataclass(frozen=True)
class NotPrepared:
    reason: str
    kind: Literal["not_prepared"] = "not_prepared"


@dataclass(frozen=True)
class Trained:
    epoch: Epoch
    kind: Literal["trained"] = "trained"


@dataclass(frozen=True)
class Scored:
    """config: of the network whose weights these are. origin: where they come from, in words.

    images: how many tested it. answered: in the order of the ways that were asked for.
    """

    answered: tuple[Answered, ...]
    images: int
    config: MobileNetConfig
    origin: str
    kind: Literal["scored"] = "scored"


@dataclass(frozen=True)
class Seen:
    recognised: Recognised
    kind: Literal["seen"] = "seen"


@dataclass(frozen=True)
class Taught:
    """outcome: so far; a later one replaces it."""

    outcome: TaskOutcome
    kind: Literal["taught"] = "taught"


@dataclass(frozen=True)
class Told:
    answer: TaskAnswer
    kind: Literal["told"] = "told"


@dataclass(frozen=True)
class NotTrained:
    """Nor scored, nor recognised."""

    reason: str
    kind: Literal["not_trained"] = "not_trained"


@dataclass(frozen=True)
class Done:
    cancelled: bool = False
    kind: Literal["done"] = "done"


Command = (
    Measure
    | Load
    | Turns
    | Weigh
    | Dissect
    | Gauge
    | Prepare
    | Train
    | Examine
    | Recognise
    | Teach
    | Ask
    | Receive
    | Cancel
)
Event = (
    Ready
    | Progress
    | Result
    | Failed
    | Loaded
    | Turned
    | Weighed
    | Dissected
    | Gauged
    | Prepared
    | NotPrepared
    | Trained
    | Scored
    | Seen
    | Taught
    | Told
    | NotTrained
    | Done
)
COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
