"""Training by emulating a larger network's outputs instead of labels (the paper, 4.5 and 4.7).

So images that nobody has labelled can train as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, normalize

from mobilenet.tasks.data import DataError, Split
from mobilenet.tasks.loop import digest
from mobilenet.tasks.pictures import Picture, fingerprint_of, found_below, numbered_batches
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality
from mobilenet.tasks.task import Images, Task
from mobilenet.weights.preprocessing import Preprocessing

Emulation = Callable[[Tensor, Tensor], Tensor]  # answers and the teacher's, (N, outputs): a loss


def of_attributes(answers: Tensor, teachers: Tensor) -> Tensor:
    """Cross entropy against the teacher's probabilities; both are logits."""
    return binary_cross_entropy_with_logits(answers, teachers.sigmoid())


def of_embeddings(answers: Tensor, teachers: Tensor) -> Tensor:
    """The squared difference of an image's two embeddings (Table 14), each of length 1."""
    difference = normalize(answers) - normalize(teachers)
    return difference.square().sum(dim=1).mean()


@dataclass(frozen=True)
class Distilled:
    """A task whose training targets are a teacher's outputs; what tests is the task's own.

    teacher: gives so many outputs as the task has, for images as the student sees them. It is put
    into eval mode, and learns nothing. emulation: such as `of_attributes`. images: train instead of
    the task's own, which they may hold too; another task will do, as its targets are not looked at.
    """

    task: Task
    teacher: nn.Module = field(repr=False)
    emulation: Emulation
    images: Images | None = None

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def fingerprint(self) -> str:
        of_teacher = digest(self.teacher.state_dict())
        parts = (self.task.fingerprint, of_teacher, self._training.fingerprint)
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    @property
    def outputs(self) -> int:
        return self.task.outputs

    def count(self, split: Split) -> int:
        return (self._training if split == "train" else self.task).count(split)

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Targets: the teacher's outputs, (N, outputs), for training; else the task's.

        Raises DataError for images that cannot be used, and a teacher of other outputs.
        """
        source = self._training if split == "train" else self.task
        found = source.batches(split, resolution, batch, preprocessing, augmentation)
        if split == "test":
            yield from found
            return
        for images, _ in found:
            yield images, self._taught(images)

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        return self.emulation(answers, targets)

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        return self.task.quality(answers, targets)

    @property
    def _training(self) -> Images:
        return self.task if self.images is None else self.images

    def _taught(self, images: Tensor) -> Tensor:
        self.teacher.eval()
        with torch.inference_mode():
            answers: Tensor = self.teacher(images)
        if answers.shape != (len(images), self.outputs):
            raise DataError(
                f"The teacher gives {tuple(answers.shape[1:])} outputs for an image, the task has "
                f"({self.outputs},). Give a teacher of this task."
            )
        return answers.clone()  # what inference mode made cannot be kept for gradients


@dataclass(frozen=True)
class Unlabelled:
    """All images of a folder, at any depth: to be shown to a teacher.

    Raises DataError for fewer than two.
    """

    folder: Path
    _pictures: tuple[Picture, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pictures = found_below(self.folder)
        if len(pictures) < 2:
            raise DataError(
                f"{self.folder} has {len(pictures) or 'no'} image{'s' * (not pictures)}. Name a "
                "folder with two or more; some hundreds teach a network something."
            )
        object.__setattr__(self, "_pictures", pictures)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self._pictures, self.folder)

    def count(self, split: Split) -> int:
        return len(self._pictures)

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Each image with its number, (N,), as nothing else is known of it."""
        numbers = range(len(self._pictures))
        return numbered_batches(
            self._pictures, numbers, resolution, batch, preprocessing, augmentation
        )
