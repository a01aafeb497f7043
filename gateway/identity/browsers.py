"""People who sign in with a browser: the provider says who they are, and a session of ours remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from callboard_sdk import Audit, Database

from gateway.auth import AuthSettings, SigningIn
from gateway.auth.issuer import Issuer
from gateway.providers import Providers
from resolvers.sessions import Sessions


class Browsers:
    """Sign-in and sign-out. `origin` is where browsers reach this gateway, and the only page that may use a session."""

    def __init__(self, origin: str, signing_in: SigningIn, sessions: Sessions, audit: Audit) -> None:
        self.origin = origin
        self.sessions = sessions
        self._signing_in = signing_in
        self._audit = audit

    async def begin(self) -> tuple[str, str]:
        """Where the browser is to go, and the cookie that it keeps until it is back. Raises SignInFailed."""
        return await self._signing_in.begin()

    async def finish(self, cookie: str | None, returned: Mapping[str, str], before: str | None) -> str:
        """The id of a new session, in the place of the one before. Raises SignInFailed."""
        viewer = await self._signing_in.finish(cookie, returned)
        session = await self.sessions.begin(viewer)
        if before is not None:
            await self.sessions.end(before)
        await self._audit("session.begun", viewer.subject, viewer.subject, {})
        return session

    async def end(self, session: str) -> None:
        """Sign out."""
        viewer = await self.sessions.find(session)
        await self.sessions.end(session)
        if viewer is not None:
            await self._audit("session.ended", viewer.subject, viewer.subject, {})


def browsers_of(
    settings: AuthSettings,
    issuers: Sequence[Issuer],
    providers: Providers,
    database: Database,
    audit: Audit,
    clock: Callable[[], float],
) -> Browsers | None:
    """Sign-in as the settings have it; None where they have none."""
    wanted = settings.sign_in
    if wanted is None:
        return None
    provider = next(issuer for issuer in settings.issuers if issuer.name == wanted.issuer)
    issuer = next(issuer for issuer in issuers if issuer.name == provider.issuer)
    fetch, post = providers.fetch_for(provider), providers.post_for(provider)
    signing_in = SigningIn(wanted, provider, issuer, fetch, post, leeway=settings.leeway_seconds, clock=clock)
    sessions = Sessions(database, seconds=wanted.session_hours * 3600, idle=wanted.idle_minutes * 60, clock=clock)
    return Browsers(wanted.public_url, signing_in, sessions, audit)
