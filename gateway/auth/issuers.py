"""From settings to the issuers that the verifier believes: each with its keys."""

from __future__ import annotations

from collections.abc import Callable

from .discovery import Fetch
from .issuer import Issuer
from .keys import Clock, OneKey, RemoteKeys
from .local import LocalIssuer
from .settings import AuthSettings, IssuerSettings


def issuers_of(settings: AuthSettings, fetch_for: Callable[[IssuerSettings], Fetch], clock: Clock) -> list[Issuer]:
    """Every issuer of the settings. `fetch_for` gives each provider its own way out, so that one can't slow another.

    The local key is read, and made when there is none yet, for the first token: that raises KeyFileError when it can't be used.
    """
    local = [] if settings.local is None else [local_issuer(LocalIssuer(settings.local, settings.audience))]
    return local + [_provider(issuer, settings.audience, fetch_for(issuer), clock) for issuer in settings.issuers]


def local_issuer(local: LocalIssuer) -> Issuer:
    """The gateway's own issuer, checked by the same path as all others."""
    return Issuer(local.name, OneKey(lambda: local.public_key), local.audience, ("EdDSA",))


def _provider(issuer: IssuerSettings, audience: str, fetch: Fetch, clock: Clock) -> Issuer:
    keys = RemoteKeys(
        issuer.jwks_uri,
        fetch,
        clock,
        issuer=issuer.issuer,
        algorithms=issuer.algorithms,
        refresh_seconds=issuer.refresh_seconds,
        keep_seconds=issuer.keep_seconds,
        insecure_http=issuer.insecure_http,
    )
    return Issuer(
        name=issuer.issuer,
        keys=keys,
        audience=issuer.audience or audience,
        algorithms=issuer.algorithms,
        roles_claim=issuer.roles_claim,
        role_map=issuer.role_map,
        groups_claim=issuer.groups_claim,
        base_roles=issuer.base_roles,
        subject_prefix=f"{issuer.name}:",
        user_claim=issuer.user_claim,
        user_form=issuer.user_form,
        user_suffix=issuer.user_suffix,
    )
