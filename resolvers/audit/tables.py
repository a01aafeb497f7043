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


class HeadRow(SQLModel, table=True):
    """The one row that says which record is the last, so that one that is deleted at the end is missed."""

    __tablename__ = "audit_head"

    id: int = Field(default=1, primary_key=True)
    sequence: int = Field(sa_type=_BIG)
    hash: str


TABLES = [SQLModel.metadata.tables[str(table.__tablename__)] for table in (AuditRow, HeadRow)]

_REFUSE_SQLITE = """
CREATE TRIGGER IF NOT EXISTS audit_record_no_{verb} BEFORE {verb} ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
"""
_REFUSE_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_record_kept() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
"""
_TRIGGER_POSTGRESQL = """
CREATE OR REPLACE TRIGGER audit_record_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
FOR EACH STATEMENT EXECUTE FUNCTION audit_record_kept()
"""
_KEPT = {
    "sqlite": [_REFUSE_SQLITE.format(verb=verb) for verb in ("update", "delete")],
    "postgresql": [_REFUSE_POSTGRESQL, _TRIGGER_POSTGRESQL],
}


async def make_tables(connection: AsyncConnection) -> None:
    """Make the tables that aren't there yet, with triggers that refuse what is no insertion."""
    await connection.run_sync(lambda sync: SQLModel.metadata.create_all(sync, tables=TABLES))
    for statement in _KEPT[connection.dialect.name]:
        await connection.exec_driver_sql(statement)
