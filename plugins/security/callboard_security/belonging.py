"""Whose document it is: by its path, by what was scanned, or, for a VEX, by the SBOM that it links to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from callboard_sdk import EntityRef

from .patterns import Pattern, RefTemplate
from .reports import Content, Document
from .settings import SourceSettings


class Rules:
    """One source's rules, compiled. The first pattern that fits and gives a valid ref decides."""

    def __init__(self, source: SourceSettings) -> None:
        self._folders = _compiled(source.folders)
        self._artifacts = _compiled(source.artifacts)

    def owner(self, path: str, content: Content | None) -> EntityRef | None:
        """The entity a document belongs to, from its path, else from the names of what was scanned; None for nobody."""
        for text, rules in [
            (path, self._folders),
            *((name, self._artifacts) for name in (content.artifacts if content else ())),
        ]:
            for pattern, template in rules:
                captured = pattern.match(text)
                ref = template.fill(captured) if captured is not None else None
                if ref:
                    return ref
        return None


def _compiled(rules: dict[str, str]) -> list[tuple[Pattern, RefTemplate]]:
    patterns = [(Pattern(text), ref) for text, ref in rules.items()]
    return [(pattern, RefTemplate(ref, pattern.words)) for pattern, ref in patterns]


def follow_links(documents: Sequence[Document]) -> list[Document]:
    """The documents, with each VEX that belongs to nobody given to the owner of the SBOM that it links to.

    Only when all SBOMs it links to have one and the same owner: a VEX is never guessed to be somebody's.
    """
    owners: dict[str | None, EntityRef] = {
        d.content.serial: d.entity for d in documents if d.content and d.content.serial and d.entity
    }
    return [replace(d, entity=_linked(d, owners)) if d.entity is None else d for d in documents]


def _linked(document: Document, owners: dict[str | None, EntityRef]) -> EntityRef | None:
    statements = document.content.statements if document.content else ()
    found = {owners.get(statement.link.serial) for statement in statements if statement.link}
    return found.pop() if len(found) == 1 else None
