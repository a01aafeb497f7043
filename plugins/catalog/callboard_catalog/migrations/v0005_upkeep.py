"""When what nobody needs any more is removed next, and since when every change is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0005"
down_revision = "0004"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    op.create_table(
        "catalog_upkeep",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("known_from", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
