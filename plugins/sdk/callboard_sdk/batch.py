"""What a field resolver receives: all the parents for which its field is asked at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Batch(Sequence[T]):
    """All the parents of one field in one request, in order, without duplicates.

    A field resolver returns one result per parent in the same order; an item may be an exception for that parent
    alone. Written this way, a field can't ask its upstream once per parent by accident.
    """

    __slots__ = ("_parents",)

    def __init__(self, parents: Sequence[T]) -> None:
        self._parents = tuple(parents)

    def __len__(self) -> int:
        return len(self._parents)

    def __iter__(self) -> Iterator[T]:
        return iter(self._parents)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._parents[index]

    def __repr__(self) -> str:
        return f"Batch({len(self._parents)} parents)"
