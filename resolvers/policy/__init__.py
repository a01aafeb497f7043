"""The policy in the database and in the graph: versions, drafts, roles in an emergency, and who administers them."""

from .emergencies import Emergencies, Emergency
from .store import Conflict, Draft, PolicyStore, TooMany, Version

__all__ = ["Conflict", "Draft", "Emergencies", "Emergency", "PolicyStore", "TooMany", "Version"]
