"""A folder for one run alone, which is gone with the run, however that ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "mobilenet-bench-"
# Waits for the end of its standard input, which comes with the end of this process too, and tries
# again while a worker that ends at that moment still writes.
_SWEEP = """
import shutil, sys, time, os
sys.stdin.buffer.read()
for _ in range(50):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not os.path.lexists(sys.argv[1]):
        break
    time.sleep(0.1)
"""


@contextmanager
def folder_aside() -> Iterator[Path]:
    """For what must not be kept: nobody else may read it, and it is removed at the end.

    A small process removes it, so that it goes even where this one is killed. Raises OSError where
    there is no place for it.
    """
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))  # for its owner alone
    try:
        sweeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SWEEP, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C spares it
        )
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            sweeper.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
