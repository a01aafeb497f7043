"""Which documents their source doesn't have any more: those of such items, and from now on those that go inside an item.

Of what is held back till now only the count is known, so such a source is read anew, all of it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0008"
down_revision = "0007"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    with op.batch_alter_table("catalog_document", schema=None) as batch_op:
        batch_op.add_column(sa.Column("orphaned", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("leaving", sa.Boolean(), nullable=True))
    op.execute(_OF_ITEMS)
    op.execute("UPDATE catalog_document SET leaving = orphaned IS NOT NULL")
    op.execute(
        "UPDATE catalog_item SET version = NULL WHERE source IN (SELECT name FROM catalog_source WHERE held_key IS NOT NULL)"
    )
    op.execute("UPDATE catalog_source SET cursor = NULL WHERE held_key IS NOT NULL")
    where = sa.text("orphaned IS NOT NULL")
    with op.batch_alter_table("catalog_document", schema=None) as batch_op:
        batch_op.alter_column("leaving", existing_type=sa.Boolean(), nullable=False)
        batch_op.create_index("catalog_document_orphaned", ["item"], unique=False, sqlite_where=where, postgresql_where=where)


_OF_ITEMS = """UPDATE catalog_document SET orphaned = (
  SELECT orphaned FROM catalog_item WHERE catalog_item.id = catalog_document.item
)"""
