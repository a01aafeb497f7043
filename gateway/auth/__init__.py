"""Token to Viewer: a leaf that knows nothing else of the gateway."""

from .errors import KeysUnavailable, Unauthenticated
from .identify import Identify, challenge, identify_by
from .issuers import issuers_of
from .local import LocalIssuer
from .settings import AuthSettings
from .verifier import Verifier

__all__ = [
    "AuthSettings",
    "Identify",
    "KeysUnavailable",
    "LocalIssuer",
    "Unauthenticated",
    "Verifier",
    "challenge",
    "identify_by",
    "issuers_of",
]
