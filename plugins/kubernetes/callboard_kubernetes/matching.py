"""Which objects belong to an entity: read from its `backstage.io/kubernetes-*` annotations."""

from __future__ import annotations

from dataclasses import dataclass

from callboard_sdk import CallboardError, Entity

from .selectors import InvalidSelector, Selector
from .settings import NAMESPACE

ID = "backstage.io/kubernetes-id"
LABEL_SELECTOR = "backstage.io/kubernetes-label-selector"
NAMESPACE_ANNOTATION = "backstage.io/kubernetes-namespace"
CLUSTER = "backstage.io/kubernetes-cluster"


class BadAnnotation(CallboardError):
    """An entity's annotation says something that can't be followed: its owner can mend it."""

    code = "BAD_ANNOTATION"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The objects that belong to one entity. `id` is set where they are found by the label of that name alone."""

    selector: Selector
    id: str | None = None
    namespace: str | None = None
    cluster: str | None = None

    @property
    def narrowest(self) -> Selector:
        """What a server may filter a cluster-wide list by, so that entities that are found by id share one list."""
        return Selector.exists(ID) if self.id is not None else self.selector

    def __str__(self) -> str:
        place = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.selector}{place}"


def wanted(entity: Entity) -> Wanted | None:
    """What this entity's annotations select; None when they name neither an id nor a selector.

    A label selector stands above an id, as in Backstage. Raises BadAnnotation, naming entity and annotation.
    """
    notes = entity.annotations
    text, name = notes.get(LABEL_SELECTOR, "").strip(), notes.get(ID, "").strip()
    if not text and not name:
        return None
    namespace = notes.get(NAMESPACE_ANNOTATION, "").strip() or None
    if namespace and not NAMESPACE.fullmatch(namespace):
        raise BadAnnotation(
            f"{entity.ref} has {NAMESPACE_ANNOTATION}: {namespace[:80]!r}, which is not a namespace's name: correct it"
        )
    cluster = notes.get(CLUSTER, "").strip() or None
    if not text:
        return Wanted(Selector.equal({ID: name}), name, namespace, cluster)
    try:
        return Wanted(Selector.parse(text), None, namespace, cluster)
    except InvalidSelector as error:
        raise BadAnnotation(f"{entity.ref} has {LABEL_SELECTOR}: {text[:200]!r}, which is no label selector: {error}") from None
