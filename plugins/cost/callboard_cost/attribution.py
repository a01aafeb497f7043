"""Whose a charge is: the settings' rules applied to a charge's tags, sub-account, resource and service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callboard_sdk import EntityRef

from .model import UnattributedReason
from .patterns import Matches
from .settings import RuleSettings

SUB_ACCOUNT = ("sub_account", "sub_account_name")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Either the entity that a charge belongs to, or why none could be told."""

    entity: EntityRef | None
    reason: UnattributedReason | None


_Judge = Callable[[Sequence[str]], EntityRef | None]


class Attributor:
    """The rules, ready to be asked. `columns` are what it must be told of a charge, in this order, as texts.

    An absent value is the empty text. Columns `tag0`, `tag1`, ... hold the values of `tags`, the keys in order.
    """

    def __init__(self, rules: Sequence[RuleSettings]) -> None:
        self.tags = tuple(dict.fromkeys(rule.tag for rule in rules if rule.tag is not None))
        sources = {rule.source for rule in rules}
        more = [name for name in ("resource", "service") if name in sources]
        self.columns = (*(f"tag{index}" for index in range(len(self.tags))), *SUB_ACCOUNT, *more)
        self._accounts = "sub_account" in sources
        self._judges = [self._judge(rule) for rule in rules]

    def attribute(self, charge: Sequence[str]) -> Attribution:
        """The entity that the first fitting rule gives; else the reason that says best what to mend."""
        for judge in self._judges:
            if (ref := judge(charge)) is not None:
                return Attribution(ref, None)
        return Attribution(None, self._reason(charge))

    def _judge(self, rule: RuleSettings) -> _Judge:
        if rule.tag is not None:
            place = self.tags.index(rule.tag)
            read = Matches(rule.values, rule.naming).ref if rule.values else rule.naming.ref
            return lambda charge: read(charge[place])
        matches = Matches(rule.entries, rule.naming)
        if rule.source == "sub_account":
            first = self.columns.index("sub_account")
            return lambda charge: matches.ref(charge[first]) or matches.ref(charge[first + 1])
        column = self.columns.index(rule.source)
        return lambda charge: matches.ref(charge[column])

    def _reason(self, charge: Sequence[str]) -> UnattributedReason:
        if any(charge[: len(self.tags)]):
            return UnattributedReason.UNUSABLE_TAG
        account = charge[self.columns.index("sub_account")]
        if self._accounts and account:
            return UnattributedReason.UNKNOWN_SUB_ACCOUNT
        return UnattributedReason.NO_TAG
