"""What is to be trained or scored, as values that travel to a worker. No torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.scenarios import Scenario
from mobilenet.config import MobileNetConfig
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.tasks.recipe import Recipe
from mobilenet.tasks.score import Change, Epoch, Score

ConventionName = Literal["tensorflow", "pytorch"]
CONVENTIONS: dict[ConventionName, Convention] = {"tensorflow": TENSORFLOW, "pytorch": PYTORCH}
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Order:
    """Train this network.

    width_multiplier, resolution: of the network; its classes are the data's.
    data: "digits", or the path of a folder with a sub-folder per class.
    folder: where checkpoint and weights go; a checkpoint that is there is gone on from.
    convention: "tensorflow" gives weights that Keras and transformers can take, "pytorch" timm.
    start: a file of weights to fine-tune; None trains from scratch.
    """

    width_multiplier: float
    resolution: int
    data: str
    folder: str
    recipe: Recipe = field(default_factory=Recipe)
    convention: ConventionName = "tensorflow"
    start: str | None = None

    @property
    def config(self) -> MobileNetConfig:
        """With ImageNet's classes, until the data is known. Raises ConfigError."""
        return MobileNetConfig(self.width_multiplier, self.resolution)

    @property
    def label(self) -> str:
        return self.config.label

    @property
    def weights(self) -> Path:
        """Where the trained weights are in the end."""
        return Path(self.folder) / WEIGHTS


@dataclass(frozen=True)
class Examination:
    """Score these weights on these images, in each of these ways of computing.

    config: of the network they are for; None where the file says. ways: all with one batch.
    whole: on all images of a folder, not only on those that test.
    """

    weights: str
    data: str
    ways: tuple[Scenario, ...]
    config: MobileNetConfig | None = None
    whole: bool = False


class Named(NamedTuple):
    """A file of weights. config: of the network they are for; None where the file says.

    version: whatever tells it from another that lay in its place before.
    """

    weights: str
    config: MobileNetConfig | None = None
    version: str = ""


@dataclass(frozen=True)
class Question:
    """What is on this photograph? networks: who are asked. name: what people call the file."""

    photograph: str
    name: str
    networks: tuple[Named, ...]


class Guess(NamedTuple):
    """probability: how sure the network says it is (softmax), from 0 to 1."""

    name: str
    probability: float


@dataclass(frozen=True)
class Recognised:
    """What one network takes a photograph for.

    guesses: the likeliest first. view: what the network was shown, a PNG in base64.
    reason: why there is no answer.
    """

    network: Named
    guesses: tuple[Guess, ...] = ()
    view: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Answered:
    """One way's score, and what changed against PyTorch's own answers in float32.

    reason: why there is neither.
    """

    way: Scenario
    score: Score | None = None
    change: Change | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of an order.

    epochs: all that were trained, before a stop too. failure: why it went no further.
    """

    order: Order
    epochs: tuple[Epoch, ...]
    cancelled: bool = False
    failure: str | None = None

    @property
    def is_done(self) -> bool:
        return len(self.epochs) == self.order.recipe.epochs and self.failure is None

    @property
    def score(self) -> Score | None:
        """Of the last epoch: the best one would be chosen by the images that test it."""
        return self.epochs[-1].score if self.epochs else None

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.epochs)
