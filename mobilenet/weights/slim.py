"""TF-slim's checkpoints, `mobilenet_v1_<width>_<resolution>.tgz`: read, without TensorFlow.

Source of the names: tensorflow/models, research/slim/nets/mobilenet_v1.py. TensorFlow's checkpoints
are read by `tensor_bundle`; writing them is left to TensorFlow.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobilenet.config import MobileNetConfig
from mobilenet.weights.containers import MAX_FILE_BYTES, Container
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import (
    HWIM_TO_IMHW,
    HWIO_TO_OIHW,
    TENSORFLOW_NAMES,
    Place,
    Table,
    Theirs,
    table,
)
from mobilenet.weights.tensor_bundle import TensorBundle

INDEX, DATA = ".index", ".data-00000-of-00001"
GZIP = b"\x1f\x8b"
_LOGITS = "MobilenetV1/Logits/Conv2d_1c_1x1"


def names(config: MobileNetConfig) -> Table:
    return table(
        config,
        kernel=_kernel,
        norm=lambda place: f"{_scope(place)}/BatchNorm/",
        names=TENSORFLOW_NAMES,
        classifier=(Theirs(f"{_LOGITS}/weights", HWIO_TO_OIHW), f"{_LOGITS}/biases"),
    )


def _kernel(place: Place) -> Theirs:
    if place.kind == "depthwise":
        return Theirs(f"{_scope(place)}/depthwise_weights", HWIM_TO_IMHW)
    return Theirs(f"{_scope(place)}/weights", HWIO_TO_OIHW)


def _scope(place: Place) -> str:
    suffix = "" if place.kind == "stem" else f"_{place.kind}"
    return f"MobilenetV1/Conv2d_{place.number}{suffix}"


@contextmanager
def opened(path: Path) -> Iterator[Container]:
    """A checkpoint: its archive (.tgz), or its `.index` with the `.data-00000-of-00001` beside it.

    Raises WeightsError where one of the two is missing or damaged.
    """
    if path.name.endswith(INDEX):
        data = path.with_name(path.name.removesuffix(INDEX) + DATA)
        if not data.is_file():
            raise WeightsError(f"{path.name} needs {data.name} beside it, which is not there.")
        try:
            index, content = path.read_bytes(), data.read_bytes()
        except OSError as error:
            raise WeightsError(f"{data.name} cannot be read: {error.strerror}.") from error
        yield TensorBundle(index, content)
    else:
        yield TensorBundle(*_archived(path))


def _archived(path: Path) -> tuple[bytes, bytes]:
    """Index and data out of an archive; nothing of it is written to the disk."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            found: dict[str, bytes] = {}
            for member in archive:
                ending = next((one for one in (INDEX, DATA) if member.name.endswith(one)), None)
                if ending is None or not member.isfile():
                    continue
                if member.size > MAX_FILE_BYTES:
                    raise WeightsError(f"{path.name} holds a file of {member.size} bytes.")
                content = archive.extractfile(member)
                assert content is not None  # it is a file
                found[ending] = content.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise WeightsError(f"{path.name} is no whole archive: damaged or cut off.") from error
    if set(found) != {INDEX, DATA}:
        raise WeightsError(f"{path.name} holds no checkpoint (a file {INDEX} and one {DATA}).")
    return found[INDEX], found[DATA]
