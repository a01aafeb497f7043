"""The catalog's tables in the gateway's database."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlmodel import Field, SQLModel

_BYTES = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared and ordered by its bytes, as in SQLite, not by the rules of a language that a server was set up with."""


class EntityRow(SQLModel, table=True):
    """One entity. `number` is its place in the order of lists, which `sort` tells cursors; `body` holds as JSON what only
    its readers need.
    """

    __tablename__ = "catalog_entity"
    __table_args__ = (
        Index("catalog_entity_of_kind", "kind", "number"),
        Index("catalog_entity_in_namespace", "namespace", "number"),
    )

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ref: str = Field(sa_type=_BYTES, unique=True)
    sort: str = Field(sa_type=_BYTES, unique=True)
    kind: str = Field(sa_type=_BYTES)
    namespace: str = Field(sa_type=_BYTES)
    words: str
    body: bytes


class MarkRow(SQLModel, table=True):
    """What lists and conditions ask of an entity: a tag (its value is empty), a label, an annotation, its type, its lifecycle,
    or a ref that it says it is tied to. `expressions` names keys and shortens values.

    The primary key finds all that have a mark, the other index whether one entity has it.
    """

    __tablename__ = "catalog_mark"
    __table_args__ = (Index("catalog_mark_of_entity", "key", "number", "value"), {"sqlite_with_rowid": False})

    key: str = Field(sa_type=_BYTES, primary_key=True)
    value: str = Field(sa_type=_BYTES, primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


class RelationRow(SQLModel, table=True):
    """One direction of a relation; the other has a row of its own, so every look-up is by `source`.

    `declared` says whether its source declares it; else only its target does.
    """

    __tablename__ = "catalog_relation"

    source: str = Field(sa_type=_BYTES, primary_key=True)
    type: str = Field(sa_type=_BYTES, primary_key=True)
    target: str = Field(sa_type=_BYTES, primary_key=True)
    declared: bool


class ProblemRow(SQLModel, table=True):
    """A problem that reading found; `key` orders them by file and line, and is made from nothing but the problem itself."""

    __tablename__ = "catalog_problem"

    key: str = Field(sa_type=_BYTES, primary_key=True)
    entity: str | None = Field(default=None, sa_type=_BYTES, index=True)
    rule: str = Field(index=True)
    severity: str
    body: bytes


class StateRow(SQLModel, table=True):
    """The one row that says what was read last: a digest of everything, to write nothing when nothing changed."""

    __tablename__ = "catalog_state"

    id: int = Field(default=1, primary_key=True)
    digest: str
    body: bytes
