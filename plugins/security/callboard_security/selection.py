"""Which findings a filter lets through, and one page of them: they are in order already, so a page is a slice."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from callboard_sdk import BadArgument, Connection, Page, connect

from .identity import name_key, package_of, version_key
from .index import Index
from .model import Finding, FindingFilter, FindingPackage

T = TypeVar("T")
MAX_TEXT = 500


def select(findings: Sequence[Finding], given: FindingFilter | None, index: Index) -> Sequence[Finding]:
    """The findings that meet all of a filter's conditions, in order. Raises BadArgument for a text that is too long."""
    if given is None:
        return findings
    for test in (_identifier(given, index), *_simple(given), _package(given)):
        findings = list(filter(test, findings)) if test else findings
    return findings


Test = Callable[[Finding], bool]


def _simple(given: FindingFilter) -> list[Test]:
    """Enum values are looked for in short tuples: those compare by identity, while a set hashes in Python."""
    tests: list[Test] = []
    if given.severity is not None:
        severities = tuple(dict.fromkeys(given.severity))
        tests.append(lambda finding: finding.severity in severities)
    if given.state is not None:
        states = tuple(dict.fromkeys(given.state))
        tests.append(lambda finding: finding.state in states)
    if given.kind is not None:
        kinds = tuple(dict.fromkeys(given.kind))
        tests.append(lambda finding: finding.kind in kinds)
    if given.fixable is not None:
        tests.append(lambda finding: (finding.fixed_version is not None) is given.fixable)
    return tests


def _identifier(given: FindingFilter, index: Index) -> Test | None:
    if given.identifier is None:
        return None
    keys = {finding.key for finding in index.by_identifier(_short(given.identifier, "identifier"))}
    return lambda finding: finding.key in keys


def _package(given: FindingFilter) -> Test | None:
    if given.package is None:
        return None
    text = _short(given.package, "package")
    wanted = package_of(text) if text.startswith("pkg:") else FindingPackage(name=text)
    if wanted is None:
        raise BadArgument(f"`package` is {text[:80]!r}, which is no package URL: write pkg:type/name, or a name alone")
    name, version = name_key(wanted.name), version_key(wanted.version)
    kind = text.partition("/")[0].lower() if text.startswith("pkg:") else ""

    def test(finding: Finding) -> bool:
        package = finding.package
        if package is None or name_key(package.name) != name:
            return False
        same_kind = not (kind and package.purl) or package.purl.startswith(kind + "/")
        return same_kind and (not version or version_key(package.version) == version)

    return test


def _short(text: str, argument: str) -> str:
    if not text.strip() or len(text) > MAX_TEXT:
        raise BadArgument(f"`{argument}` has {len(text)} characters: give 1 to {MAX_TEXT}, or leave it out")
    return text.strip()


def cut(items: Sequence[T], page: Page, key: Callable[[T], str]) -> Connection[T]:
    """One page of items that are sorted by `key` already, found by bisection.

    Whether one is here is what documents say, and never whether there is an entity in the catalog.
    """
    start = bisect_right(items, page.after, key=key) if page.after is not None else 0
    end = bisect_left(items, page.before, key=key) if page.before is not None else len(items)
    if page.first is not None:
        end = min(end, start + page.first)
    else:
        start = max(start, end - page.size)
    part = items[start:end]
    return connect(
        part,
        page,
        key,
        total=len(items),
        more_before=bool(part) and start > 0,
        more_after=bool(part) and end < len(items),
        access=page.access,
    )
