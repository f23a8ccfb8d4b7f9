"""Scores weights through every engine and precision, in a worker: the same images for all.

Here engines share a process with PyTorch, which they never do when they are timed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from benchmarks import own
from benchmarks.candidates import Candidate, CandidateError
from benchmarks.engines import load_engine
from benchmarks.engines.session import EngineError, Session
from benchmarks.exports import prepare
from benchmarks.fetched import data_folder
from benchmarks.inputs import Images
from benchmarks.messages import NotTrained, Progress, Scored
from benchmarks.prepared import form_for
from benchmarks.received import Payload, keep
from benchmarks.scenarios import Scenario
from benchmarks.timing.protocol import Check
from benchmarks.training.order import Answered, Examination
from benchmarks.training.scores import keep_scores
from benchmarks.training.work import REFUSALS, Emit, Pulse, batches_of
from mobilenet.tasks.data import Data, DataError, load
from mobilenet.tasks.evaluation import ranked, score_of
from mobilenet.tasks.score import Change
from mobilenet.weights.files import read
from mobilenet.weights.value import Weights

CALIBRATION_IMAGES = 256
NAMED_CLASSES = 5


def examine(examination: Examination, emit: Emit, check: Check) -> None:
    """Score the weights on the test images of their data, in each way. What cannot be done is told
    as one event; a way that does not run here, within its answer."""
    try:
        scored = _examined(examination, emit, check)
        keep_scores(examination, scored)
        emit(scored)
    except (*REFUSALS, CandidateError, EngineError) as error:
        emit(NotTrained(str(error)))


def _examined(examination: Examination, emit: Emit, check: Check) -> Scored:
    data = load(examination.data, whole=examination.whole, public=data_folder())
    found = read(examination.weights, examination.config)
    if found.config.num_classes != len(data.classes):
        raise DataError(
            f"{data.name} has {len(data.classes)} classes, but these weights know "
            f"{found.config.num_classes}."
        )
    if found.classes is not None and found.classes != data.classes:
        raise DataError(
            f"{data.name} has other classes than these weights were trained on, which are "
            f"{', '.join(found.classes[:NAMED_CLASSES])}, … Name a folder that has those."
        )
    batch = examination.ways[0].batch
    reference = Scenario(threads=examination.ways[0].threads, batch=batch)
    with TemporaryDirectory() as aside:
        candidate = _candidate(found)
        sides = {reference: _Side(reference)}
        for way in examination.ways:
            check()
            sides.setdefault(way, _Side(way))
        for number, side in enumerate(sides.values()):
            check()
            emit(Progress(f"Preparing {side.way.engine}", 0.5 * number / len(sides)))
            side.load(candidate, Path(aside) / str(number), data, found)
        pulse = Pulse(emit, check, batches_of(data, "test", batch))
        labels = _ask(sides.values(), data, found, batch, pulse)
    wanted = sides[reference]
    if wanted.reason is not None:
        raise EngineError(wanted.reason)
    return Scored(
        answered=tuple(sides[way].against(wanted, labels) for way in examination.ways),
        images=len(labels),
        config=found.config,
        origin=found.origin,
    )


def _candidate(found: Weights) -> Candidate:
    """The network as a module of somebody's own: engines take those with the weights they have."""
    shape = (3, found.config.resolution, found.config.resolution)
    described, pickled = own.describe(found.network(), "network", shape)
    candidate = Candidate(own=described)
    keep(candidate.key, Payload(pickled, ()))
    return candidate


@dataclass
class _Side:
    """One way of computing. ranks: its answers so far, as `ranked` gives them."""

    way: Scenario
    session: Session | None = None
    reason: str | None = None
    ranks: list[Tensor] = field(default_factory=list)

    def load(self, candidate: Candidate, folder: Path, data: Data, found: Weights) -> None:
        try:
            form = form_for(candidate, self.way)
            if form is not None:
                prepare(form, folder, _calibration(data, found, self.way.batch))
            engine = load_engine(self.way.engine)
            self.session = engine.load(candidate, self.way, folder if form else None)
        except (EngineError, ImportError) as error:
            self.reason = str(error)

    def answer(self, images: Images, count: int) -> None:
        """The first `count` images count."""
        if self.session is None:
            return
        try:
            logits = self.session.answers(images)[:count]
        except EngineError as error:
            self.session, self.reason = None, str(error)
            return
        self.ranks.append(ranked(torch.from_numpy(logits)))

    def against(self, wanted: _Side, labels: Tensor) -> Answered:
        if self.reason is not None:
            return Answered(self.way, reason=self.reason)
        ranks = torch.cat(self.ranks)
        first, theirs = ranks[:, 0], torch.cat(wanted.ranks)[:, 0]
        right, before = first == labels, theirs == labels
        change = Change(
            same=int((first == theirs).sum()),
            lost=int((before & ~right).sum()),
            gained=int((right & ~before).sum()),
        )
        return Answered(self.way, score_of(ranks, labels), change)


def _ask(sides: Iterable[_Side], data: Data, found: Weights, batch: int, pulse: Pulse) -> Tensor:
    """Show every batch to every side; the labels of all images."""
    seen = []
    for images, labels in data.batches("test", found.config.resolution, batch, found.preprocessing):
        pulse()
        for side in sides:
            side.answer(_whole(images.numpy(), batch), len(labels))
        seen.append(labels)
    return torch.cat(seen)


def _whole(images: Images, batch: int) -> Images:
    """As many images as the engines were loaded for: the last batch is filled up with copies."""
    missing = batch - len(images)
    return np.concatenate([images, np.repeat(images[-1:], missing, axis=0)]) if missing else images


def _calibration(data: Data, found: Weights, batch: int) -> Iterator[Images]:
    """Training images of all classes, in an order of chance that is always the same."""
    torch.manual_seed(0)
    batches = data.batches("train", found.config.resolution, batch, found.preprocessing, "none")
    for number, (images, _) in enumerate(batches):
        if number * batch >= CALIBRATION_IMAGES:
            return
        yield _whole(images.numpy(), batch)
