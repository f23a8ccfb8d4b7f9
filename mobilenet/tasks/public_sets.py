"""Which public sets of images can be trained on, what they are, and under which terms. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SetName = Literal["cifar10", "oxford-iiit-pet", "imagenette"]


@dataclass(frozen=True)
class PublicSet:
    """name: what it is called here. download_bytes: about what has to be fetched.

    terms: as its makers state them.
    """

    name: SetName
    title: str
    download_bytes: int
    terms: str
    url: str


PUBLIC_SETS: dict[str, PublicSet] = {
    one.name: one
    for one in (
        PublicSet(
            "cifar10",
            "CIFAR-10",
            170_000_000,
            "no licence is stated; cite Krizhevsky 2009",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
        ),
        PublicSet(
            "oxford-iiit-pet",
            "Oxford-IIIT Pet",
            811_000_000,
            "CC BY-SA 4.0",
            "https://www.robots.ox.ac.uk/~vgg/data/pets/",
        ),
        PublicSet(
            "imagenette",
            "Imagenette, 160 px",
            99_000_000,
            "Apache 2.0; the images are ImageNet's, for research",
            "https://github.com/fastai/imagenette",
        ),
    )
}
