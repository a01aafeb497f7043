"""Who may use which coordinate: the Casbin model, the rules and their forms, and the Decisions made from them."""

from .decisions import Decision, Decisions
from .files import DEFAULT_RULES, read_rules
from .policies import Policies
from .policy import Policy
from .rules import Inherits, Member, PolicyError, Rule, Rules

__all__ = [
    "DEFAULT_RULES",
    "Decision",
    "Decisions",
    "Inherits",
    "Member",
    "Policies",
    "Policy",
    "PolicyError",
    "Rule",
    "Rules",
    "read_rules",
]
