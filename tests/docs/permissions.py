"""The table of all permissions, made from the plugins and from what the default rules decide."""

from __future__ import annotations

from gateway.loading import load, stitch_what_fits
from policies import DEFAULT_RULES, Policy, read_rules
from resolvers.core import Whole, core_plugin

from tests.docs.settings import PLUGINS
from tests.docs.tables import table

ROLES = ("viewer", "developer", "finance", "admin")


def permissions_table() -> str:
    """A row for each permission of the core and of the plugins of this repository, with the default roles that have it."""
    supergraph, _ = stitch_what_fits(load(PLUGINS), core_plugin(Whole()))
    policy = Policy(read_rules(DEFAULT_RULES), supergraph)

    def has(role: str, permission: str) -> bool:
        opened = [coordinate for coordinate, guard in supergraph.guards.items() if guard.permission == permission]
        return all(decision.allowed for decision in policy.decide(frozenset({role}), opened).values())

    found = sorted(supergraph.permissions.values(), key=lambda one: (one.plugin != "core", one.plugin))
    rows = [(f"`{one.name}`", one.description, *("yes" if has(role, one.name) else "" for role in ROLES)) for one in found]
    return table(("permission", "what it lets a viewer do", *(f"`{role}`" for role in ROLES)), rows)
