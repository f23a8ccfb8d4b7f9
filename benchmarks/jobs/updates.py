"""What a run tells whoever listens, while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.jobs.machine_queue import Place
from benchmarks.messages import Progress
from benchmarks.results import Failure, Measurement
from mobilenet.tasks.score import Epoch, TaskEpoch


@dataclass(frozen=True)
class Waiting:
    """Somebody else measures; `place.ahead` of them."""

    place: Place


@dataclass(frozen=True)
class Learned:
    """A network, by its label, has been trained for one more epoch."""

    network: str
    epoch: Epoch | TaskEpoch


Update = Learned | Waiting | Progress | Measurement | Failure
Listener = Callable[[Update], None]
