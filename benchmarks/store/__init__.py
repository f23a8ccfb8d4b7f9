"""Where snapshots live: SQLite in the user's data folder, or PostgreSQL for a team.

The only place that knows SQL. A snapshot that is stored is never changed; tags stand beside it.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, SQLAlchemyError

from benchmarks.dots import Dot
from benchmarks.history import Session
from benchmarks.scenarios import Scenario
from benchmarks.snapshot import MAX_BYTES, Snapshot, SnapshotError, decode
from benchmarks.store import tables
from benchmarks.store.connection import StoreError, connect, for_writing, place_of, store_url
from benchmarks.store.entries import Entry, TagError, checked_tags, entry, folded, searched
from benchmarks.texts import cleaned

__all__ = ["Entry", "Page", "Store", "StoreError", "TagError", "Timed"]

_LISTED = tables.snapshots
_SCENARIO = [field.name for field in fields(Scenario)]


@dataclass(frozen=True)
class Page:
    """Part of a listing. total: how many there are in all."""

    entries: tuple[Entry, ...]
    total: int


@dataclass(frozen=True)
class Timed:
    """A network in a scenario, with the number of kept runs that timed it on one machine."""

    network: str
    scenario: Scenario
    runs: int


class Store:
    """All snapshots at one address. Its methods may be called from any thread.

    Raises StoreError where it cannot be opened, read or written.
    """

    def __init__(self, url: URL | None = None) -> None:
        self.url = url or store_url()
        self._opening = threading.Lock()
        with self._opening:
            self._open()

    def close(self) -> None:
        self._engine.dispose()

    def add(self, snapshot: Snapshot, tags: Sequence[str] = ()) -> bool:
        """Keep `snapshot`; False where it was there already. Once this returns it stays.

        Raises TagError, and StoreError if it could not be kept.
        """
        kept = checked_tags(tuple(tags))
        row = _row(snapshot, datetime.now(UTC).isoformat(timespec="milliseconds"))
        compressed = zlib.compress(snapshot.text.encode())
        with self._explained(), self._writing.connect() as connection:
            try:
                with connection.begin():
                    connection.execute(insert(_LISTED).values(row))
                    connection.execute(
                        insert(tables.documents).values(id=snapshot.id, compressed=compressed)
                    )
                    if timings := _timings(snapshot):
                        connection.execute(insert(tables.timings), timings)
                    if kept:
                        connection.execute(insert(tables.tags), _tags(snapshot.id, kept))
            except IntegrityError:
                if self.entry(snapshot.id) is None:
                    raise
                return False  # its id is there, and that means the same content
        return True

    def get(self, snapshot_id: str) -> Snapshot | None:
        """The snapshot of that id; None where there is none. Raises StoreError if it is damaged."""
        wanted = select(tables.documents.c.compressed).where(tables.documents.c.id == snapshot_id)
        with self._explained(), self._engine.connect() as connection:
            compressed = connection.execute(wanted).scalar_one_or_none()
        if compressed is None:
            return None
        try:
            content = zlib.decompressobj().decompress(compressed, MAX_BYTES + 1)
            found = decode(content, snapshot_id)
        except (zlib.error, SnapshotError) as error:
            raise StoreError(f"Snapshot {snapshot_id} is damaged in the store: {error}") from error
        if found.id != snapshot_id:
            raise StoreError(f"Snapshot {snapshot_id} is damaged in the store: its id is another.")
        return found

    def entry(self, snapshot_id: str) -> Entry | None:
        """How it stands in a listing; None where there is none."""
        found = self._entries(_LISTED.c.id == snapshot_id, limit=1, offset=0)
        return found.entries[0] if found.entries else None

    def find(
        self,
        words: str = "",
        *,
        tags: Sequence[str] = (),
        machine_key: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """Those that hold every one of `words` and bear all of `tags`, the newest first."""
        wanted = [_holds(word) for word in folded(cleaned(words)).split()]
        wanted += [_bears(tables.tags.c.tag == tag) for tag in tags]
        if machine_key is not None:
            wanted.append(_LISTED.c.machine_key == machine_key)
        return self._entries(*wanted, limit=limit, offset=offset)

    def tags(self) -> tuple[str, ...]:
        """Every tag that some snapshot bears."""
        with self._explained(), self._engine.connect() as connection:
            return tuple(connection.execute(select(tables.tags.c.tag).distinct()).scalars())

    def machines(self) -> dict[str, str]:
        """Key and label of every machine that some snapshot is of, by label."""
        wanted = select(_LISTED.c.machine_key, _LISTED.c.machine).distinct()
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(_LISTED.c.machine)).all()
        return {row.machine_key: row.machine for row in rows}

    def tag(self, snapshot_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Change its tags by these, so that two people who do so at once lose nothing.

        Raises TagError, and StoreError where there is no such snapshot.
        """
        own = tables.tags.c.id == snapshot_id
        with self._explained(), self._writing.begin() as connection:
            known = select(_LISTED.c.id).where(_LISTED.c.id == snapshot_id)
            if connection.execute(known).scalar_one_or_none() is None:
                raise StoreError(f"There is no snapshot {snapshot_id}. Somebody has deleted it.")
            before = connection.execute(select(tables.tags.c.tag).where(own)).scalars().all()
            left = [tag for tag in before if tag not in remove]
            kept = checked_tags((*left, *add))
            connection.execute(delete(tables.tags).where(own))
            if kept:
                connection.execute(insert(tables.tags), _tags(snapshot_id, kept))

    def delete(self, snapshot_id: str) -> bool:
        """Remove it for good; False where there was none."""
        with self._explained(), self._writing.begin() as connection:
            gone = connection.execute(delete(_LISTED).where(_LISTED.c.id == snapshot_id))
            return bool(gone.rowcount)

    def timed(self, machine_key: str) -> tuple[Timed, ...]:
        """What the kept runs of a machine have timed; what most of them did comes first."""
        how = [tables.timings.c[name] for name in _SCENARIO]
        runs = func.count().label("runs")
        wanted = (
            select(tables.timings.c.network, *how, runs)
            .join_from(tables.timings, _LISTED)
            .where(_LISTED.c.machine_key == machine_key)
            .group_by(tables.timings.c.network, *how)
            .order_by(runs.desc(), tables.timings.c.network, *how)
        )
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(
            Timed(row["network"], Scenario(**{name: row[name] for name in _SCENARIO}), row["runs"])
            for row in rows
        )

    def sessions(self, machine_key: str, network: str, scenario: Scenario) -> tuple[Session, ...]:
        """Every stored timing of one network in one scenario on one machine, oldest first."""
        timing = tables.timings.c
        wanted = (
            select(
                _LISTED.c.id,
                _LISTED.c.title,
                _LISTED.c.started_utc,
                _LISTED.c.described,
                timing.quality,
                timing.median_s,
                timing.low_s,
                timing.high_s,
            )
            .join_from(tables.timings, _LISTED)
            .where(
                _LISTED.c.machine_key == machine_key,
                timing.network == network,
                *(timing[name] == value for name, value in asdict(scenario).items()),
            )
            .order_by(_LISTED.c.started_utc)
        )
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Session(
                id=row.id,
                name=row.title or row.described["about"],
                started_utc=row.started_utc,
                packages=tuple((name, version) for name, version in row.described["packages"]),
                quality=row.quality,
                median_s=row.median_s,
                low_s=row.low_s,
                high_s=row.high_s,
            )
            for row in rows
        )

    def _entries(self, *wanted: ColumnElement[bool], limit: int, offset: int) -> Page:
        condition = and_(True, *wanted)
        shown = [column for column in _LISTED.c if column.name != "search"]
        listing = (
            select(*shown)
            .where(condition)
            .order_by(_LISTED.c.saved_utc.desc(), _LISTED.c.id)
            .limit(limit)
            .offset(offset)
        )
        counting = select(func.count()).select_from(_LISTED).where(condition)
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(listing).all()
            total = connection.execute(counting).scalar_one()
            ids = [row.id for row in rows]
            bearing = select(tables.tags).where(tables.tags.c.id.in_(ids)).order_by("tag")
            tags: dict[str, tuple[str, ...]] = {}
            for row in connection.execute(bearing):
                tags[row.id] = (*tags.get(row.id, ()), row.tag)
        return Page(tuple(_entry(row, tags.get(row.id, ())) for row in rows), total)

    def _open(self) -> None:
        with self._in_words():
            self._engine = connect(self.url)
        self._writing = for_writing(self._engine)
        self._place = place_of(self.url)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """In the file that now has this name; what the database says, as a StoreError."""
        if place_of(self.url) != self._place:
            with self._opening:
                if place_of(self.url) != self._place:  # it was taken away: begin a new one
                    self._engine.dispose()
                    self._open()
        with self._in_words():
            yield

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """What the database says, as a StoreError that tells what to do."""
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(self._explanation(error)) from error
        except ModuleNotFoundError as error:
            raise StoreError(
                f"The store needs a driver that is not installed ({error.name}). Run: "
                'pip install "mobilenet-bench[postgresql]"'
            ) from error

    def _explanation(self, error: Exception) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if self.url.get_backend_name() == "sqlite":
            way_out = "See that the file can be written and that its disk has room."
            if isinstance(error, DatabaseError) and not isinstance(error, OperationalError):
                way_out = (
                    "The file is damaged, or another program's. Move it away, or name another."
                )
            return f"The store {self.url.database} cannot be used: {reason}. {way_out}"
        place = self.url.render_as_string(hide_password=True)
        return f"The store {place} cannot be used: {reason}. See that its server runs."


def _row(snapshot: Snapshot, saved_utc: str) -> dict[str, Any]:
    listed = entry(snapshot, saved_utc, ())
    described = {
        "about": listed.about,
        "dots": [list(asdict(dot).values()) for dot in listed.dots],
        "packages": [list(pair) for pair in snapshot.run.machine.packages],
    }
    kept = {column.name for column in _LISTED.c} & asdict(listed).keys()
    values = {name: getattr(listed, name) for name in kept}
    return values | {"described": described, "search": searched(snapshot)}


def _entry(row: Row[Any], tags: tuple[str, ...]) -> Entry:
    values = dict(row._mapping)
    described = values.pop("described")
    return Entry(
        **values,
        about=described["about"],
        dots=tuple(Dot(*dot) for dot in described["dots"]),
        tags=tags,
    )


def _timings(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            "id": snapshot.id,
            "place": place,
            "network": one.candidate.key,
            **asdict(one.scenario),
            "quality": one.quality,
            "median_s": one.median_s,
            "low_s": one.interval_s.low if one.interval_s else None,
            "high_s": one.interval_s.high if one.interval_s else None,
        }
        for place, one in enumerate(snapshot.run.measurements)
    ]


def _tags(snapshot_id: str, tags: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": snapshot_id, "tag": tag, "folded": folded(tag)} for tag in tags]


def _holds(word: str) -> ColumnElement[bool]:
    """Whether `word` stands in the snapshot's words or in one of its tags."""
    return or_(
        _LISTED.c.search.contains(word, autoescape=True),
        _bears(tables.tags.c.folded.contains(word, autoescape=True)),
    )


def _bears(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return _LISTED.c.id.in_(select(tables.tags.c.id).where(condition))
