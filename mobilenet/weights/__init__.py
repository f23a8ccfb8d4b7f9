"""Released weights of MobileNets, in and out: Keras, TF-slim, Hugging Face, timm and our own files.

`import mobilenet.weights` loads no torch: what was released, and where, is known without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mobilenet.weights.error import WeightsError

if TYPE_CHECKING:
    from mobilenet.weights.files import read, write
    from mobilenet.weights.value import Weights, of_network

__all__ = ["Weights", "WeightsError", "of_network", "read", "write"]


def __getattr__(name: str) -> Any:
    if name in ("read", "write"):
        from mobilenet.weights import files

        return getattr(files, name)
    if name in ("Weights", "of_network"):
        from mobilenet.weights import value

        return getattr(value, name)
    raise AttributeError(f"module 'mobilenet.weights' has no attribute {name!r}")
