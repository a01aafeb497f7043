"""Descriptions for the graph, taken from docstrings where Python code already has them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache


def summary(owner: object) -> str | None:
    """The docstring of a class or function, dedented; None without one of its own."""
    text = owner.__dict__.get("__doc__") if isinstance(owner, type) else getattr(owner, "__doc__", None)
    return inspect.cleandoc(text) if text else None


@cache
def attribute_docs(cls: type) -> dict[str, str]:
    """The string that follows each attribute of a class body, by attribute name.

    Python drops these strings, so the class's source is read; a class without source (made in a shell) has none.
    """
    if cls.__module__ == "builtins":
        return {}
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    except (OSError, TypeError, SyntaxError, IndentationError):
        return {}
    if not isinstance(body, ast.ClassDef):
        return {}
    found: dict[str, str] = {}
    for here, after in zip(body.body, body.body[1:], strict=False):
        name = _assigned_name(here)
        if name and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            text = after.value.value
            if isinstance(text, str):
                found[name] = inspect.cleandoc(text)
    return found


def _assigned_name(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def where(thing: object) -> str:
    """`file:line` of a class or function, for messages about its definition."""
    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"  # type: ignore[arg-type]
    except (OSError, TypeError):
        return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', thing)}"
