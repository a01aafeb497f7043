"""What a request was refused while it ran, for the audit: it is of entities, and no decision alone tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.planning.plan import FilterForbidden, Forbidden
from resolvers.batching import RequestContext

from .executor import Result


@dataclass(frozen=True, slots=True)
class Refused:
    """By coordinate the decisions that the response's errors name; and by type how many ids gave `nothing` to a viewer who may
    not see all of it: hidden or absent, which isn't told apart here either.

    However many entities a coordinate was refused of, it is in it once.
    """

    denied: Mapping[str, str] = field(default_factory=dict)
    nothing: Mapping[str, int] = field(default_factory=dict)


NOTHING_REFUSED = Refused()


def refused(result: Result, context: RequestContext) -> Refused:
    """What this run was refused."""
    if not result.errors and not context.nothing:
        return NOTHING_REFUSED
    errors = (error.original_error for error in result.errors or ())
    decisions = {error.decision for error in errors if isinstance(error, Forbidden | FilterForbidden)}
    return Refused({decision.coordinate: decision.id for decision in decisions}, context.nothing)
