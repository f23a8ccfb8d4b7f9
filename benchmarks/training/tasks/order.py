"""Which task is to be trained, and how, as a value that travels to a worker. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.training.order import WEIGHTS, Guess
from mobilenet.config import MobileNetConfig
from mobilenet.tasks.names import GENERATED, LEAST_SCORE, TaskName
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Quality, TaskEpoch


@dataclass(frozen=True)
class TaskOrder:
    """Train a network for this task.

    width_multiplier, resolution: of MobileNet; its outputs, or the detector on it, are the data's.
    data: "generated", or the path of what `mobilenet.tasks.names.WANTED` says.
    folder: where checkpoint and weights go; a checkpoint that is there is gone on from.
    start: a file of weights to fine-tune; None trains from scratch. Not of a detector.
    teacher: a file of weights whose outputs are emulated instead of learning from labels; None
        learns from labels. Of attributes and embeddings alone.
    """

    task: TaskName
    width_multiplier: float
    resolution: int
    data: str = GENERATED
    folder: str = ""
    recipe: Recipe = field(default_factory=Recipe)
    start: str | None = None
    teacher: str | None = None

    @property
    def label(self) -> str:
        """ "0.25-64". Raises ConfigError."""
        return MobileNetConfig(self.width_multiplier, self.resolution).label

    @property
    def weights(self) -> Path:
        """Where the trained weights are in the end."""
        return Path(self.folder) / WEIGHTS


@dataclass(frozen=True)
class Untrained:
    """What a network is before its first step. data: name of the images, for people.

    train, test: how many images. quality: of the network as it begins.
    """

    data: str
    train: int
    test: int
    quality: tuple[Quality, ...]


@dataclass(frozen=True)
class TaskOutcome:
    """What came of an order.

    epochs: all that were trained, before a stop too. failure: why it went no further.
    alike: of an embedding, the cosine above which two pictures are taken for one face.
    """

    order: TaskOrder
    untrained: Untrained | None = None
    epochs: tuple[TaskEpoch, ...] = ()
    alike: float | None = None
    cancelled: bool = False
    failure: str | None = None

    @property
    def is_done(self) -> bool:
        return len(self.epochs) == self.order.recipe.epochs and self.failure is None

    @property
    def quality(self) -> tuple[Quality, ...]:
        """Of the last epoch: the best one would be chosen by the images that test it."""
        return self.epochs[-1].quality if self.epochs else ()

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.epochs)


@dataclass(frozen=True)
class TaskQuestion:
    """What does this trained network say of these pictures?

    order: of its training, whose weights it has. pictures: files; two for an embedding; none asks
    about one of the pictures that tested it. names: what people call the files.
    example: which of those, from 0 on; more than there are begin anew.
    least_score: boxes of a detector that is less sure of them, 0 to 1, are left out.
    """

    order: TaskOrder
    pictures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    example: int = 0
    least_score: float = LEAST_SCORE


@dataclass(frozen=True)
class TaskAnswer:
    """What a network says of pictures.

    guesses: names and how sure it is, from 0 to 1, the surest first; of a detector its boxes.
    views: what it was shown, PNGs in base64; of a detector with the boxes drawn.
    alike: of two faces, the cosine of their embeddings. least_score: of a detector, as asked.
    truth: what the data say, in words; empty for somebody's own picture.
    """

    guesses: tuple[Guess, ...] = ()
    views: tuple[str, ...] = ()
    alike: float | None = None
    least_score: float | None = None
    truth: str = ""
