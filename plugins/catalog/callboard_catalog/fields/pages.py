"""How much may be asked for at once, and what that costs."""

from __future__ import annotations

from typing import Annotated

import strawberry
from callboard_sdk import BadArgument

MAX_PAGE = 100
"""Of whatever is asked for by number, or by name."""
PAGE = "an SQL statement each: the page, and its total where it is asked for"
Most = Annotated[int, strawberry.argument(description="How many at most, 1 to 100.")]


def checked(name: str, number: int, most: int) -> None:
    """Raises BadArgument for a number that is too small or too large."""
    if not 1 <= number <= most:
        raise BadArgument(f"`{name}` is {number}: give 1 to {most}")
