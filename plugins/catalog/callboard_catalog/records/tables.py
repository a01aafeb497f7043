"""The catalog's tables in the gateway's database.

What sources say is in items and documents, and never anywhere else; entities, marks, relations and problems are made of it,
and could be made again. Texts that stand in many rows are terms: they are kept once, and the rows have their numbers.
Whoever writes holds the catalog's lock, so numbers are given in the order of commits.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, PrimaryKeyConstraint, String, text
from sqlmodel import Field, SQLModel

_BYTES = String().with_variant(String(collation="C"), "postgresql")
"""Text that is compared and ordered by its bytes, as in SQLite, not by the rules of a language that a server was set up with."""
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
_COUNTED = {"autoincrement": False}


class TermRow(SQLModel, table=True):
    """A text that others refer to by its number: an entity's ref, a relation's type, what an entity is marked with."""

    __tablename__ = "catalog_term"

    id: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    text: str = Field(sa_type=_BYTES, unique=True)


class SourceRow(SQLModel, table=True):
    """A source: when it is read next, who reads it now, and how that went. Times are seconds since 1970."""

    __tablename__ = "catalog_source"

    name: str = Field(sa_type=_BYTES, primary_key=True)
    rank: int
    """Of two documents for one entity, that of the source with the lower rank stands."""
    due: float = 0.0
    reader: str | None = None
    """The process that reads it."""
    until: float = 0.0
    """When the reader loses it to another, if it is not heard of till then."""
    started: float | None = None
    succeeded: float | None = None
    """When a reading last came to its end."""
    failed: float | None = None
    """When one last didn't, since one did."""
    error: str | None = None
    failures: int = 0
    cursor: str | None = None
    held: int = 0
    """How many entities would go, if a person let them."""
    held_of: int = 0
    held_key: str | None = None
    """Names what would go: who lets it go names it too, so that nothing else goes."""
    allowed_key: str | None = None


_ORPHANED = text("orphaned IS NOT NULL")


class ItemRow(SQLModel, table=True):
    """A unit of a source that is read as one: a file, mostly. An item without documents may be known for its version alone."""

    __tablename__ = "catalog_item"
    __table_args__ = (Index("catalog_item_of_source", "source", "name", unique=True),)

    id: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    source: str = Field(sa_type=_BYTES)
    name: str = Field(sa_type=_BYTES)
    digest: str = ""
    """Of what it was read from, when that alone says what is in it; empty when other files are in it too."""
    version: str | None = None
    documents: int = 0
    unread: bool = False
    """Whether it could not be read to its end; what was known of it before stays."""
    orphaned: float | None = None
    """Since when its source doesn't have it any more; what it held may still be shown."""


class DocumentRow(SQLModel, table=True):
    """A descriptor as its source has it. `digest` is of its body, `content` of the body without its place."""

    __tablename__ = "catalog_document"
    __table_args__ = (
        Index("catalog_document_of_item", "item", "position"),
        Index("catalog_document_orphaned", "item", sqlite_where=_ORPHANED, postgresql_where=_ORPHANED),
    )

    id: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    item: int = Field(sa_type=_NUMBER)
    position: int
    entity: int = Field(sa_type=_NUMBER, index=True)
    """The term of its ref."""
    kept: bool = False
    """Whether it stands only because its item could not be read to its end."""
    orphaned: float | None = None
    """Since when its source doesn't have it any more, be it with its item or inside it."""
    leaving: bool = False
    """Whether it goes when its time as an orphan is over; one that is not is held back till a person lets it go."""
    digest: str
    content: str
    body: bytes


class EntityRow(SQLModel, table=True):
    """An entity: the document that stands for it, and what lists are ordered and narrowed by.

    `catalog_entity_of_owner` gives those of one owner in the order of lists; by `catalog_entity_with_owner` SQLite goes through
    all in that order, and reads only those of one of many owners.
    """

    __tablename__ = "catalog_entity"
    __table_args__ = (
        Index("catalog_entity_of_kind", "kind", "sort"),
        Index("catalog_entity_in_namespace", "namespace", "sort"),
        Index("catalog_entity_of_owner", "owner", "sort", unique=True),
        Index("catalog_entity_with_owner", "sort", "owner", unique=True),
        Index("catalog_entity_by_title", "titled", "sort"),
        Index("catalog_entity_by_creation", "created", "sort"),
        Index("catalog_entity_by_change", "changed", "sort"),
    )

    id: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    """The term of its ref."""
    sort: str = Field(sa_type=_BYTES, unique=True)
    kind: str = Field(sa_type=_BYTES)
    namespace: str = Field(sa_type=_BYTES)
    owner: str = Field(sa_type=_BYTES)
    """The ref of its owner; empty where it has none, and SEVERAL where its relations say which they are."""
    document: int = Field(sa_type=_NUMBER)
    content: str
    titled: str = Field(sa_type=_BYTES)
    """What lists by title are ordered by: the title, or else the name, in small letters and cut."""
    created: float
    changed: float


class MarkRow(SQLModel, table=True):
    """What lists and conditions ask of an entity: a tag, a label, an annotation, a value of its spec, its title, type or
    lifecycle, or a ref that it says it is tied to, each as a term that `marks` makes.

    The primary key gives all that have a term in the order of lists, the other index whether one entity has it.
    """

    __tablename__ = "catalog_mark"
    __table_args__ = (
        PrimaryKeyConstraint("term", "sort", postgresql_include=["entity"]),
        Index("catalog_mark_of_entity", "entity", "term"),
        {"sqlite_with_rowid": False},
    )

    term: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    sort: str = Field(sa_type=_BYTES, primary_key=True)
    entity: int = Field(sa_type=_NUMBER)


class RelationRow(SQLModel, table=True):
    """One direction of a relation, all of it terms; the other has a row of its own, so every look-up is by `source`.

    `mirrored` rows are there because the target's document declares the other direction.
    """

    __tablename__ = "catalog_relation"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    type: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    target: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    mirrored: bool = Field(primary_key=True)


class ProblemRow(SQLModel, table=True):
    """A problem; `key` orders them by file and line, and is made from nothing but the problem and what has it.

    It was found in reading an item (`item`) or a source, or follows from what is stored of an entity (`follows`).
    """

    __tablename__ = "catalog_problem"

    key: str = Field(sa_type=_BYTES, primary_key=True)
    source: str = Field(sa_type=_BYTES, index=True)
    item: int | None = Field(default=None, sa_type=_NUMBER, index=True)
    follows: int | None = Field(default=None, sa_type=_NUMBER, index=True)
    entity: str | None = Field(default=None, sa_type=_BYTES, index=True)
    rule: str = Field(index=True)
    severity: str = Field(index=True)
    body: bytes
    since: float
    """When it came."""


class UncheckedRow(SQLModel, table=True):
    """An entity, or a ref without one, whose problems are to be worked out again."""

    __tablename__ = "catalog_unchecked"

    entity: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)


class ChangeRow(SQLModel, table=True):
    """The journal: one change, in the order of commits. `before` is what an entity, or a problem, was till then."""

    __tablename__ = "catalog_change"
    __table_args__ = (Index("catalog_change_of_entity", "entity", "number"),)

    number: int = Field(primary_key=True, sa_type=_NUMBER, sa_column_kwargs=_COUNTED)
    at: float = Field(index=True)
    what: str
    """ENTITY, PROBLEM, SOURCE or INSIDE."""
    how: str
    """CREATED, CHANGED or REMOVED."""
    entity: int | None = Field(default=None, sa_type=_NUMBER)
    name: str | None = None
    """The problem's key, or the source's name."""
    before: bytes | None = None


class UpkeepRow(SQLModel, table=True):
    """The one row that says when what nobody needs any more is removed next, and since when every change is known."""

    __tablename__ = "catalog_upkeep"

    id: int = Field(primary_key=True, sa_column_kwargs=_COUNTED)
    due: float
    known_from: float
    """Changes before it may have been removed; 0 while none were."""


TABLES = tuple(
    SQLModel.metadata.tables[str(row.__tablename__)]
    for row in (
        TermRow, SourceRow, ItemRow, DocumentRow, EntityRow, MarkRow, RelationRow, ProblemRow, UncheckedRow, ChangeRow,
        UpkeepRow,
    )
)  # fmt: skip
