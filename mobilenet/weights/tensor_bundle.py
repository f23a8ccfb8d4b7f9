"""TensorFlow's V2 checkpoints, read without TensorFlow.

A checkpoint is an index and the data. The index is a LevelDB table (blocks of sorted keys, each key
sharing a beginning with the one before, and a footer that says where the blocks are); its values
are protocol buffers that say where in the data a tensor lies. Sources: tensorflow/core/util/
tensor_bundle, tensor_bundle.proto, and LevelDB's doc/table_format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import google_crc32c
import numpy as np

from mobilenet.weights.containers import MAX_ARRAYS, Array
from mobilenet.weights.error import WeightsError
from mobilenet.weights.places import Shape

MAGIC = 0xDB4775248B80FB57
FOOTER_BYTES = 48
TRAILER_BYTES = 5  # behind each block: how it is compressed, and its checksum
FLOAT = 1  # DT_FLOAT of types.proto
_MASK_DELTA = 0xA282EAD8  # LevelDB's, so that a checksum of checksums is not their own
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers


@dataclass(frozen=True)
class _Entry:
    """Where a tensor lies. checksum: masked CRC-32C of its bytes."""

    kind: int
    shape: Shape
    shard: int
    offset: int
    size: int
    checksum: int


class TensorBundle:
    """A checkpoint whose data is one file. Raises WeightsError where index or data are damaged."""

    def __init__(self, index: bytes, data: bytes) -> None:
        self._data = memoryview(data)
        try:
            self._entries = dict(_entries(index))
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise WeightsError("The checkpoint's index is damaged or cut off.") from error
        self.shapes: Mapping[str, Shape] = {
            name: entry.shape for name, entry in self._entries.items()
        }

    def array(self, name: str) -> Array:
        entry = self._entries[name]
        if entry.kind != FLOAT:
            raise WeightsError(f"{name} has TensorFlow's type {entry.kind}; 1 (float32) is read.")
        if entry.shard != 0 or entry.size != 4 * prod(entry.shape):
            raise WeightsError(f"{name} does not lie in the one data file as its shape says.")
        found = self._data[entry.offset : entry.offset + entry.size]
        if len(found) != entry.size or _masked(bytes(found)) != entry.checksum:
            raise WeightsError(f"{name} fails its checksum: the data file is damaged or cut off.")
        return np.frombuffer(found, dtype="<f4").reshape(entry.shape).astype(np.float32)


def _masked(found: bytes) -> int:
    checksum: int = google_crc32c.value(found)
    return (((checksum >> 15) | (checksum << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def _entries(index: bytes) -> Iterator[tuple[str, _Entry]]:
    if len(index) < FOOTER_BYTES or struct.unpack("<Q", index[-8:])[0] != MAGIC:
        raise WeightsError("The checkpoint's index does not end as TensorFlow's do: cut off?")
    footer = _Reader(index[-FOOTER_BYTES:])
    footer.varint(), footer.varint()  # where other blocks are said to be; there are none
    count = 0
    for _, handle in _block(index, footer.varint(), footer.varint()):
        place = _Reader(handle)
        for key, value in _block(index, place.varint(), place.varint()):
            count += 1
            if count > MAX_ARRAYS:
                raise WeightsError(f"The checkpoint has more than {MAX_ARRAYS} tensors.")
            if key:  # the empty one is a header
                yield key.decode(), _entry(value)


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of one block, in order."""
    content = index[offset : offset + size]
    trailer = index[offset + size : offset + size + TRAILER_BYTES]
    if len(content) != size or len(trailer) != TRAILER_BYTES or size < 4:
        raise WeightsError("The checkpoint's index is damaged or cut off.")
    if trailer[0] != 0:
        raise WeightsError("The checkpoint's index is compressed, which TensorFlow's never are.")
    if _masked(content + trailer[:1]) != struct.unpack("<I", trailer[1:])[0]:
        raise WeightsError("The checkpoint's index fails its checksum: it is damaged.")
    restarts = struct.unpack("<I", content[-4:])[0]
    entries = _Reader(content[: len(content) - 4 * (restarts + 1)])
    key = b""
    while not entries.at_end:
        shared, own, value = entries.varint(), entries.varint(), entries.varint()
        key = key[:shared] + entries.take(own)
        yield key, entries.take(value)


def _entry(message: bytes) -> _Entry:
    fields = dict(_fields(message))  # each stands once
    return _Entry(
        kind=_number(fields.get(1, 0)),
        shape=tuple(_dimensions(fields.get(2, b""))),
        shard=_number(fields.get(3, 0)),
        offset=_number(fields.get(4, 0)),
        size=_number(fields.get(5, 0)),
        checksum=_number(fields.get(6, 0)),
    )


def _dimensions(message: int | bytes) -> Iterator[int]:
    if isinstance(message, int):
        raise WeightsError("The checkpoint's index is damaged: a shape is no shape.")
    for number, value in _fields(message):
        if number == 2 and isinstance(value, bytes):
            yield _number(dict(_fields(value)).get(1, 0))


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise WeightsError("The checkpoint's index is damaged: a number is none.")
    return value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer by their numbers."""
    found = _Reader(message)
    while not found.at_end:
        number, wire = divmod(found.varint(), 8)
        if wire == _VARINT:
            yield number, found.varint()
        elif wire == _BYTES:
            yield number, found.take(found.varint())
        elif wire in (_FIXED32, _FIXED64):
            width = 4 if wire == _FIXED32 else 8
            yield number, int.from_bytes(found.take(width), "little")
        else:
            raise WeightsError("The checkpoint's index is damaged: a field of no known kind.")


class _Reader:
    """Bytes, taken from the front. Raises IndexError at their end."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._content)

    def take(self, count: int) -> bytes:
        found = self._content[self._at : self._at + count]
        if len(found) != count:
            raise IndexError(count)
        self._at += count
        return found

    def varint(self) -> int:
        """Seven bits a byte, the lowest first, the highest bit for "more follows"."""
        value = 0
        for shift in range(0, 64, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise IndexError("varint")
