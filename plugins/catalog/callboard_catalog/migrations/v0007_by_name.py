"""Lists are ordered by name, and not by what a name is followed by: `web/component:default` becomes `web component default`."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0007"
down_revision = "0006"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    op.execute("UPDATE catalog_entity SET sort = replace(replace(sort, '/', ' '), ':', ' ')")
    op.execute("UPDATE catalog_mark SET sort = replace(replace(sort, '/', ' '), ':', ' ')")
