"""Conditions bound to a viewer: each predicate is asked once a request, and what they say together is one Expression."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from callboard_sdk.conditions import ALWAYS, NEVER, Expression, every, no, some

from .conditions import All, Any, Condition, Negated, Predicate, predicates

Ask = Callable[[str, str], Awaitable[Expression | None]]
"""Asks a predicate, by its name and the JSON of its parameters, for one viewer; None where it can't say."""


async def bind(conditions: Iterable[Condition], ask: Ask) -> dict[Condition, Expression]:
    """The Expression of each condition. A predicate that can't say hides: it counts as not held, and under `not` as held."""
    wanted = dict.fromkeys(conditions)
    asked = list(dict.fromkeys(predicate for condition in wanted for predicate in predicates(condition)))
    answers = await asyncio.gather(*(ask(one.name, one.parameters) for one in asked))
    known = dict(zip(asked, answers, strict=True))
    return {condition: _bound(condition, known, NEVER) for condition in wanted}


def _bound(condition: Condition, known: Mapping[Predicate, Expression | None], unknown: Expression) -> Expression:
    match condition:
        case Predicate():
            said = known[condition]
            return unknown if said is None else said
        case All(parts):
            return every(_bound(part, known, unknown) for part in parts)
        case Any(parts):
            return some(_bound(part, known, unknown) for part in parts)
        case Negated(part):
            return no(_bound(part, known, ALWAYS if unknown is NEVER else NEVER))
