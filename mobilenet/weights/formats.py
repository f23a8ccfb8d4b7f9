"""Whose format a file of weights has, told by its first bytes and its names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mobilenet.config import MobileNetConfig
from mobilenet.convention import PYTORCH, TENSORFLOW, Convention
from mobilenet.weights import hugging_face, keras, own, preprocessing, safe, slim, timm
from mobilenet.weights.containers import MAX_FILE_BYTES, Container
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import Table
from mobilenet.weights.preprocessing import Preprocessing

HDF5 = b"\x89HDF\r\n\x1a\n"
PICKLES = (b"PK\x03\x04", b"\x80")  # PyTorch's and Keras's archives, and bare pickles


@dataclass(frozen=True)
class Format:
    """How somebody else keeps a MobileNet.

    background: their networks may have one class more, the first, for "none of these".
    """

    title: str
    convention: Convention
    preprocessing: Preprocessing
    names: Callable[[MobileNetConfig], Table]
    opened: Callable[[Path], AbstractContextManager[Container]]
    background: bool = False


KERAS = Format("Keras", TENSORFLOW, preprocessing.SLIM, keras.names, keras.opened)
SLIM = Format("TF-slim", TENSORFLOW, preprocessing.SLIM, slim.names, slim.opened, background=True)
HUGGING_FACE = Format(
    "Hugging Face transformers",
    TENSORFLOW,
    preprocessing.HUGGING_FACE,
    hugging_face.names,
    safe.opened,
    background=True,
)
TIMM = Format("timm", PYTORCH, preprocessing.TIMM, timm.names, safe.opened)


def format_of(path: Path) -> Format | None:
    """Whose format a file has, by its first bytes or its names; None for our own."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    if size > MAX_FILE_BYTES:
        raise WeightsError(
            f"{path.name} has {size} bytes; no MobileNet needs more than {MAX_FILE_BYTES}."
        )
    if start.startswith(HDF5):
        return KERAS
    if path.name.endswith(slim.INDEX) or start.startswith(slim.GZIP):
        return SLIM
    # A safetensors file begins with the length of its header, of which any byte is possible.
    if start.startswith(PICKLES) and start[8:] != b"{":
        raise WeightsError(
            f"{path.name} is a pickle or an archive of one, which can run code when it is read, so "
            "it is not. Save the weights as safetensors or as Keras's .h5."
        )
    with safe.opened(path) as file:
        if own.KEY in file.metadata:
            return None
        for mark, form in ((hugging_face.MARK, HUGGING_FACE), (timm.MARK, TIMM)):
            if mark in file.shapes:
                return form
    raise WeightsError(
        f"{path.name} is a safetensors file, but not of a MobileNet v1 by Hugging Face, timm or "
        "this program."
    )
