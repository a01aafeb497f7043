"""The catalog's tables in the gateway's database."""

from __future__ import annotations

from sqlalchemy import String
from sqlmodel import Field, SQLModel

_ORDERED = String().with_variant(String(collation="C"), "postgresql")
"""Text that lists are ordered by: by its bytes, as in SQLite, not by the rules of a language that a server was set up with."""


class EntityRow(SQLModel, table=True):
    """One entity. `body` holds as JSON what only its readers need; `sort` orders lists and is unique."""

    __tablename__ = "catalog_entity"

    ref: str = Field(primary_key=True)
    sort: str = Field(sa_type=_ORDERED, index=True, unique=True)
    kind: str = Field(index=True)
    namespace: str
    type: str | None = None
    lifecycle: str | None = None
    words: str
    body: bytes


class RelationRow(SQLModel, table=True):
    """One direction of a relation; the other has a row of its own, so every look-up is by `source`."""

    __tablename__ = "catalog_relation"

    source: str = Field(primary_key=True)
    type: str = Field(sa_type=_ORDERED, primary_key=True)
    target: str = Field(sa_type=_ORDERED, primary_key=True)


class MarkRow(SQLModel, table=True):
    """A tag (with an empty value) or a label of an entity, to filter by."""

    __tablename__ = "catalog_mark"

    key: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    ref: str = Field(primary_key=True, index=True)


class ProblemRow(SQLModel, table=True):
    """A problem that reading found; `number` orders them as they were found."""

    __tablename__ = "catalog_problem"

    number: int = Field(primary_key=True)
    entity: str | None = Field(default=None, index=True)
    rule: str = Field(index=True)
    severity: str
    body: bytes


class StateRow(SQLModel, table=True):
    """The one row that says what was read last: a digest of everything, to write nothing when nothing changed."""

    __tablename__ = "catalog_state"

    id: int = Field(default=1, primary_key=True)
    digest: str
    body: bytes
