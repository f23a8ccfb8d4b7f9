"""Two snapshots that were really measured and come with the program, so that no page is empty."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from benchmarks.snapshot import Snapshot, decode

NAMES = ("one-thread.json", "two-threads.json")


@lru_cache(maxsize=1)
def samples() -> tuple[Snapshot, ...]:
    """One machine, ONNX Runtime, the same networks: with one thread, and with two."""
    folder = files("benchmarks.samples")
    return tuple(decode(folder.joinpath(name).read_bytes(), name) for name in NAMES)
