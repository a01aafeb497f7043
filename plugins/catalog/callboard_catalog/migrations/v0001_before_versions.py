"""The catalog's tables of before versions were kept are forgotten: the sources fill the new ones again."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0001"
down_revision = None

_BEFORE = (
    "change", "document", "entity", "item", "mark", "problem", "relation", "source", "state", "term", "unchecked", "words",
)  # fmt: skip


def upgrade(op: Operations) -> None:
    """Come to this version."""
    for name in _BEFORE:
        op.drop_table(f"catalog_{name}", if_exists=True)
