"""What VEX statements say about a finding: CycloneDX analyses, matched by vulnerability, package and version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .identity import Aliases, ecosystem, package_key, version_key
from .model import FindingPackage
from .reports import Content, Document, Statement, Verdict


class Statements:
    """The statements of one entity's documents, by vulnerability.

    `library` holds all documents by serial number: a statement may speak of an element of another document.
    """

    def __init__(self, documents: Sequence[Document], aliases: Aliases, library: Mapping[str, Content]) -> None:
        self._by_id: dict[str, list[Statement]] = defaultdict(list)
        for document in documents:
            for statement in document.content.statements if document.content else ():
                known = _resolved(statement, library)
                if known:
                    at = known.verdict.at or (document.content.created_at if document.content else None)
                    dated = replace(known, verdict=replace(known.verdict, at=at))
                    self._by_id[aliases.canonical(known.identifier)].append(dated)

    def about(self, identifier: str, package: FindingPackage | None) -> list[Verdict]:
        """The verdicts on this vulnerability (its preferred id) in this package."""
        return [s.verdict for s in self._by_id.get(identifier, ()) if _speaks_of(s, package)]


def _resolved(statement: Statement, library: Mapping[str, Content]) -> Statement | None:
    """The statement with its link followed. One whose element can't be found speaks of nothing, not of everything;
    only a link to the described software itself (the document's own component) is about all of its packages.
    """
    if statement.package or statement.link is None:
        return statement
    content = library.get(statement.link.serial)
    if content is None:
        return None
    if statement.link.ref in content.artifacts:
        return replace(statement, link=None)
    package = content.packages.get(statement.link.ref)
    return replace(statement, package=package) if package else None


def _speaks_of(statement: Statement, package: FindingPackage | None) -> bool:
    about = statement.package
    if about is not None:
        if package is None or package_key(about)[0] != package_key(package)[0]:
            return False
        if ecosystem(about) and ecosystem(package) and ecosystem(about) != ecosystem(package):
            return False
    own = {version_key(version) for version in statement.versions}
    if not own and about is not None and about.version:
        own = {version_key(about.version)}
    return not own or (package is not None and version_key(package.version) in own)
