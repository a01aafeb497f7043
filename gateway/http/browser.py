"""A browser's session cookie, and when a request may use it: never for another site's page (CSRF).

A browser sends a cookie whoever made it ask. So a cookie counts only in a request that this gateway's own page made: the
browser says so (`Origin`, `Sec-Fetch-Site`), or the request has a header that no other site's page can send unasked. A
request with a token of its own has no need of the cookie, which is then not looked at.
"""

from __future__ import annotations

from callboard_sdk import HttpError

from .headers import Headers

HEADER = "x-callboard"
"""A header, of any value, that another site's page can't send: to do so it would have to ask first, and is answered no."""
SESSION_SECONDS = 168 * 3600
"""How long a browser keeps the cookie at most; the session behind it ends by its own rules."""
ATTEMPT_SECONDS = 600
"""How long a browser has to sign in with the provider."""
_MAX_COOKIES = 16 * 1024


class CrossOrigin(HttpError):
    """A page of another site, or nobody knows which, asks with a session's cookie."""

    code = "CROSS_ORIGIN"

    def __init__(self) -> None:
        super().__init__(403, f"a session's cookie counts only for this gateway's own page: send the header {HEADER}, or a token")


class Browser:
    """The cookies of browsers that reach this gateway at `origin`."""

    def __init__(self, origin: str) -> None:
        secure = origin.startswith("https:")
        self._origin = origin
        self._attributes = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        prefix = "__Host-" if secure else ""
        self._session = f"{prefix}callboard-session"
        self._attempt = f"{prefix}callboard-sign-in"

    def session(self, headers: Headers) -> str | None:
        """The session that this request may use. Raises CrossOrigin when it has one and may not."""
        if headers.authorization or (session := self.any_session(headers)) is None:
            return None
        if not self.is_own(headers):
            raise CrossOrigin
        return session

    def any_session(self, headers: Headers) -> str | None:
        """The session's id in the cookies, whoever made the request."""
        return _cookie(headers, self._session)

    def attempt(self, headers: Headers) -> str | None:
        """What an attempt to sign in left in the cookies."""
        return _cookie(headers, self._attempt)

    def is_own(self, headers: Headers) -> bool:
        """Whether this gateway's own page made the request."""
        if headers.origin is not None and headers.origin != self._origin:
            return False
        if headers.site is not None and headers.site != "same-origin":
            return False
        return headers.origin is not None or headers.site is not None or headers.callboard is not None

    def keep_session(self, session: str) -> str:
        """A Set-Cookie header's value that keeps it."""
        return self._set(self._session, session, SESSION_SECONDS)

    def keep_attempt(self, attempt: str) -> str:
        """A Set-Cookie header's value that keeps it."""
        return self._set(self._attempt, attempt, ATTEMPT_SECONDS)

    def forget_session(self) -> str:
        """A Set-Cookie header's value that takes it away."""
        return self._set(self._session, "", 0)

    def forget_attempt(self) -> str:
        """A Set-Cookie header's value that takes it away."""
        return self._set(self._attempt, "", 0)

    def _set(self, name: str, value: str, seconds: int) -> str:
        return f"{name}={value}; Max-Age={seconds}; {self._attributes}"


def _cookie(headers: Headers, name: str) -> str | None:
    """The cookie's value; None when it is absent, or stands twice, so that nobody can slip in a second."""
    found: list[str] = []
    for text in headers.cookie:
        for part in text[:_MAX_COOKIES].split(";"):
            key, _, value = part.strip(" \t").partition("=")
            if key == name and value:
                found.append(value)
    return found[0] if len(found) == 1 else None
