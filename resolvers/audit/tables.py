"""The audit's tables in the gateway's database, and what keeps their rows from being changed by mistake."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, SQLModel

_BIG = BigInteger().with_variant(Integer, "sqlite")


class AuditRow(SQLModel, table=True):
    """One record. All but `sequence` is text, so that both databases give back exactly what was hashed."""

    __tablename__ = "audit_record"

    sequence: int = Field(primary_key=True, sa_type=_BIG, sa_column_kwargs={"autoincrement": False})
    at: str
    kind: str = Field(index=True)
    actor: str = Field(index=True)
    subject: str
    details: str
    hash: str


LAST, REMOVED = 1, 2


class HeadRow(SQLModel, table=True):
    """Says which record is the last, so that one that is deleted at the end is missed; and, once some were removed for their age,
    which of those was the last, so that the chain goes on from there.
    """

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    sequence: int = Field(sa_type=_BIG)
    hash: str


TABLES = [SQLModel.metadata.tables[str(table.__tablename__)] for table in (AuditRow, HeadRow)]

_REMOVED = f"COALESCE((SELECT sequence FROM audit_head WHERE id = {REMOVED}), 0)"  # noqa: S608  a number of ours
_REFUSE_SQLITE = """
CREATE TRIGGER IF NOT EXISTS audit_record_{name} BEFORE {verb} ON audit_record {when}
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
"""
_REFUSE_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_record_kept() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
"""
_REFUSE_DELETE_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION audit_record_kept_rows() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN
    IF OLD.sequence > {_REMOVED} THEN RAISE EXCEPTION 'the audit is append-only'; END IF;
    RETURN OLD;
END $$
"""
_TRIGGER_POSTGRESQL = """
CREATE OR REPLACE TRIGGER audit_record_kept BEFORE UPDATE OR TRUNCATE ON audit_record
FOR EACH STATEMENT EXECUTE FUNCTION audit_record_kept()
"""
_TRIGGER_DELETE_POSTGRESQL = """
CREATE OR REPLACE TRIGGER audit_record_kept_rows BEFORE DELETE ON audit_record
FOR EACH ROW EXECUTE FUNCTION audit_record_kept_rows()
"""
_KEPT = {
    "sqlite": [
        _REFUSE_SQLITE.format(name="no_update", verb="update", when=""),
        "DROP TRIGGER IF EXISTS audit_record_no_delete",  # that of a gateway before, which knew no removal
        _REFUSE_SQLITE.format(name="no_delete", verb="delete", when=f"WHEN OLD.sequence > {_REMOVED}"),
    ],
    "postgresql": [_REFUSE_POSTGRESQL, _REFUSE_DELETE_POSTGRESQL, _TRIGGER_POSTGRESQL, _TRIGGER_DELETE_POSTGRESQL],
}


async def make_tables(connection: AsyncConnection) -> None:
    """Make the tables that aren't there yet, with triggers that refuse what is no insertion, and no removal for age."""
    await connection.run_sync(lambda sync: SQLModel.metadata.create_all(sync, tables=TABLES))
    for statement in _KEPT[connection.dialect.name]:
        await connection.exec_driver_sql(statement)
