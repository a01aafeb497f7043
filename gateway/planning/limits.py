"""How big an operation is, known before anything runs: depth, fields and aliases, fragments counted at each use."""

from __future__ import annotations

from dataclasses import dataclass

from callboard_sdk import ClientError
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class LimitExceeded(ClientError):
    """The operation asks for more than one request may; the text says which limit, and by how much."""

    code = "LIMIT_EXCEEDED"


@dataclass(slots=True)
class Size:
    """An operation's size. `fields` counts a fragment's fields each time it is spread."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0

    def below(self, other: Size, levels: int) -> None:
        """Add what stands `levels` deeper."""
        self.depth = max(self.depth, other.depth + levels)
        self.fields += other.fields
        self.aliases += other.aliases


def measure(document: DocumentNode, operation: OperationDefinitionNode) -> Size:
    """The operation's size, in time linear in the document: a fragment is measured once, however often it is spread.

    The document need not be valid: an unknown fragment has no fields, and one that holds itself ends there.
    """
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return _measure(operation.selection_set, fragments, {})


def _measure(selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], known: dict[str, Size]) -> Size:
    size = Size()
    for node in selected.selections:
        if isinstance(node, FieldNode):
            size.below(Size(0, 1, 1 if node.alias and node.alias.value != node.name.value else 0), 1)
            if node.selection_set:
                size.below(_measure(node.selection_set, fragments, known), 1)
        elif isinstance(node, InlineFragmentNode):
            size.below(_measure(node.selection_set, fragments, known), 0)
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in known:
                known[name] = Size()
                known[name] = _measure(fragments[name].selection_set, fragments, known) if name in fragments else Size()
            size.below(known[name], 0)
    return size


def check_limits(size: Size, *, depth: int, fields: int, aliases: int) -> None:
    """Raise LimitExceeded at the first limit that the operation is over."""
    for what, found, most in (
        ("levels deep", size.depth, depth),
        ("fields", size.fields, fields),
        ("aliases", size.aliases, aliases),
    ):
        if found > most:
            raise LimitExceeded(
                f"the operation has {found} {what}; at most {most} are allowed: ask for less, or in several requests"
            )
