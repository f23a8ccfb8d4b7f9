"""A network's weights as a value: named and laid out as `MobileNet` has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mobilenet.config import MobileNetConfig
from mobilenet.convention import Convention
from mobilenet.model import MobileNet
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import Shape
from mobilenet.weights.preprocessing import Preprocessing

COUNTER = "num_batches_tracked"  # of batch norm, in training only: not a weight


@dataclass(frozen=True)
class Weights:
    """Trained weights of one network, with what it needs to give the answers it was trained for.

    tensors: float32, by their names in the state dict of `MobileNet`, without batch counters.
    origin: where they come from, in words. classes: their names, where those are known.
    """

    config: MobileNetConfig
    convention: Convention
    preprocessing: Preprocessing
    tensors: Mapping[str, Tensor]
    origin: str
    classes: tuple[str, ...] | None = None

    def network(self) -> MobileNet:
        """A fresh network with these weights, in eval mode, on the CPU."""
        with torch.device("meta"):  # no time spent on weights that are replaced right below
            network = MobileNet(self.config, self.convention)
        network.to_empty(device="cpu")
        counters = {
            name: torch.zeros_like(value)
            for name, value in network.state_dict().items()
            if name.endswith(COUNTER)
        }
        network.load_state_dict({**self.tensors, **counters})
        return network.eval()


def of_network(
    network: MobileNet,
    preprocessing: Preprocessing,
    origin: str,
    *,
    classes: tuple[str, ...] | None = None,
) -> Weights:
    """The weights of a network as they are now, copied."""
    tensors = {
        name: value.detach().to("cpu", torch.float32, copy=True).contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith(COUNTER)
    }
    return Weights(network.config, network.convention, preprocessing, tensors, origin, classes)


def shapes(config: MobileNetConfig) -> dict[str, Shape]:
    """The shape of every tensor that a network's weights have."""
    with torch.device("meta"):
        state = MobileNet(config).state_dict()
    return {name: tuple(value.shape) for name, value in state.items() if not name.endswith(COUNTER)}


def check(tensors: Mapping[str, Tensor]) -> None:
    """Raises WeightsError for values that no trained network has: a damaged or a hostile file."""
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise WeightsError(f"{name} has values that are no numbers: the file is damaged.")
        if name.endswith("running_var") and (value < 0).any():
            raise WeightsError(f"{name} is a variance below zero: the file is damaged.")
