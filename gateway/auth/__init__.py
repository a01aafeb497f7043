"""Token to Viewer: a leaf that knows nothing else of the gateway."""

from .identify import Identify, Unauthenticated, identify_by
from .local import LocalIssuer
from .settings import AuthSettings
from .verifier import Verifier

__all__ = ["AuthSettings", "Identify", "LocalIssuer", "Unauthenticated", "Verifier", "identify_by"]
