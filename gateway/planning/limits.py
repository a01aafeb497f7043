"""How big an operation is, known before anything runs: depth, fields and aliases, fragments counted at each use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb

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
    """An operation's size. `fields` counts a fragment's fields each time it is spread.

    `merges` counts the pairs of selections that fall on one response key and must be compared before they are merged
    (GraphQL spec, section 5.3.2); fragments are compared in pairs, too.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    merges: int = 0
    fragments: int = 0

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
    size = _measure(operation.selection_set, fragments, {})
    size.fragments = len(fragments)
    return size


def count_merges(document: DocumentNode, operation: OperationDefinitionNode, size: Size) -> None:
    """Fill in `merges`, in time linear in `fields`: so only for a size that is known to be within its other limits."""
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    size.merges = _merges([operation.selection_set], fragments, size.depth)


def _merges(merged: Sequence[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode], depth: int) -> int:
    if depth < 0:
        return 0  # deeper than the operation is: a fragment holds itself, which validation refuses
    by_key: dict[str, list[FieldNode]] = defaultdict(list)
    for node in _opened(merged, fragments):
        by_key[(node.alias or node.name).value].append(node)
    below = sum(_merges([n.selection_set for n in nodes if n.selection_set], fragments, depth - 1) for nodes in by_key.values())
    return below + sum(comb(len(nodes), 2) for nodes in by_key.values())


def _opened(merged: Sequence[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """The fields of these selection sets, fragments opened, each once."""
    seen: set[str] = set()
    waiting = [node for selected in merged for node in selected.selections]
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            waiting += node.selection_set.selections
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen and node.name.value in fragments:
            seen.add(node.name.value)
            waiting += fragments[node.name.value].selection_set.selections


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


def check_limits(size: Size, *, depth: int, fields: int, aliases: int, merges: int, fragments: int) -> None:
    """Raise LimitExceeded at the first limit that the operation is over."""
    for what, found, most in (
        ("levels", size.depth, depth),
        ("fields", size.fields, fields),
        ("aliases", size.aliases, aliases),
        ("pairs of selections to merge", size.merges, merges),
        ("fragments", size.fragments, fragments),
    ):
        if found > most:
            raise LimitExceeded(
                f"the operation has {found} {what}; at most {most} are allowed: ask for less, or in several requests"
            )
