"""Snapshots, their documents, tags and timings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("saved_utc", sa.String(32), nullable=False),
        sa.Column("started_utc", sa.String(40), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("machine_key", sa.String(26), nullable=False),
        sa.Column("state", sa.String(16)),
        sa.Column("networks", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("described", sa.JSON, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
    )
    op.create_index("ix_snapshots_saved_utc", "snapshots", ["saved_utc"])
    op.create_index("ix_snapshots_machine_key", "snapshots", ["machine_key"])
    op.create_table(
        "documents",
        _snapshot_id(),
        sa.Column("compressed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tags",
        _snapshot_id(),
        sa.Column("tag", sa.String(40), primary_key=True),
        sa.Column("folded", sa.Text, nullable=False),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"])
    op.create_table(
        "timings",
        _snapshot_id(),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("engine", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("precision", sa.String(16), nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("quality", sa.String(16), nullable=False),
        sa.Column("median_s", sa.Float(53), nullable=False),
        sa.Column("low_s", sa.Float(53)),
        sa.Column("high_s", sa.Float(53)),
    )
    of = ["network", "engine", "device", "precision", "threads", "batch"]
    op.create_index("timings_of", "timings", of)


def _snapshot_id() -> sa.Column[str]:
    own = sa.ForeignKey("snapshots.id", ondelete="CASCADE")
    return sa.Column("id", sa.String(26), own, primary_key=True)
