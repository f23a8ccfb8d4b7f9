"""Which objects are in a picture, and where: SSD's training and measure (arXiv:1512.02325)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torchvision.transforms import v2

from mobilenet.tasks.bootstrap import bootstrapped
from mobilenet.tasks.data import DataError, Split, chunks, normalised
from mobilenet.tasks.detection.annotations import Annotated
from mobilenet.tasks.detection.boxes import Boxes
from mobilenet.tasks.detection.detector import CORNERS
from mobilenet.tasks.detection.precision import EVERY, HALF, Found
from mobilenet.tasks.detection.ssd import SingleShot
from mobilenet.tasks.pictures import shown
from mobilenet.tasks.recipe import Augmentation
from mobilenet.tasks.score import Quality
from mobilenet.weights.preprocessing import Preprocessing

MEASURES = {
    "mean average precision, IoU 0.50 to 0.95": EVERY,
    "mean average precision, IoU 0.50": HALF,
}


@dataclass(frozen=True)
class Detection:
    """Pictures for one detector; targets are (N, most, 5): label, and corners in its pixels.

    The label is 0 where there are no more objects, and below 0 for a crowd, which trains nothing
    and is not counted as COCO has it. network: says how answers are made boxes and compared with
    objects; its weights do not matter. places: (places, 4) in pixels, which answers move.
    side: of the network's input in pixels.
    """

    annotated: Annotated
    network: SingleShot = field(repr=False)
    places: Tensor = field(repr=False)
    side: int

    @property
    def name(self) -> str:
        return self.annotated.name

    @property
    def fingerprint(self) -> str:
        return self.annotated.fingerprint

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the labels from 1 on."""
        return self.annotated.classes

    @property
    def outputs(self) -> int:
        """For each place: how to move it, the background, and the classes."""
        return CORNERS + 1 + len(self.classes)

    def count(self, split: Split) -> int:
        return len(self.annotated.splits[split])

    def batches(
        self,
        split: Split,
        resolution: int,
        batch: int,
        preprocessing: Preprocessing,
        augmentation: Augmentation | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Whole pictures, squashed into the square as SSD does; "standard" mirrors half of them.

        Nothing is ever cropped. Raises DataError for a file that is no image, and for another
        resolution than the network's.
        """
        if resolution != self.side:
            raise DataError(
                f"{resolution} px is not what this detector's boxes are laid out for. Ask for "
                f"{self.side} px, or build it for {resolution}."
            )
        numbers = torch.tensor(self.annotated.splits[split])
        order = torch.arange(len(numbers)) if augmentation is None else torch.randperm(len(numbers))
        targets = self._targets
        squashed = v2.Compose(
            [
                v2.Resize([resolution] * 2, v2.InterpolationMode(preprocessing.interpolation)),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
            ]
        )
        for chosen in chunks(numbers[order], batch, whole=augmentation is not None):
            images = torch.stack(
                [squashed(shown(self.annotated.pictures[one])) for one in chosen.tolist()]
            )
            wanted = targets[chosen]
            if augmentation == "standard":
                turned = torch.rand(len(chosen)) < 0.5
                images[turned] = images[turned].flip(3)
                wanted[turned] = mirrored(wanted[turned], resolution)
            yield normalised(images, preprocessing), wanted

    def loss(self, answers: Tensor, targets: Tensor) -> Tensor:
        """SSD's: where the boxes are and what is in them, for each place that an object fills."""
        return self.network.loss(
            answers, [self.places] * len(answers), [_objects(rows) for rows in targets]
        )

    def found(self, answers: Tensor) -> list[Boxes]:
        """Boxes in pixels of the network's input, for each image the surest first."""
        return self.network.boxes(answers, [self.places] * len(answers), self.side)

    def quality(self, answers: Tensor, targets: Tensor) -> tuple[Quality, ...]:
        """COCO's two: over overlaps from 0.50 to 0.95, then at 0.50; both over all sizes.

        Intervals are of other images. Chance: what is reached without looking, by the mean box of
        each class's training objects in every image.
        """
        blind = Found([self._blind] * len(targets), targets)
        found = Found(self.found(answers), targets)
        qualities = []
        for measure, overlaps in MEASURES.items():
            precision = partial(found.mean_precision, overlaps=overlaps)
            percent, bounds = bootstrapped(precision, len(targets))
            chance = blind.mean_precision(np.ones(len(targets)), overlaps)
            qualities.append(
                Quality(measure, percent, *bounds, chance=100 * chance, count=len(targets))
            )
        return tuple(qualities)

    @property
    def _targets(self) -> Tensor:
        """Of all pictures, (pictures, most, 5)."""
        scale = torch.tensor([1.0, *[float(self.side)] * CORNERS])
        return pad_sequence(list(self.annotated.objects), batch_first=True) * scale

    @property
    def _blind(self) -> Boxes:
        """The mean box of each class, in pixels."""
        rows = self.annotated.objects_of("train")
        labels = range(1, len(self.classes) + 1)
        boxes = torch.stack([rows[rows[:, 0] == label, 1:].mean(dim=0) for label in labels])
        return {
            "boxes": boxes * self.side,
            "labels": torch.tensor(labels),
            "scores": torch.ones(len(labels)),
        }


def for_detector(annotated: Annotated, network: SingleShot, side: int) -> Detection:
    """The task for a detector, as `ssd.build` gives it, on square images of this side in pixels.

    Raises DataError where the detector has other classes.
    """
    places, classes = network.laid_out(side)
    if classes != len(annotated.classes):
        raise DataError(
            f"{annotated.name} has {len(annotated.classes)} classes, the detector {classes}. "
            "Build it with as many."
        )
    return Detection(annotated, network, places, side)


def mirrored(targets: Tensor, side: int) -> Tensor:
    """(N, most, 5), left and right swapped; rows without an object stay 0."""
    label, left, top, right, bottom = targets.unbind(dim=2)
    there = label != 0
    return torch.stack([label, (side - right) * there, top, (side - left) * there, bottom], dim=2)


def _objects(rows: Tensor) -> Boxes:
    """Those that train: neither crowds nor nothing."""
    rows = rows[rows[:, 0] > 0]
    return {"boxes": rows[:, 1:], "labels": rows[:, 0].long()}
