"""Safetensors files: named arrays and a few words about them, and no code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from mobilenet.weights.containers import MAX_ARRAYS, Array
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import Shape

_FLOATS = {"F16", "BF16", "F32", "F64"}


class SafeFile:
    """metadata: the words."""

    def __init__(self, file: Any) -> None:  # safetensors publishes types for a part only
        self._file = file
        names = list(file.keys())
        if len(names) > MAX_ARRAYS:
            raise WeightsError(f"The file has {len(names)} arrays; a MobileNet has 137.")
        self._slices = {name: file.get_slice(name) for name in names}
        self.shapes: Mapping[str, Shape] = {
            name: tuple(found.get_shape()) for name, found in self._slices.items()
        }
        self.metadata: Mapping[str, str] = file.metadata() or {}

    def array(self, name: str) -> Array:
        kind = self._slices[name].get_dtype()
        if kind not in _FLOATS:
            raise WeightsError(f"{name} is of type {kind}, not of floating-point numbers.")
        # PyTorch knows bfloat16, which NumPy does not.
        found: Array = self._file.get_tensor(name).float().numpy()
        return found


@contextmanager
def opened(path: Path) -> Iterator[SafeFile]:
    """Raises WeightsError for a file that is none, or not whole."""
    try:
        file = safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path.name} is no whole safetensors file ({error}).") from error
    with file:
        yield SafeFile(file)


def content(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """A whole file. metadata: PyTorch's programs ask that it names their format."""
    found: bytes = save(dict(arrays), {"format": "pt", **(metadata or {})})
    return found
