"""Break-glass as the settings allow it: for some roles, for so long, never without a reason."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from callboard_sdk import Viewer, ViewerKind
from callboard_sdk.viewer import ANONYMOUS

from gateway.auth import Identify
from gateway.auth.claims import is_name
from gateway.settings import EmergencySettings
from resolvers.policy import Emergencies, Emergency
from resolvers.policy.inputs import GrantEmergencyAccessInput
from resolvers.policy.words import PolicyMistakeCode
from resolvers.tokens.record import BOT

from .standing import Standing
from .texts import refused, told
from .trying import emergency_key


def in_emergencies(identify: Identify, emergencies: Emergencies) -> Identify:
    """Identify a viewer with the roles that it was given for now."""

    async def identified(authorization: Sequence[str], session: str | None = None, *, again: bool = False) -> Viewer:
        viewer = await identify(authorization, session, again=again)
        return viewer if viewer.kind is ViewerKind.ANONYMOUS else emergencies.given(viewer)

    return identified


class Granting:
    """Gives and takes back. Raises Refused for what may not be."""

    def __init__(self, standing: Standing, emergencies: Emergencies, settings: EmergencySettings) -> None:
        self._standing = standing
        self._emergencies = emergencies
        self._settings = settings

    async def grant(self, viewer: Viewer, given: GrantEmergencyAccessInput) -> Emergency:
        """Give a role for a while."""
        allowed = self._settings.roles
        if given.role not in allowed:
            near = get_close_matches(given.role, allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"policies.emergency.roles has {', '.join(allowed) or 'none'}"
            raise refused(f"{given.role[:80]!r} is no role for emergencies; {hint}")
        if not 1 <= given.minutes <= self._settings.minutes:
            raise refused(f"{given.minutes} minutes: give it for 1 to {self._settings.minutes}")
        reason = told(given.reason, "reason", needed=True)
        subject = viewer.subject if given.subject is None else given.subject
        if subject == ANONYMOUS.subject or not is_name(subject):
            raise refused("subject is no viewer's with a token: write what its token calls it")
        if subject.startswith(BOT) and "/" in subject:
            raise refused(
                f"{subject[:80]} asks with an access token, which has no roles of emergencies: give the role to who will "
                "sign in, or to the subject of a local token (callboard token create)"
            )
        return await self._emergencies.grant(subject, given.role, reason, by=viewer.subject, minutes=given.minutes)

    async def end(self, viewer: Viewer, given: str, *, everyones: bool) -> Emergency:
        """Take a role back before its time."""
        key = emergency_key(given)
        found = next((one for one in await self._emergencies.active() if one.key == key), None)
        if found is None or not (everyones or viewer.subject in (found.subject, found.granted_by)):
            raise refused(
                "there is no such role of yours, or that you gave: see policy { emergencies }", PolicyMistakeCode.NOT_FOUND
            )
        ended = await self._emergencies.end(key, by=viewer.subject)
        assert ended is not None, "it was found just now, and is never deleted"
        return ended
