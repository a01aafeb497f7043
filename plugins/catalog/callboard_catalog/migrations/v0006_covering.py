"""PostgreSQL: who has a term is read from its index alone, in the order of lists; SQLite's tables are their indexes."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0006"
down_revision = "0005"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE catalog_mark DROP CONSTRAINT catalog_mark_pkey")
        op.execute("ALTER TABLE catalog_mark ADD PRIMARY KEY (term, sort) INCLUDE (entity)")
