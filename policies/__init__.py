"""Who may read which coordinate: the Casbin model, the default rules, and the Decisions made from them."""

from .enforcer import Decision, Decisions, Policy
from .rules import DEFAULT_RULES, PolicyError, Rule, Rules, read_rules

__all__ = ["DEFAULT_RULES", "Decision", "Decisions", "Policy", "PolicyError", "Rule", "Rules", "read_rules"]
