"""Table tests of rules: who may use what, for which entity, written beside the rules that must say so.

groups:                       # which groups are in which, where no catalog says so
  group:default/checkout: group:default/engineering
tests:
  - viewer: {roles: [developer], groups: [group:default/checkout]}
    entity: {kind: Component, name: web, owner: group:default/engineering, tags: [pci]}
    allowed: [Component.cost]
    denied: [Component.security]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from callboard_sdk import EntityRef, Settings, Viewer, ViewerKind
from callboard_sdk.entities import ENTITY_TYPES, Entity, OpaqueEntity
from callboard_sdk.ref import DEFAULT_NAMESPACE
from callboard_sdk.yaml import Document, YamlError, read_documents
from pydantic import BeforeValidator, ValidationError

from gateway.wording import explain

_CHOICES = frozenset(
    {"TestEntity", "EntityRef", "function-plain[_from_text()]", "function-before[_several(), tuple[EntityRef, ...]]"}
)
"""What pydantic puts into the place of a mistake to say which of several types it tried."""


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_several)]
Refs = Annotated[tuple[EntityRef, ...], BeforeValidator(_several)]


class TestViewer(Settings):
    """Who asks."""

    __test__ = False  # pytest takes it for a test
    subject: str = "somebody"
    """What the token says its subject is."""
    roles: Texts = ()
    """The roles that the token brings; those of a member come from the rules."""
    user: EntityRef | None = None
    """The viewer's own entity."""
    groups: Refs = ()
    """The groups it belongs to directly."""

    def viewer(self) -> Viewer:
        """As the gateway would see it."""
        return Viewer(self.subject, ViewerKind.PERSON, frozenset(self.roles), self.user, frozenset(self.groups))


class TestEntity(Settings):
    """The entity asked about, by its properties."""

    __test__ = False
    name: str
    """Its name."""
    kind: str = "Component"
    """Its kind, as its descriptor writes it."""
    namespace: str = DEFAULT_NAMESPACE
    """Its namespace."""
    owner: str | None = None
    """Its owner, as its spec writes it."""
    lifecycle: str | None = None
    """Its lifecycle."""
    tags: Texts = ()
    """Its tags."""
    labels: dict[str, str] = {}
    """Its labels."""
    annotations: dict[str, str] = {}
    """Its annotations."""
    spec: dict[str, Any] = {}
    """The rest of its spec."""

    def entity(self) -> Entity:
        """As the catalog would have it."""
        made = next((kind for kind in ENTITY_TYPES if kind.KIND.lower() == self.kind.lower()), OpaqueEntity)
        told = {"owner": self.owner, "lifecycle": self.lifecycle}
        return made(
            ref=EntityRef(self.kind, self.namespace, self.name),
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            tags=list(self.tags) or None,
            labels=self.labels,
            annotations=self.annotations,
            links=(),
            spec={key: value for key, value in told.items() if value is not None} | self.spec,
            source=None,
        )


class Expectation(Settings):
    """One test: what a viewer may use, and what it may not."""

    name: str | None = None
    """What it shows."""
    viewer: TestViewer = TestViewer()
    """Who asks."""
    entity: EntityRef | TestEntity | None = None
    """The entity it asks about: its properties, or the ref of one of the catalog; none for what isn't about an entity."""
    holds: dict[str, bool] = {}
    """What predicates are taken to say, such as `pager.isOnCall: true`, instead of being asked."""
    allowed: Texts = ()
    """Coordinates that it may use."""
    denied: Texts = ()
    """Coordinates that it may not use."""


class _File(Settings):
    groups: dict[EntityRef, Refs] = {}
    tests: tuple[Expectation, ...] = ()


@dataclass(frozen=True)
class Table:
    """The tests of one file, each with the line that it starts at; with `mistakes`, those alone that could be read."""

    file: str
    groups: Mapping[EntityRef, tuple[EntityRef, ...]] = field(default_factory=dict)
    tests: tuple[tuple[int, Expectation], ...] = ()
    mistakes: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """The tests in this file, with every mistake in it."""
    name = path.name
    try:
        documents = list(read_documents(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        return Table(name, mistakes=(f"{path}: can't be read ({error.strerror}): give the path of a file of tests",))
    except UnicodeError:
        return Table(name, mistakes=(f"{path}: is not UTF-8: save it as UTF-8",))
    except YamlError as error:
        return Table(name, mistakes=(f"{name}:{error.mark.line if error.mark else 1}: is not YAML: {error}",))
    if not documents:
        return Table(name)
    document = documents[0]
    mistakes = [f"{name}:{mark.line}: {'.'.join(map(str, at))} stands twice: keep one" for at, mark in document.duplicates]
    mistakes += [f"{name}:{documents[1].mark.line}: has several documents: write one"] if len(documents) > 1 else []
    groups: Mapping[EntityRef, tuple[EntityRef, ...]] = {}
    try:
        groups = _File.model_validate(document.value).groups
    except ValidationError as error:
        mistakes += sorted(set(_mistakes(name, document, error)))
    return Table(name, groups, tuple(_readable(document)), tuple(mistakes))


def _readable(document: Document) -> Iterator[tuple[int, Expectation]]:
    """Each test that can be read, whatever is wrong with others."""
    tests = document.value.get("tests") if isinstance(document.value, dict) else None
    for number, one in enumerate(tests if isinstance(tests, list) else ()):
        try:
            yield document.at(("tests", number)).line, Expectation.model_validate(one)
        except ValidationError:
            continue  # told with the file's mistakes


def _mistakes(name: str, document: Document, error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_url=False, include_input=False):
        place = tuple(part for part in one["loc"] if part not in _CHOICES)
        dotted = ".".join(map(str, place)) or "the file"
        yield f"{name}:{document.at(place).line}: {dotted}: {explain(_File, {**one, 'loc': place})}"
