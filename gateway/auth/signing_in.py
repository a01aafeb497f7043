"""Sign-in with a browser: authorization code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700).

A. begin     to the provider, with a challenge, a state and a nonce that only this browser's cookie can make
B. returned  the state is that browser's, the answer is this provider's, and it is a code
C. exchange  the code, with what the challenge was made of, for an ID token
D. verify    the ID token: signed by the issuer, for this client, with this nonce
E. viewer    as the issuer's settings read claims
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from urllib.parse import quote, urlencode

import structlog
from callboard_sdk import CallboardError, Viewer

from .compact import take_apart
from .discovery import Fetch, Provider, discover
from .errors import Unauthenticated
from .issuer import Issuer
from .keys import Clock
from .keyset import BadDocument, read_document
from .settings import IssuerSettings, SignInSettings
from .verifier import check_token
from .viewers import viewer_of

CALLBACK = "/auth/callback"
"""Where the provider sends a browser back to."""
_DISCOVERED_SECONDS = 3_600
_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ERROR = re.compile(r"[a-z_]{1,60}", re.ASCII)

log = structlog.get_logger()

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[tuple[int, bytes]]]
"""POSTs a form with these headers to a URL: status and body, also of a 400 or 401; or an exception."""


class SignInFailed(Exception):
    """Nobody was signed in; the message, for the person, says what to do, and tells nothing of codes and tokens."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt to sign in, all of it made from the one secret that the browser keeps in a cookie.

    So nothing of it is stored here, any gateway can end what another began, and nobody else's answer fits this browser.
    """

    cookie: str

    @classmethod
    def new(cls) -> Attempt:
        """An attempt that nobody can guess."""
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        """What comes back with the answer, and shows that this browser asked for it."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """What the ID token must hold."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """What redeems the code."""
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier."""
        return _base64(sha256(self.verifier.encode()).digest())

    def _made(self, purpose: str) -> str:
        return _base64(hmac.digest(self.cookie.encode(), purpose.encode(), "sha256"))


class SigningIn:
    """Signs people in with one provider. `issuer` is that of its access tokens: keys and claims are the same."""

    def __init__(
        self,
        settings: SignInSettings,
        provider: IssuerSettings,
        issuer: Issuer,
        fetch: Fetch,
        post: Post,
        *,
        leeway: float,
        clock: Clock = time.time,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._issuer = replace(issuer, audience=settings.client_id)
        self._fetch = fetch
        self._post = post
        self._leeway = leeway
        self._clock = clock
        self._discovered: tuple[float, Provider] | None = None

    async def begin(self) -> tuple[str, str]:
        """Where the browser is to go, and the cookie that it keeps until it is back. Raises SignInFailed."""
        attempt = Attempt.new()  # A
        parameters = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        address = await self._address("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters, quote_via=quote)}", attempt.cookie

    async def finish(self, cookie: str | None, returned: Mapping[str, str]) -> Viewer:
        """Who is back, given the cookie and what the provider sent with the browser. Raises SignInFailed."""
        attempt, code = self._returned(cookie, returned)  # B
        token = await self._exchange(attempt, code)  # C
        try:
            found = take_apart(token)  # D
            if found.claims.get("iss") != self._issuer.name:
                raise Unauthenticated("the ID token is of another issuer")
            await check_token(found, self._issuer, now=self._clock, leeway=self._leeway)
            self._check_id_token(found.claims, attempt)
        except Unauthenticated as error:
            log.warning("auth.id_token_refused", issuer=self._provider.issuer, problem=error.message)
            raise SignInFailed("the provider's ID token was refused; the gateway's log says why: tell its operators") from None
        return viewer_of(found.claims, self._issuer)  # E

    def _returned(self, cookie: str | None, returned: Mapping[str, str]) -> tuple[Attempt, str]:
        if cookie is None or not _COOKIE.fullmatch(cookie):
            raise SignInFailed("this browser has not begun to sign in, or too long ago: begin again")
        attempt = Attempt(cookie)
        if not hmac.compare_digest(returned.get("state", "").encode("utf-8", "replace"), attempt.state.encode()):
            raise SignInFailed("this answer is not to what this browser asked: begin again")
        if returned.get("iss", self._provider.issuer) != self._provider.issuer:
            raise SignInFailed("this answer is of another provider than was asked: begin again")
        if (said := returned.get("error")) is not None:
            said = said if _ERROR.fullmatch(said) else "an error"
            raise SignInFailed(f"the provider did not sign you in ({said}): begin again, or ask its administrators")
        if not (code := returned.get("code")):
            raise SignInFailed("the provider sent no code: begin again")
        return attempt, code

    async def _exchange(self, attempt: Attempt, code: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self._settings.client_id,
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        if self._settings.client_secret is not None:
            del form["client_id"]
            headers["authorization"] = self._basic(self._settings.client_secret.get_secret_value())
        address = await self._address("token_endpoint")
        try:
            status, body = await self._post(address, urlencode(form).encode(), headers)
            answer = read_document(body)
        except Exception as error:
            raise self._away(error) from None
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            said = answer.get("error")
            said = said if isinstance(said, str) and _ERROR.fullmatch(said) else "no ID token"
            log.warning("auth.code_refused", issuer=self._provider.issuer, status=status, problem=said)
            raise SignInFailed(f"the provider gave no ID token ({said}): begin again")
        return token

    def _check_id_token(self, claims: Mapping[str, object], attempt: Attempt) -> None:
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode("utf-8", "replace"), attempt.nonce.encode()):
            raise Unauthenticated("the ID token's nonce is not this browser's")
        several = isinstance(claims.get("aud"), list) and claims["aud"] != [self._settings.client_id]
        if claims.get("azp", None if several else self._settings.client_id) != self._settings.client_id:
            raise Unauthenticated("the ID token is for another client (azp)")

    async def _address(self, member: str) -> str:
        try:
            if self._discovered is None or self._clock() - self._discovered[0] >= _DISCOVERED_SECONDS:
                issuer, insecure = self._provider.issuer, self._provider.insecure_http
                self._discovered = self._clock(), await discover(issuer, self._fetch, insecure_http=insecure)
            return self._discovered[1].address(member)
        except Exception as error:
            raise self._away(error) from None

    def _away(self, error: Exception) -> SignInFailed:
        problem = str(error) if isinstance(error, BadDocument | CallboardError) else type(error).__name__
        log.warning("auth.provider_not_reached", issuer=self._provider.issuer, problem=problem[:200])
        return SignInFailed("the provider can't be asked now: try again shortly")

    @property
    def _redirect_uri(self) -> str:
        return f"{self._settings.public_url}{CALLBACK}"

    def _basic(self, secret: str) -> str:
        pair = f"{quote(self._settings.client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749, section 2.3.1
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
