"""The tables of the store, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# What a listing shows. `search`: all words that find it, casefolded.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("saved_utc", String(32), nullable=False, index=True),
    Column("started_utc", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("machine_key", String(26), nullable=False, index=True),
    Column("state", String(16)),
    Column("networks", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("described", JSON, nullable=False),
    Column("search", Text, nullable=False),
)

# The documents themselves, compressed; apart, so that no listing reads them.
documents = Table(
    "documents",
    metadata,
    Column("id", String(26), ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    Column("compressed", LargeBinary, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    Column("id", String(26), ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(40), primary_key=True, index=True),
    Column("folded", Text, nullable=False),
)

# One row a measurement, for the history of a machine.
timings = Table(
    "timings",
    metadata,
    Column("id", String(26), ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("network", String(64), nullable=False),
    Column("engine", String(64), nullable=False),
    Column("device", String(64), nullable=False),
    Column("precision", String(16), nullable=False),
    Column("threads", Integer, nullable=False),
    Column("batch", Integer, nullable=False),
    Column("quality", String(16), nullable=False),
    Column("median_s", Float(53), nullable=False),
    Column("low_s", Float(53)),
    Column("high_s", Float(53)),
    Index("timings_of", "network", "engine", "device", "precision", "threads", "batch"),
)
