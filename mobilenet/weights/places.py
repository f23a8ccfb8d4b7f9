"""Where a MobileNet keeps its weights, and what others call the same tensors. No torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from mobilenet.config import MobileNetConfig
from mobilenet.weights.error import WeightsError

Kind = Literal["stem", "depthwise", "pointwise"]
Shape = tuple[int, ...]

HWIO_TO_OIHW = (3, 2, 0, 1)  # TensorFlow's kernels: height, width, inputs, outputs
HWIM_TO_IMHW = (2, 3, 0, 1)  # its depthwise ones: height, width, inputs, outputs for each input


class Place(NamedTuple):
    """A convolution with its batch norm.

    number: of its block in Table 1 of the paper, from 1 on; 0 for the stem.
    path: what its names begin with in the state dict of `MobileNet`.
    """

    kind: Kind
    number: int
    path: str


class Theirs(NamedTuple):
    """One tensor as a file has it. axes: their dimensions in our order; None where it is ours."""

    name: str
    axes: Shape | None = None


Table = Mapping[str, Theirs]  # from our name of a tensor


class Names(NamedTuple):
    """What a batch norm's four tensors are called."""

    scale: str
    shift: str
    mean: str
    variance: str


TENSORFLOW_NAMES = Names("gamma", "beta", "moving_mean", "moving_variance")
PYTORCH_NAMES = Names("weight", "bias", "running_mean", "running_var")


def places(config: MobileNetConfig) -> tuple[Place, ...]:
    """The convolutions of a separable network in the paper's order.

    Raises WeightsError for another: nobody else has it, so no file can be read into it.
    """
    if (config.block, config.depth) != ("separable", "paper"):
        raise WeightsError(
            f"{config.label} is a design study of the paper that nobody released. "
            "Only networks of separable blocks at full depth have counterparts elsewhere."
        )
    found = [Place("stem", 0, "stem")]
    for index, block in enumerate(config.blocks):
        found.append(Place("depthwise", block.number, f"blocks.{index}.0"))
        found.append(Place("pointwise", block.number, f"blocks.{index}.1"))
    return tuple(found)


def table(
    config: MobileNetConfig,
    *,
    kernel: Callable[[Place], Theirs],
    norm: Callable[[Place], str],
    names: Names,
    classifier: tuple[Theirs, str],
) -> Table:
    """Our name of every tensor of the network, and theirs.

    kernel: of a convolution. norm: what the names of its batch norm begin with.
    classifier: the weights and the bias of the last layer.
    """
    found: dict[str, Theirs] = {}
    for place in places(config):
        found[f"{place.path}.0.weight"] = kernel(place)
        for ours, theirs in zip(PYTORCH_NAMES, names, strict=True):
            found[f"{place.path}.1.{ours}"] = Theirs(norm(place) + theirs)
    found["classifier.weight"], bias = classifier
    found["classifier.bias"] = Theirs(bias)
    return found


def their_shape(ours: Shape, axes: Shape | None) -> Shape:
    """What shape a tensor of ours has in their file."""
    if axes is None:
        return ours
    wide = ours + (1,) * (len(axes) - len(ours))  # a linear layer is a 1x1 convolution there
    return tuple(wide[axes.index(dimension)] for dimension in range(len(axes)))
