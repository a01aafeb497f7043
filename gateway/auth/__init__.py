"""Token to Viewer: a leaf that knows nothing else of the gateway."""

from .errors import KeysUnavailable, OperationNotAllowed, Unauthenticated
from .identify import Identify, Permit, challenge, identify_by
from .issuers import issuers_of
from .local import LocalIssuer
from .settings import AuthSettings
from .signing_in import SignInFailed, SigningIn
from .verifier import Verifier

__all__ = [
    "AuthSettings",
    "Identify",
    "KeysUnavailable",
    "LocalIssuer",
    "OperationNotAllowed",
    "Permit",
    "SignInFailed",
    "SigningIn",
    "Unauthenticated",
    "Verifier",
    "challenge",
    "identify_by",
    "issuers_of",
]
