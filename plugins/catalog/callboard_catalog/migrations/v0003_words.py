"""The full-text index, which each database makes in its own way."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0003"
down_revision = "0002"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    for statement in _MADE[op.get_bind().dialect.name]:
        op.execute(statement)


_WORDS = "fts5(name, title, tags, description, content='', tokenize='ascii', detail=column, columnsize=0)"
_MADE = {
    "sqlite": (f"CREATE VIRTUAL TABLE catalog_words USING {_WORDS}",),
    "postgresql": (
        "CREATE TABLE catalog_words (entity bigint PRIMARY KEY, words tsvector NOT NULL)",
        "CREATE INDEX catalog_words_words ON catalog_words USING gin (words)",
    ),
}
