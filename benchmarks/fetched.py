"""Where fetched weights and images lie: with the exported networks, and as dispensable."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.prepared import CACHE_VARIABLE


def weights_folder() -> Path:
    """`weights` in MOBILENET_BENCH_CACHE, or in the user's cache folder."""
    return _cache() / "weights"


def data_folder() -> Path:
    """`data` there: public sets of images."""
    return _cache() / "data"


def _cache() -> Path:
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("mobilenet-bench")
