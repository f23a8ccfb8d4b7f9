"""The store keeps what it acknowledged, finds it again, and changes nothing; on both databases."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, event, text

from benchmarks.scenarios import Scenario
from benchmarks.setups import machine_key
from benchmarks.snapshot import Snapshot, dumps, loads
from benchmarks.store import Store, StoreError, TagError, connection, tables
from tests.builders import MACHINE, a_run, measurement
from tests.postgres import new_database
from tests.store_writer import OWN, SHARED, made
from tests.waiting import soon
from tests.wording import Wording

ROOT = Path(__file__).resolve().parents[1]
KILLS = 20  # over each database
PROGRAMS = 6  # that save, and as many that read


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store of each kind; its tables are made once."""
    url = URL.create("sqlite", database=str(tmp_path_factory.mktemp("opened") / "store.sqlite"))
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres"), f"opened-{uuid.uuid4().hex[:12]}")
    with closing(Store(url)) as found:
        yield found


@pytest.fixture
def store(opened: Store) -> Store:
    """It, empty."""
    with opened._writing.begin() as connected:
        for table in reversed(tables.metadata.sorted_tables):
            connected.execute(table.delete())
    return opened


@cache
def a_snapshot(title: str = "", note: str = "", network: str = "0.5-160") -> Snapshot:
    run = a_run(measurement(network, rounds=6), measurement("resnet18", engine="openvino"))
    return loads(dumps(run, title=title, note=note))


def titles(store: Store, words: str = "", **wanted: object) -> list[str]:
    return [entry.title for entry in store.find(words, **wanted).entries]  # type: ignore[arg-type]


def test_a_snapshot_comes_back_exactly_as_it_was(store: Store) -> None:
    saved = a_snapshot("Before the upgrade", "A quiet machine.\nTwo lines.")

    assert store.add(saved)

    assert store.get(saved.id) == saved


def test_it_is_there_after_the_program_has_ended(store_url: URL) -> None:
    saved = a_snapshot("Kept")
    with closing(Store(store_url)) as first:
        first.add(saved)

    with closing(Store(store_url)) as second:
        assert second.get(saved.id) == saved


def test_saving_the_same_twice_keeps_one(store: Store) -> None:
    assert store.add(a_snapshot("One"))
    assert not store.add(a_snapshot("One"))

    assert store.find().total == 1


def test_a_listing_tells_what_it_is_of_without_reading_documents(
    store: Store, wording: Wording
) -> None:
    saved = a_snapshot("Title", "Note")
    store.add(saved, ["phone", "α = ½"])
    asked: list[str] = []

    def hear(*arguments: Any) -> None:
        asked.append(arguments[2].lower())

    event.listen(store._engine, "before_cursor_execute", hear)
    (entry,) = store.find("title").entries
    event.remove(store._engine, "before_cursor_execute", hear)

    assert (entry.id, entry.name, entry.note) == (saved.id, "Title", "Note")
    wording(entry.about)
    assert (entry.networks, entry.state) == (2, "valid")
    assert entry.machine == "Example CPU, 2 CPUs"
    assert entry.tags == ("phone", "α = ½")
    assert [dot.top1_percent for dot in entry.dots] == [59.1, 69.758]
    assert asked
    assert not any("documents" in statement for statement in asked)


def test_a_snapshot_without_a_title_is_called_by_what_it_is_of(
    store: Store, wording: Wording
) -> None:
    store.add(loads(dumps(a_run(measurement("0.5-160", engine="onnxruntime", batch=4)))))

    name = store.find().entries[0].name
    assert name.startswith("MobileNet 0.5-160 in ONNX Runtime")
    wording(name)


SEARCHES = [
    ("", ["Third", "Second ÄRGER", "First 100%"]),
    ("second", ["Second ÄRGER"]),
    ("ärger SECOND", ["Second ÄRGER"]),
    ("quiet machine", ["First 100%"]),
    ("100%", ["First 100%"]),
    ("_irst", []),
    ("0.75-192", ["Third"]),
    ("OpenVINO resnet-18", ["Third", "Second ÄRGER", "First 100%"]),
    ("example cpu", ["Third", "Second ÄRGER", "First 100%"]),
    ("GRÜN", ["Third"]),
    ("nowhere", []),
    ("'; DROP TABLE snapshots; --", []),
    ("nul\x00byte", []),
]


def test_words_find_what_holds_them_all(store: Store) -> None:
    store.add(a_snapshot("First 100%", "On a quiet\nmachine"))
    store.add(a_snapshot("Second ÄRGER"))
    store.add(a_snapshot("Third", network="0.75-192"), ["Grün"])

    assert [(words, titles(store, words)) for words, _ in SEARCHES] == SEARCHES


def test_tags_and_machines_narrow_a_listing(store: Store) -> None:
    elsewhere = replace(MACHINE, cpu="Other CPU")
    store.add(a_snapshot("Here"), ["a", "b"])
    other = loads(dumps(replace(a_run(measurement("0.5-160")), machine=elsewhere), title="There"))
    store.add(other, ["b"])

    assert titles(store, tags=["b"]) == ["There", "Here"]
    assert titles(store, tags=["a", "b"]) == ["Here"]
    assert titles(store, machine_key=machine_key(elsewhere)) == ["There"]
    assert store.machines() == {
        machine_key(MACHINE): "Example CPU, 2 CPUs",
        machine_key(elsewhere): "Other CPU, 2 CPUs",
    }
    assert sorted(store.tags()) == ["a", "b"]


def test_a_listing_comes_page_by_page(store: Store) -> None:
    for number in range(5):
        store.add(a_snapshot(str(number)))

    page = store.find(limit=2, offset=2)

    assert ([entry.title for entry in page.entries], page.total) == (["2", "1"], 5)


def test_tags_stand_beside_a_snapshot_and_change_nothing_in_it(store: Store) -> None:
    saved = a_snapshot()
    store.add(saved, ["old"])

    store.tag(saved.id, add=["new", " NEW ", "other"], remove=["old"])

    assert store.find().entries[0].tags == ("NEW", "other")
    assert store.get(saved.id) == saved


def test_two_who_tag_at_once_lose_nothing(store: Store) -> None:
    saved = a_snapshot()
    store.add(saved, ["both see this"])

    store.tag(saved.id, add=["mine"])
    store.tag(saved.id, add=["yours"], remove=["both see this"])

    assert store.find().entries[0].tags == ("mine", "yours")


@pytest.mark.parametrize(
    "tags",
    [["x" * 41], [str(number) for number in range(13)], ["a\u202eb"]],
    ids=["long", "many", "unseen"],
)
def test_a_tag_that_cannot_be_kept_is_refused(
    store: Store, tags: list[str], wording: Wording
) -> None:
    with pytest.raises(TagError) as refusal:
        store.add(a_snapshot(), tags)

    assert store.find().total == 0
    wording(refusal.value)


def test_a_snapshot_that_is_deleted_leaves_nothing_behind(store: Store) -> None:
    saved, other = a_snapshot("Gone"), a_snapshot("Stays")
    store.add(saved, ["tag"])
    store.add(other)

    assert store.delete(saved.id)
    assert not store.delete(saved.id)

    assert store.get(saved.id) is None
    assert titles(store) == ["Stays"]
    with store._engine.connect() as connected:
        for table in (tables.documents, tables.tags, tables.timings):
            rows = connected.execute(table.select().where(table.c.id == saved.id)).all()
            assert rows == []


def test_what_is_not_there_is_none_and_no_error(store: Store) -> None:
    assert store.get("a" * 26) is None
    assert store.get("../../etc/passwd") is None
    assert store.entry("a" * 26) is None
    with pytest.raises(StoreError, match="a" * 26):
        store.tag("a" * 26, add=["tag"])


def test_the_history_of_a_machine_is_told_from_all_its_snapshots(store: Store) -> None:
    for day, median_ms in ((3, 4.4), (1, 4.0), (2, 4.2)):
        run = a_run(measurement("0.5-160", median_ms=median_ms), measurement("1.0-224"))
        store.add(loads(dumps(replace(run, started_utc=f"2026-01-0{day}T00:00:00+00:00"))))
    away = replace(a_run(measurement("0.5-160")), machine=replace(MACHINE, cpu="Other CPU"))
    store.add(loads(dumps(away)))

    found = store.sessions(machine_key(MACHINE), "0.5-160", Scenario())

    assert [one.median_s for one in found] == pytest.approx([4.0e-3, 4.2e-3, 4.4e-3], rel=0.01)
    assert found[0].packages == MACHINE.packages
    assert store.sessions(machine_key(MACHINE), "0.5-160", Scenario(threads=2)) == ()


def test_a_document_that_was_damaged_is_said_to_be(store: Store) -> None:
    saved = a_snapshot()
    store.add(saved)
    for damage in (b"not compressed", b""):
        with store._writing.begin() as connected:
            connected.execute(tables.documents.update().values(compressed=damage))

        with pytest.raises(StoreError, match=f"{saved.id} is damaged"):
            store.get(saved.id)


def test_the_migrations_lead_to_the_tables_that_the_program_uses(store: Store) -> None:
    with store._engine.connect() as connected:
        context = MigrationContext.configure(connected, opts={"compare_type": True})

        assert compare_metadata(context, tables.metadata) == []


def test_a_store_of_a_newer_program_is_left_alone(store_url: URL) -> None:
    with closing(Store(store_url)) as store, store._writing.begin() as connected:
        connected.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="9999"):
        Store(store_url)


@pytest.mark.parametrize(
    ("address", "fact"),
    [
        ("nonsense", connection.STORE_VARIABLE),
        ("mysql://ann:secret@example.org/db", "'mysql'"),
        ("postgresql+psycopg://ann:secret@127.0.0.1:1/db", "127.0.0.1"),
        ("postgresql+asyncpg://ann:secret@127.0.0.1:1/db", "asyncpg"),
        ("sqlite://", connection.STORE_VARIABLE),
    ],
)
def test_an_address_that_leads_nowhere_is_explained_without_its_password(
    address: str, fact: str, monkeypatch: pytest.MonkeyPatch, wording: Wording
) -> None:
    monkeypatch.setenv(connection.STORE_VARIABLE, address)

    with pytest.raises(StoreError) as refusal:
        Store()

    assert fact in str(refusal.value)
    assert "secret" not in str(refusal.value)
    if "psycopg" not in address:  # else the driver has its say too
        wording(refusal.value)


def test_without_an_address_it_lies_in_the_data_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(connection.STORE_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    with closing(Store()) as store:
        store.add(a_snapshot())

    assert store.url.database is not None
    assert Path(store.url.database).is_file()
    if sys.platform == "linux":
        assert Path(store.url.database).is_relative_to(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_a_disk_that_is_full_is_said_to_be_and_loses_nothing(
    tmp_path: Path, wording: Wording
) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "store.sqlite"))
    kept = a_snapshot("Kept")
    with closing(Store(url)) as store:
        store.add(kept)
    with (
        closing(Store(url)) as store,
        files_of_at_most(1000),
        pytest.raises(StoreError) as refusal,
    ):
        store.add(a_snapshot("Lost"))

    wording(str(refusal.value).replace(str(tmp_path), "FOLDER"))
    with closing(Store(url)) as store:
        assert titles(store) == ["Kept"]
        assert store.get(kept.id) == kept


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """What this process writes beyond fails, as on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_is_saved_after_the_file_was_taken_away_is_in_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    url = URL.create("sqlite", database=str(path))
    with closing(Store(url)) as store:
        store.add(a_snapshot("Before"))
        for file in tmp_path.glob("store.sqlite*"):
            file.rename(tmp_path / f"away-{file.name}")

        assert titles(store) == []
        store.add(a_snapshot("After"))

    with closing(Store(url)) as store:
        assert titles(store) == ["After"]


def test_a_file_that_is_no_database_is_said_to_be(tmp_path: Path, wording: Wording) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 100)

    with pytest.raises(StoreError) as refusal:
        Store(URL.create("sqlite", database=str(path)))

    wording(str(refusal.value).replace(str(tmp_path), "FOLDER"))


class Writers:
    """Programs that save at once; see tests.store_writer."""

    def __init__(self, url: URL, acks: Path) -> None:
        self._acks = acks
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.store_writer"),
                *(url.render_as_string(hide_password=False), str(acks)),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, command: str) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def finish(self) -> list[int]:
        """Waits for all; their exit statuses."""
        return [int(status) for status in self._process.communicate(timeout=120)[0].split()]

    def acknowledged(self) -> list[str]:
        return self._acks.read_text(encoding="ascii").split() if self._acks.exists() else []


@pytest.mark.slow("kills forty programs over each database")
def test_what_was_acknowledged_survives_a_kill_at_any_moment(
    store_url: URL, tmp_path: Path
) -> None:
    writers = Writers(store_url, tmp_path / "acks")
    rng = random.Random(str(store_url.get_backend_name()))
    # How soon one saves differs from machine to machine, so that is found out first.
    pid, began = writers.start("save"), time.monotonic()
    assert soon(lambda: len(writers.acknowledged()) > 0, 30)
    reach = 3 * (time.monotonic() - began)
    os.kill(pid, signal.SIGKILL)
    for _ in range(KILLS - 1):
        pid = writers.start("save")
        time.sleep(rng.uniform(0, reach))
        os.kill(pid, signal.SIGKILL)
    statuses = writers.finish()

    kept = writers.acknowledged()
    assert statuses == [-signal.SIGKILL] * KILLS  # none had failed before
    assert len(kept) == len(set(kept)) > KILLS  # they did save
    with closing(Store(store_url)) as store:
        for one in kept:
            found = store.get(one)
            assert found is not None, one
            assert found.id == one
        listed = store.find(limit=100_000)
        assert {entry.id for entry in listed.entries} >= set(kept)
        assert all(store.get(entry.id) for entry in listed.entries)


@pytest.mark.real
def test_programs_that_open_a_new_store_and_save_at_once_lose_nothing_and_keep_nothing_twice(
    store_url: URL, tmp_path: Path
) -> None:
    writers = Writers(store_url, tmp_path / "acks")
    for number in range(PROGRAMS):
        writers.start(f"write {number}")
        writers.start("read")
    assert soon(lambda: len(writers.acknowledged()) == PROGRAMS * (SHARED + OWN), 100)
    (tmp_path / "acks.done").touch()

    assert writers.finish() == [0] * 2 * PROGRAMS
    wanted = {made(f"shared {number}").id for number in range(SHARED)}
    wanted |= {made(f"own {name} {number}").id for name in range(PROGRAMS) for number in range(OWN)}
    with closing(Store(store_url)) as store:
        listed = store.find(limit=1000)
        assert listed.total == len(wanted)
        assert {entry.id for entry in listed.entries} == wanted


def test_a_new_file_of_sqlite_can_be_opened_by_many_at_once(tmp_path: Path) -> None:
    at_once = Barrier(8)

    def opened(path: Path) -> str:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as new:
            at_once.wait()
            connection.write_ahead(new)
            new.execute("BEGIN IMMEDIATE")
            new.execute("CREATE TABLE IF NOT EXISTS anything (number)")
            new.execute("COMMIT")
            mode: str = new.execute("PRAGMA journal_mode").fetchone()[0]
            return mode

    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            paths = [tmp_path / f"{number}.sqlite"] * 8
            assert list(threads.map(opened, paths)) == ["wal"] * 8


def test_a_store_on_sqlite_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(Store(URL.create("sqlite", database=str(path)))) as store:
        store.add(a_snapshot("Before"))
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

            assert titles(store) == ["Before"]
