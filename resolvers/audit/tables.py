"""The audit's tables in the gateway's database; triggers, which migrations make, keep rows from being changed by mistake."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
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
