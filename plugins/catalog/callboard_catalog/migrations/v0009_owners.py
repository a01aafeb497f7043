"""Entities have their owner in their own rows, and an index gives those of each owner in the order of lists."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0009"
down_revision = "0008"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    with op.batch_alter_table("catalog_entity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("owner", text, nullable=False, server_default=""))
    op.execute(_OWNERS)
    with op.batch_alter_table("catalog_entity", schema=None) as batch_op:
        batch_op.alter_column("owner", existing_type=text, existing_nullable=False, server_default=None)
        batch_op.create_index("catalog_entity_of_owner", ["owner", "sort"], unique=True)
        batch_op.create_index("catalog_entity_with_owner", ["sort", "owner"], unique=True)


_OWNERS = """UPDATE catalog_entity SET owner = coalesce((
  SELECT CASE WHEN count(*) > 1 THEN '*' ELSE min(owner.text) END
  FROM catalog_relation JOIN catalog_term AS owner ON owner.id = catalog_relation.target
  WHERE catalog_relation.source = catalog_entity.id AND NOT catalog_relation.mirrored
    AND catalog_relation.type = (SELECT id FROM catalog_term WHERE text = 'ownedBy')
), '')"""
