"""The way to the database: its address, its settings, its newest tables."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from platformdirs import user_data_path
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

STORE_VARIABLE = "MOBILENET_BENCH_STORE"
FILE_NAME = "snapshots.sqlite"
BUSY_TIMEOUT_S = 30  # to wait for another writer
MIGRATION_LOCK = 0x6D6E6265  # any number that other programs do not use
_MIGRATIONS = str(Path(__file__).with_name("migrations"))


class StoreError(RuntimeError):
    """The store cannot do what was asked; the message says why, and what to do."""


def store_url() -> URL:
    """Where the store is: `MOBILENET_BENCH_STORE`, or a file in the user's data folder.

    Raises StoreError for an address that is none.
    """
    wanted = os.environ.get(STORE_VARIABLE, "")
    if not wanted:
        return URL.create("sqlite", database=str(user_data_path("mobilenet-bench") / FILE_NAME))
    try:
        url = make_url(wanted)
    except ArgumentError as error:
        raise StoreError(
            f"{STORE_VARIABLE} is no address of a database. Give one such as "
            "sqlite:////folder/snapshots.sqlite or postgresql+psycopg://user@host/database."
        ) from error
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError(f"{STORE_VARIABLE} names no file, so nothing would be kept. Name one.")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"{STORE_VARIABLE} names {url.get_backend_name()!r}. Choose SQLite or PostgreSQL."
        )
    return url


def connect(url: URL) -> Engine:
    """An engine for `url`, whose tables are there and up to date. Raises what SQLAlchemy does."""
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    more: dict[str, Any] = (
        {"connect_args": {"timeout": BUSY_TIMEOUT_S}} if is_sqlite else {"pool_pre_ping": True}
    )
    engine = create_engine(url, **more)
    if is_sqlite:
        _set_up_sqlite(engine)
    try:
        _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def place_of(url: URL) -> tuple[int, int] | None:
    """Which file SQLite's name now stands for; None where there is none, or no file at all."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    try:
        found = Path(url.database).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def for_writing(engine: Engine) -> Engine:
    """The same, whose transactions wait for other writers before their first statement."""
    return engine.execution_options(is_writing=True)


def _set_up_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin below, also before CREATE TABLE
        write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")  # what is acknowledged is on the disk
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def write_ahead(connection: sqlite3.Connection) -> None:
    """Have a file keep what is written in a log beside it, so that readers need not wait.

    Of several that open a new file at once SQLite refuses this to some without waiting, whatever
    the connection's timeout, so waiting is done here.
    """
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(engine: Engine) -> None:
    """Take the steps that are missing, one program at a time. Raises StoreError for newer ones."""
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with for_writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
        present = MigrationContext.configure(connection).get_current_revision()
        if present == newest:
            return  # another program was quicker
        known = {step.revision for step in scripts.walk_revisions()}
        if present is not None and present not in known:
            raise StoreError(
                f"The store was made by a newer program (tables {present}, this one knows "
                f"{newest}). Update mobilenet-bench to open it."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
