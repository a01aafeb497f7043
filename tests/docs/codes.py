"""The error codes, and the reasons of upstreams' failures, that the source can answer with."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.docs.snippets import ROOT

_TAKES_CODE_SECOND = {"RequestError", "shape_errors"}
_TAKES_REASON_SECOND = {"UpstreamError", "_final", "_broken"}


def error_codes() -> set[str]:
    """What `extensions.code` may be: the `code` of an error's class, or what is passed as one."""
    return _found(_codes)


def upstream_reasons() -> set[str]:
    """What `extensions.reason` of an UpstreamError may be."""
    return _found(_reasons)


def sources() -> Iterator[Path]:
    """The modules of the gateway and of the plugins, without tests."""
    for pattern in (
        "gateway/**/*.py",
        "resolvers/**/*.py",
        "schema/**/*.py",
        "policies/**/*.py",
        "plugins/*/callboard_*/**/*.py",
    ):
        yield from ROOT.glob(pattern)


def _found(find: Callable[[ast.AST], Iterator[ast.expr | None]]) -> set[str]:
    values = (
        value for file in sources() for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for value in find(node)
    )
    return {text for value in values for text in _texts(value)}


def _codes(node: ast.AST) -> Iterator[ast.expr | None]:
    match node:
        case ast.ClassDef():
            for statement in node.body:
                match statement:
                    case ast.Assign(targets=[ast.Name("code")]) | ast.AnnAssign(target=ast.Name("code")):
                        yield statement.value
        case ast.Dict():
            yield from (
                value for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant) and key.value == "code"
            )
        case ast.Call():
            yield from _passed(node, "code", _TAKES_CODE_SECOND)
        case ast.arguments():
            named = [*node.posonlyargs, *node.args]
            yield from (d for a, d in zip(named[::-1], node.defaults[::-1]) if a.arg == "code")
            yield from (d for a, d in zip(node.kwonlyargs, node.kw_defaults) if a.arg == "code")


def _reasons(node: ast.AST) -> Iterator[ast.expr | None]:
    match node:
        case ast.Call():
            yield from _passed(node, "reason", _TAKES_REASON_SECOND)
        case ast.Assign(targets=[ast.Name("reason")]):
            yield node.value


def _passed(call: ast.Call, keyword: str, second: set[str]) -> Iterator[ast.expr]:
    if isinstance(call.func, ast.Name) and call.func.id in second and len(call.args) > 1:
        yield call.args[1]
    yield from (given.value for given in call.keywords if given.arg == keyword)


def _texts(value: ast.expr | None) -> list[str]:
    """The texts in capitals that an expression may be, as far as they are written out."""
    match value:
        case ast.Constant(str(text)) if text.isupper():
            return [text]
        case ast.IfExp():
            return _texts(value.body) + _texts(value.orelse)
    return []
