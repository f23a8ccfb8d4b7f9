"""Where exported networks lie: one folder for each form of a network. Knows no runtime."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from benchmarks.candidates import Candidate
from benchmarks.engines import ENGINES, Export
from benchmarks.engines.session import EngineError
from benchmarks.inputs import SEED
from benchmarks.machine import read_machine
from benchmarks.scenarios import Precision, Scenario

FILES: Mapping[Export, str] = {
    "onnx": "network.onnx",
    "aot": "network.so",
    "xnnpack": "network.pte",
}
# What makes an export: another release of it may write another file.
MAKERS: Mapping[Export, tuple[str, ...]] = {
    "onnx": ("torch", "onnxscript"),
    "aot": ("torch",),
    "xnnpack": ("torch", "executorch"),
}
QUANTISER = "onnxruntime"
LOGITS = "logits.npy"
FORMAT = 1  # raise when weights, input or export settings change
CACHE_VARIABLE = "MOBILENET_BENCH_CACHE"
ABANDONED_AFTER_S = 3600.0
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Form:
    """A network in the form that an engine loads, for one batch and precision.

    threads: where the form depends on them: a compiled loop is cut for so many.
    """

    candidate: Candidate
    batch: int
    export: Export = "onnx"
    precision: Precision = "float32"
    threads: int | None = None

    @property
    def file(self) -> str:
        return FILES[self.export]

    @property
    def is_plain(self) -> bool:
        """Written by torch's exporter alone."""
        return (self.export, self.precision) == ("onnx", "float32")

    @property
    def makers(self) -> tuple[str, ...]:
        """Distributions that it takes."""
        quantiser = (QUANTISER,) if self.precision == "int8" else ()
        return (*MAKERS[self.export], *quantiser)

    def folder(self, root: Path | None = None) -> Path:
        """Where it lies, as made by what is installed; it may not exist.

        root: instead of the cache that all runs share.
        Raises EngineError where nothing is installed that could make it.
        """
        try:
            makers = [f"{name} {version(name)}" for name in self.makers]
        except PackageNotFoundError as error:
            raise EngineError(
                f"{error.name} is not installed; run: pip install {error.name}"
            ) from error
        own = [self.candidate.key, str(self.batch), self.export, self.precision]
        if self.export == "aot":  # machine code: another CPU, or other threads, want another
            own += [str(self.threads), read_machine().cpu]
        identity = "\n".join([f"format {FORMAT}", f"seed {SEED}", *own, *makers])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
        name = self.candidate.key.replace(":", "-")  # Windows has no colons in names of files
        return (root or cache_folder()) / f"{name}-b{self.batch}-{digest}"

    def is_prepared(self, root: Path | None = None) -> bool:
        folder = self.folder(root)
        return (folder / self.file).is_file() and (folder / LOGITS).is_file()


def form_for(candidate: Candidate, scenario: Scenario) -> Form | None:
    """What must be prepared before the engine of `scenario` can load the network; None: nothing."""
    export = ENGINES[scenario.engine].export
    if export is None or scenario.device != "cpu":
        return None
    if export == "aot":
        return Form(candidate, scenario.batch, export, scenario.precision, scenario.threads)
    # The rounding to half precision is the runtime's own doing, from the same file.
    precision: Precision = "int8" if scenario.precision == "int8" else "float32"
    return Form(candidate, scenario.batch, export, precision)


def cache_folder() -> Path:
    """MOBILENET_BENCH_CACHE, or the user's cache folder. It can be deleted at any time."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("mobilenet-bench") / "networks"


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
