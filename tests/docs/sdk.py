"""The table of the SDK's public names, each with the first sentence of its own documentation."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import callboard_sdk
from callboard_sdk.docs import summary

from tests.docs.tables import table

MODULES = tuple(
    f"callboard_sdk{part}" for part in ("", ".conditions", ".entities", ".sources", ".spec", ".testing", ".wording", ".yaml")
)
_SENTENCE = re.compile(r".+?(?:\.(?=\s|$)|(?=\n\n|$))", re.DOTALL)


def sdk_tables() -> str:
    """A heading and a table for each module that plugins import from."""
    return "\n".join(f"### {name}\n\n{table(('name', 'what it is'), _rows(name))}" for name in MODULES)


def public_names(name: str) -> list[str]:
    """A module's public names: those it says itself, or those that it defines."""
    module = importlib.import_module(name)
    said: list[str] | None = getattr(module, "__all__", None)
    found = said if said is not None else [one for one in _defined(module) if one not in callboard_sdk.__all__]
    return sorted(found, key=str.lower)


def _rows(module: str) -> list[tuple[str, str]]:
    return [(f"`{name}`", _sentence(importlib.import_module(module), name)) for name in public_names(module)]


def _sentence(module: ModuleType, name: str) -> str:
    owner = getattr(module, name)
    text = _documented(name) or (summary(owner) if inspect.isclass(owner) or inspect.isfunction(owner) else None)
    sentence = _SENTENCE.match(text or "")
    return " ".join(sentence[0].split()) if sentence else ""


def _defined(module: ModuleType) -> list[str]:
    """Classes, functions and constants of the module itself, but for its private ones."""
    found = []
    for statement in ast.parse(inspect.getsource(module)).body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.append(name)
    return [name for name in found if not name.startswith("_") and not _is_type_variable(module, name)]


def _is_type_variable(module: ModuleType, name: str) -> bool:
    return type(getattr(module, name)).__name__ == "TypeVar"


def _documented(name: str) -> str | None:
    """What the string below its assignment says of a name, wherever in the SDK it is assigned."""
    for file in Path(inspect.getfile(callboard_sdk)).parent.glob("*.py"):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for here, after in zip(body, body[1:]):
            match here, after:
                case ast.Assign(targets=[ast.Name(id=assigned)]), ast.Expr(ast.Constant(str(text))) if assigned == name:
                    return inspect.cleandoc(text)
                case ast.AnnAssign(target=ast.Name(id=assigned)), ast.Expr(ast.Constant(str(text))) if assigned == name:
                    return inspect.cleandoc(text)
    return None
