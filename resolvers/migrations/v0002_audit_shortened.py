"""The audit's oldest records may be removed, as far as its head says that they were."""

from __future__ import annotations

from alembic.operations import Operations

revision = "0002"
down_revision = "0001"


def upgrade(op: Operations) -> None:
    """Come to this version."""
    for statement in _KEPT[op.get_bind().dialect.name]:
        op.execute(statement)


_REMOVED = "COALESCE((SELECT sequence FROM audit_head WHERE id = 2), 0)"
_KEPT = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS audit_record_no_delete",
        f"""
        CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record WHEN OLD.sequence > {_REMOVED}
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
        """,
    ],
    "postgresql": [
        f"""
        CREATE OR REPLACE FUNCTION audit_record_kept_rows() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN
            IF OLD.sequence > {_REMOVED} THEN RAISE EXCEPTION 'the audit is append-only'; END IF;
            RETURN OLD;
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER audit_record_kept BEFORE UPDATE OR TRUNCATE ON audit_record
        FOR EACH STATEMENT EXECUTE FUNCTION audit_record_kept()
        """,
        """
        CREATE OR REPLACE TRIGGER audit_record_kept_rows BEFORE DELETE ON audit_record
        FOR EACH ROW EXECUTE FUNCTION audit_record_kept_rows()
        """,
    ],
}
