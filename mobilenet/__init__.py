"""MobileNets (arXiv:1704.04861) as values: what they are, what they cost, how accurate they are.

`import mobilenet` loads no torch; MobileNet and initialise load it when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mobilenet.config import ConfigError, MobileNetConfig, paper_grid
from mobilenet.cost import Cost, LayerCost, cost

if TYPE_CHECKING:
    from mobilenet.initialisation import initialise
    from mobilenet.model import MobileNet

__all__ = [
    "ConfigError",
    "Cost",
    "LayerCost",
    "MobileNet",
    "MobileNetConfig",
    "cost",
    "initialise",
    "paper_grid",
]


def __getattr__(name: str) -> Any:
    if name == "MobileNet":
        from mobilenet.model import MobileNet

        return MobileNet
    if name == "initialise":
        from mobilenet.initialisation import initialise

        return initialise
    raise AttributeError(f"module 'mobilenet' has no attribute {name!r}")
