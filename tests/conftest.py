"""What all tests share: a machine queue and a cache of exported networks of their own."""

from collections.abc import Iterator

import pytest

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.prepared import CACHE_VARIABLE


@pytest.fixture(autouse=True, scope="session")
def _own_queue_and_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither wait for the measurements of a person nor use their exported networks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("locks")))
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield
