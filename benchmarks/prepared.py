"""Where exported networks lie: one folder a network, batch and exporter. Knows no runtime."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from benchmarks.candidates import Candidate
from benchmarks.engines.session import EngineError
from benchmarks.inputs import SEED

NETWORK = "network.onnx"
LOGITS = "logits.npy"
FORMAT = 1  # raise when weights, input or export settings change
CACHE_VARIABLE = "MOBILENET_BENCH_CACHE"
ABANDONED_AFTER_S = 3600.0
_UNFINISHED = ".unfinished-"


def folder_for(candidate: Candidate, batch: int) -> Path:
    """The folder of this network and batch, exported by the installed torch; it may not exist.

    Raises EngineError where nothing is installed that could export.
    """
    try:
        exporter = [f"{name} {version(name)}" for name in ("torch", "onnxscript")]
    except PackageNotFoundError as error:
        raise EngineError(
            f"{error.name} is not installed; run: pip install {error.name}"
        ) from error
    identity = "\n".join([f"format {FORMAT}", f"seed {SEED}", candidate.key, str(batch), *exporter])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return cache_folder() / f"{candidate.key}-b{batch}-{digest}"


def cache_folder() -> Path:
    """MOBILENET_BENCH_CACHE, or the user's cache folder. It can be deleted at any time."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("mobilenet-bench") / "networks"


def is_prepared(folder: Path) -> bool:
    return (folder / NETWORK).is_file() and (folder / LOGITS).is_file()


def network_file(folder: Path) -> str:
    return str(folder / NETWORK)


def expected(folder: Path) -> NDArray[np.float32]:
    """The logits that eager PyTorch gave for the fixed input. Raises EngineError if unreadable."""
    try:
        logits: NDArray[np.float32] = np.load(folder / LOGITS, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise EngineError("PyTorch's output, to compare with, cannot be read") from error
    return logits


def discard(folder: Path) -> None:
    """Remove what turned out to be of no use, so that it is exported anew the next time."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def store(folder: Path) -> Iterator[Path]:
    """A folder to write into that becomes `folder` at the end, whole, or disappears."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder.parent)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    try:
        yield unfinished
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Exports whose process was killed. No export takes so long, so none under way is hit."""
    for folder in parent.glob(f"{_UNFINISHED}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > ABANDONED_AFTER_S:
                shutil.rmtree(folder, ignore_errors=True)
