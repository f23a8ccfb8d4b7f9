"""Trains, in a worker; imports torch through what it calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.fetched import data_folder
from benchmarks.messages import Event, NotTrained, Progress, Trained
from benchmarks.timing.protocol import Check
from benchmarks.training.order import CONVENTIONS, Order
from benchmarks.training.record import Record, keep
from mobilenet.config import ConfigError, MobileNetConfig
from mobilenet.files import UNFINISHED, FileError
from mobilenet.tasks.checkpoint import TrainingError
from mobilenet.tasks.data import Data, DataError, Split, load
from mobilenet.tasks.recipe import RecipeError
from mobilenet.tasks.score import Epoch
from mobilenet.tasks.training import Job, train, weights_of
from mobilenet.weights import WeightsError
from mobilenet.weights.files import is_own, read, write
from mobilenet.weights.preprocessing import SLIM, TIMM

REPORT_EVERY_S = 0.4
REFUSALS = (ConfigError, RecipeError, DataError, FileError, TrainingError, WeightsError, OSError)
Emit = Callable[[Event], None]


def carry_out(order: Order, emit: Emit, check: Check) -> None:
    """Train, tell each epoch, and write the weights. What cannot be done is told as one event."""
    try:
        job = _job(order)
        folder = Path(order.folder)
        made(folder)
        batches = batches_of(job.data, "train", order.recipe.batch)
        pulse = Pulse(emit, check, batches, order.recipe.epochs)
        epochs: tuple[Epoch, ...] = ()
        for epoch, network in train(job, folder, pulse):
            epochs = (*epochs, epoch)
            if epoch.number == order.recipe.epochs:
                write(weights_of(network, job), order.weights)
            keep(Record(order, len(job.data.classes), epochs))
            emit(Trained(epoch))
            pulse.epoch(epoch.number)
    except REFUSALS as error:
        emit(NotTrained(str(error)))


class Pulse:
    """Called between batches: looks at the stop sign, and now and then says how far it is."""

    def __init__(self, emit: Emit, check: Check, batches: int, epochs: int | None = None) -> None:
        self._emit, self._check, self._batches = emit, check, batches
        self._done, self._epoch, self._epochs = 0, 1, epochs
        self._told = time.monotonic()

    def epoch(self, done: int) -> None:
        """So many epochs are trained."""
        self._done, self._epoch = 0, done + 1

    def __call__(self) -> None:
        self._check()
        self._done += 1
        now = time.monotonic()
        if now - self._told >= REPORT_EVERY_S:
            self._told = now
            within = min(self._done / self._batches, 1)
            phase = f"Epoch {self._epoch} of {self._epochs}" if self._epochs else "Looking"
            self._emit(Progress(phase, (self._epoch - 1 + within) / (self._epochs or 1)))


def made(folder: Path) -> None:
    """The folder, without what a training left there that was killed while it wrote."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for rest in folder.glob(f"{UNFINISHED}*"):
            if rest.is_file():
                rest.unlink()
    except OSError as error:
        raise FileError(f"{folder} cannot be made: {error.strerror}. Choose another.") from error


def batches_of(data: Data, split: Split, batch: int) -> int:
    return max(-(-data.count(split) // batch), 1)


def _job(order: Order) -> Job:
    data = load(order.data, public=data_folder())
    config = MobileNetConfig(order.width_multiplier, order.resolution, len(data.classes))
    start = None
    if order.start is not None:
        start = read(order.start, None if is_own(order.start) else order.config)
    convention = start.convention if start else CONVENTIONS[order.convention]
    plain = SLIM if convention.same_padding else TIMM
    return Job(
        config=config,
        recipe=order.recipe,
        data=data,
        convention=convention,
        preprocessing=start.preprocessing if start else plain,
        start=start,
    )
