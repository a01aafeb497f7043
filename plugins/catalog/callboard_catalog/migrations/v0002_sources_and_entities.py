"""Sources and entities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0002"
down_revision = "0001"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    op.create_table(
        "catalog_change",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("entity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("catalog_change", schema=None) as batch_op:
        batch_op.create_index("catalog_change_of_entity", ["entity", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_change_at"), ["at"], unique=False)

    op.create_table(
        "catalog_document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("item", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("entity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("catalog_document", schema=None) as batch_op:
        batch_op.create_index("catalog_document_of_item", ["item", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_document_entity"), ["entity"], unique=False)

    op.create_table(
        "catalog_entity",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sort", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("kind", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("namespace", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("document", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("titled", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("changed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sort"),
    )
    with op.batch_alter_table("catalog_entity", schema=None) as batch_op:
        batch_op.create_index("catalog_entity_by_change", ["changed", "sort"], unique=False)
        batch_op.create_index("catalog_entity_by_creation", ["created", "sort"], unique=False)
        batch_op.create_index("catalog_entity_by_title", ["titled", "sort"], unique=False)
        batch_op.create_index("catalog_entity_in_namespace", ["namespace", "sort"], unique=False)
        batch_op.create_index("catalog_entity_of_kind", ["kind", "sort"], unique=False)

    op.create_table(
        "catalog_item",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("name", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("unread", sa.Boolean(), nullable=False),
        sa.Column("orphaned", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("catalog_item", schema=None) as batch_op:
        batch_op.create_index("catalog_item_of_source", ["source", "name"], unique=True)

    op.create_table(
        "catalog_mark",
        sa.Column("term", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("sort", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("entity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("term", "sort"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("catalog_mark", schema=None) as batch_op:
        batch_op.create_index("catalog_mark_of_entity", ["entity", "term"], unique=False)

    op.create_table(
        "catalog_problem",
        sa.Column("key", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("source", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("item", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("follows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entity", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("catalog_problem", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalog_problem_entity"), ["entity"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_problem_follows"), ["follows"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_problem_item"), ["item"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_problem_rule"), ["rule"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_problem_source"), ["source"], unique=False)

    op.create_table(
        "catalog_relation",
        sa.Column("source", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("type", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source", "type", "target", "mirrored"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "catalog_source",
        sa.Column("name", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("reader", sa.String(), nullable=True),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("started", sa.Float(), nullable=True),
        sa.Column("succeeded", sa.Float(), nullable=True),
        sa.Column("failed", sa.Float(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("held_of", sa.Integer(), nullable=False),
        sa.Column("held_key", sa.String(), nullable=True),
        sa.Column("allowed_key", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "catalog_term",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("text", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text"),
    )
    op.create_table(
        "catalog_unchecked",
        sa.Column("entity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("entity"),
    )
