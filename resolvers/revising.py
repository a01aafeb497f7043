"""Writes the next version of an owner's tables: what a database of the last one lacks to be as the code wants it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from alembic.autogenerate import api
from sqlalchemy import Connection, create_engine
from sqlmodel.sql.sqltypes import AutoString

from .versions import MigrationError, Versions

_TEMPLATE = '''"""{message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

revision = "{revision}"
down_revision = {before}


def upgrade(op: Operations) -> None:
    """Come to this version."""
    {steps}
'''


def differences(versions: Versions, connection: Connection) -> list[Any]:
    """What a database at the newest version has and the code's tables have not, or the other way; Alembic's words for it."""
    context = versions.context(connection, include_object=versions.owns())
    return list(api.compare_metadata(context, versions.metadata()))


def revise(versions: Versions, message: str) -> Path:
    """Write the next version into the owner's package, from an empty SQLite that was brought to the newest one.

    It is a proposal, to be read: Alembic takes a column with another name for a new one. Raises MigrationError when there is
    nothing to write.
    """
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            versions.run(connection)
            steps = _steps(versions, connection)
    finally:
        engine.dispose()
    if steps == "pass":
        raise MigrationError(f"the versions of {versions.owner} come to its tables already: there is nothing to write")
    number = f"{len(versions.line) + 1:04}"
    before = f'"{versions.line[-1]}"' if versions.line else None
    slug = "_".join(re.findall(r"[a-z0-9]+", message.lower())) or "tables"
    file = versions.folder / f"v{number}_{slug}.py"
    text = _TEMPLATE.format(message=message.strip(". "), revision=number, before=before, steps=steps)
    file.write_text(text, encoding="utf-8")
    versions.forget()
    return file


def _steps(versions: Versions, connection: Connection) -> str:
    context = versions.context(connection, include_object=versions.owns())
    script = api.produce_migrations(context, versions.metadata())
    assert script.upgrade_ops is not None
    code = api.render_python_code(script.upgrade_ops, render_as_batch=True, render_item=_plain, migration_context=context)
    return "\n".join(line for line in code.splitlines() if not line.strip().startswith("#")).strip()


def _plain(kind: str, item: Any, _context: Any) -> Any:
    """SQLModel's texts are texts: a version needs nothing but SQLAlchemy."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False
