"""The policy's tables in the gateway's database: versions, drafts, and roles given in an emergency."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class VersionRow(SQLModel, table=True):
    """One version of the rules that are kept in the database; never changed. Instants are UTC, as the audit writes them."""

    __tablename__ = "policy_version"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    parent: int
    text: str
    digest: str
    author: str
    at: str
    note: str
    reverts: int | None = None


class DraftRow(SQLModel, table=True):
    """Rules that are not in effect yet."""

    __tablename__ = "policy_draft"

    key: str = Field(primary_key=True)
    owner: str = Field(index=True)
    parent: int
    revision: int
    text: str
    created: str
    changed: str


class EmergencyRow(SQLModel, table=True):
    """A role that a viewer has for a while, past the policy."""

    __tablename__ = "policy_emergency"

    key: str = Field(primary_key=True)
    subject: str
    role: str
    reason: str
    granted_by: str
    at: str
    expires: str = Field(index=True)
    ended: str | None = None
    ended_by: str | None = None


TABLES = [SQLModel.metadata.tables[str(table.__tablename__)] for table in (VersionRow, DraftRow, EmergencyRow)]
