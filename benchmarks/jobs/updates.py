"""What a run tells whoever listens, while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.jobs.machine_queue import Place
from benchmarks.messages import Progress
from benchmarks.results import Failure, Measurement


@dataclass(frozen=True)
class Waiting:
    """Somebody else measures; `place.ahead` of them."""

    place: Place


Update = Waiting | Progress | Measurement | Failure
Listener = Callable[[Update], None]
