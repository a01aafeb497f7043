"""What one reading of a source said so far: what there is, what is the same, gone, or doubtful."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from callboard_sdk.sources import Part, Whole

from callboard_catalog.descriptors.descriptor import Doubt


@dataclass
class Pass:
    """What one reading said so far: the names of items, and what is doubtful; `ended` is how it said that it ended.

    `stopped` is whether it said that the source can't be read at all, or not on.
    """

    seen: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    orphaned: set[int] = field(default_factory=set)
    """The numbers of documents that it found their source without."""
    ended: Whole | Part | None = None
    stopped: bool = False

    @property
    def failure(self) -> str | None:
        """Why the reading failed: it said so, or could read nothing of what there is; None where only some items are in doubt."""
        told = {doubt.name: doubt.problem.message for doubt in reversed(self.doubts) if doubt.problem is not None}
        if not told or (not self.stopped and (self.seen or self.same or self.gone)):
            return None
        return told.get("", next(reversed(told.values())))

    def found(self, name: str, above: set[str]) -> bool:
        """Whether the item is there; `above` are its name and those of what it lies below."""
        return name in self.seen or not above.isdisjoint(self.same)

    def is_unsure(self, name: str) -> bool:
        """Whether the item was not found, which proves nothing: it could not be looked for."""
        return any(doubt.covers(name) for doubt in self.doubts) and not self.found(name, set(and_above(name)))


def and_above(name: str) -> Iterator[str]:
    """The name, and those of what it lies below."""
    yield name
    while (at := name.rfind("/")) > 0:
        name = name[:at]
        yield name
