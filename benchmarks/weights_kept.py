"""Where fetched weights lie: with the exported networks, and as dispensable."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.prepared import CACHE_VARIABLE


def weights_folder() -> Path:
    """`weights` in MOBILENET_BENCH_CACHE, or in the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else user_cache_path("mobilenet-bench")) / "weights"
