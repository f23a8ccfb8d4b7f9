"""What all tests share: a machine queue, exported and trained networks and a store of their own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from benchmarks.jobs.machine_queue import FOLDER_VARIABLE
from benchmarks.prepared import CACHE_VARIABLE
from benchmarks.store.connection import STORE_VARIABLE
from benchmarks.training.record import TRAINED_VARIABLE
from tests.postgres import find_programs, new_database, server


@pytest.fixture(autouse=True, scope="session")
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests neither wait for the measurements of a person nor use their exported networks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("locks")))
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        patch.setenv(TRAINED_VARIABLE, str(tmp_path_factory.mktemp("trained")))
        patch.setenv(STORE_VARIABLE, f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite")
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A PostgreSQL server; skips where none is installed, and fails there under CI."""
    programs = find_programs()
    if programs is None:
        reason = "PostgreSQL is not installed (Debian: apt install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of an empty store, of either kind."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "store" / "snapshots.sqlite"))
    return new_database(request.getfixturevalue("postgres"), f"test-{uuid.uuid4().hex[:12]}")
