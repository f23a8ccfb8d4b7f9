"""Files that are there whole or not at all; for whatever is written anywhere in this program."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".mobilenet-bench-"  # begins the name of a file that is being written


class FileError(ValueError):
    """A file cannot be written; the message says why, and what to do."""


def write_whole(target: Path, content: bytes) -> None:
    """Put `content` in the place of `target`; whatever happens, nothing half-written is left.

    Raises FileError.
    """
    with _unfinished(target) as (file, unfinished):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.close()
        unfinished.replace(target)


def check_target(target: Path) -> None:
    """Raises FileError if `write_whole` could not write there; leaves nothing behind."""
    with _unfinished(target):
        pass


@contextmanager
def _unfinished(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `target`, gone at the end unless it was renamed."""
    unfinished = target.parent / f"{UNFINISHED}{uuid.uuid4().hex[:12]}"
    try:
        if target.exists() and not target.is_file():
            raise FileError(f"{target} is no ordinary file. Choose another name.")
        with unfinished.open("xb") as file:
            yield file, unfinished
    except OSError as error:
        reason = error.strerror if target.parent.is_dir() else f"{target.parent} is no folder"
        raise FileError(f"{target} cannot be written: {reason}. Choose another place.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
