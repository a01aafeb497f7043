"""Administers the policy: what is in force, drafts on their way to a version, and what they would change."""

from .granting import in_emergencies
from .office import Office
from .recent import Recent
from .standing import Standing
from .trying import Trying

__all__ = ["Office", "Recent", "Standing", "Trying", "in_emergencies"]
