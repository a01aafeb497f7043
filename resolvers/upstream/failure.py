"""What can go wrong with an upstream, in words that are safe to show and say what to do."""

from __future__ import annotations

import math
import socket
import ssl
from typing import Any

import httpx
from callboard_sdk.errors import UpstreamError

from .guard import RefusedAddress


class Failed(Exception):
    """One try's failure, with what the client needs to go on: the error for the caller if nothing else helps.

    `again`: another try of a read may help. `wait`: seconds the upstream asked to wait first. `broken`: it counts
    against the upstream's health, and opens the circuit when it repeats. `limited`: the upstream answers, and wants
    fewer requests.
    """

    def __init__(
        self,
        error: UpstreamError,
        *,
        again: bool = False,
        wait: float | None = None,
        broken: bool = False,
        limited: bool = False,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.again = again
        self.wait = wait
        self.broken = broken
        self.limited = limited


def from_status(name: str, label: str, status: int, wait: float | None, *, limited: bool) -> Failed:
    """The failure that an HTTP status other than a wanted one stands for (RFC 9110, section 15; RFC 6585)."""
    what = f"{name} answered {status} to {label}"
    if limited:
        return _rate_limited(name, label, status, wait)
    if status in (401, 407):
        return _final(
            name,
            "UNAUTHORIZED",
            f"{what}: its credentials are missing, wrong or expired. Renew them in the settings.",
            status,
        )
    if status == 403:
        return _final(
            name,
            "UNAUTHORIZED",
            f"{what}: its credentials don't allow this. Give them the right to read it.",
            status,
        )
    if status in (404, 410):
        return _final(name, "NOT_FOUND", f"{what}: there is nothing there, or its credentials may not see it.", status)
    if status == 408:
        return _broken(name, "TIMEOUT", f"{what}: it gave up waiting. Try again.", status)
    if status >= 500:
        later = _later(wait)
        reason = "UNREACHABLE" if status in (502, 503, 504) else "BAD_ANSWER"
        error = UpstreamError(
            name,
            reason,
            f"{what}: it has a fault of its own. Try again {_when(wait)}.",
            status=status,
            **later,
        )
        return Failed(error, again=status != 501, wait=wait, broken=True)
    return _final(
        name,
        "REFUSED",
        f"{what}: it doesn't take this request. Check the upstream's address and version.",
        status,
    )


def redirected(name: str, label: str, status: int, problem: str) -> Failed:
    """A redirect that is not followed."""
    text = f"{name} answered {label} with a redirect ({status}) {problem}"
    return _final(name, "REFUSED", text, status)


def too_large(name: str, label: str, limit: int) -> Failed:
    """An answer beyond the size cap."""
    text = f"{name}'s answer to {label} is larger than {limit:,} bytes. Ask for less, or raise the upstream's max_bytes."
    return _final(name, "TOO_LARGE", text)


def bad_body(name: str, label: str, problem: str) -> Failed:
    """An answer whose body can't be read."""
    return _broken(
        name,
        "BAD_ANSWER",
        f"{name}'s answer to {label} can't be read: {problem}. Check what answers at its address.",
    )


def timed_out(name: str, label: str, seconds: float) -> Failed:
    """The upstream's own time limit is used up: there is none left for another try."""
    text = f"{name} didn't answer {label} within {seconds:g} s. Try again, or raise the upstream's timeout."
    return Failed(UpstreamError(name, "TIMEOUT", text), broken=True)


def out_of_time(name: str, label: str) -> UpstreamError:
    """The request's own deadline came before the answer."""
    text = f"the request's time was up before {name} answered {label}. Ask for less at once, or try again."
    return UpstreamError(name, "TIMEOUT", text)


def overloaded(name: str, waiting: int) -> Failed:
    """Too many requests wait already."""
    text = f"{waiting} requests to {name} are waiting already. Try again in a moment, or raise the upstream's concurrency."
    return Failed(UpstreamError(name, "OVERLOADED", text))


def queued_too_long(name: str) -> Failed:
    """No slot became free in time."""
    text = f"all connections to {name} were busy for too long. Try again in a moment, or raise the upstream's concurrency."
    return Failed(UpstreamError(name, "OVERLOADED", text))


def failures_in_a_row(name: str, count: int, last: str, left: float) -> Failed:
    """The circuit is open."""
    text = f"{name} failed {count} times in a row and is not asked again for {math.ceil(left) or 1} s. Last: {last}"
    return Failed(UpstreamError(name, "UNREACHABLE", text, retryAfterSeconds=math.ceil(left) or 1))


def closed(name: str) -> UpstreamError:
    """The client was closed while, or before, it was asked."""
    return UpstreamError(name, "UNREACHABLE", f"the client of {name} is closed: the gateway is stopping. Try again.")


def not_sendable(name: str, label: str, problem: str) -> Failed:
    """A request that breaks the rules before it is sent: the plugin's or the settings' mistake."""
    return _final(name, "REFUSED", f"{label} to {name} was not sent: {problem}.")


def quota_used_up(name: str, left: float) -> Failed:
    """The upstream asked for a pause, which isn't over."""
    text = f"{name} answered that there were too many requests, and is not asked again for {math.ceil(left)} s."
    return Failed(UpstreamError(name, "RATE_LIMITED", text, **_later(left)))


def unusable_token(error: UpstreamError) -> Failed:
    """The plugin says itself, in words that are safe to show, why it has no token."""
    return Failed(error, broken=True)


def no_token(name: str, label: str) -> Failed:
    """The credentials can't be read where they are kept."""
    text = f"{label} to {name} was not sent: its token can't be read. Check the token's file or variable in its settings."
    return Failed(UpstreamError(name, "UNAUTHORIZED", text, retryable=False), broken=True)


def from_transport(name: str, label: str, error: Exception) -> Failed:
    """The failure that an error of the connection stands for."""
    causes = _causes(error)
    if isinstance(error, RefusedAddress):
        text = f"{name}'s host has a link-local or metadata address, which is refused. If it is meant, allow it with link_local."
        return _final(name, "REFUSED", text)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        text = f"no secure connection to {name}: {_tls_problem(causes)}."
        return Failed(UpstreamError(name, "UNREACHABLE", text, retryable=False), broken=True)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return _broken(
            name,
            "UNREACHABLE",
            f"{name} can't be found: its host name has no address. Check its base URL and DNS.",
        )
    if isinstance(error, httpx.TimeoutException):
        return _broken(name, "TIMEOUT", f"{name} didn't answer {label} in time. Try again.")
    if isinstance(error, httpx.ConnectError):
        return _broken(
            name,
            "UNREACHABLE",
            f"{name} takes no connections at its address. Check that it runs and that its port is right.",
        )
    if isinstance(error, httpx.LocalProtocolError):
        return not_sendable(name, label, "a header or the address holds characters that HTTP doesn't allow")
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return _broken(
            name,
            "BAD_ANSWER",
            f"{name} broke off its answer to {label}, or doesn't speak HTTP. Check what answers at its address.",
        )
    return _broken(name, "UNREACHABLE", f"the connection to {name} broke during {label}. Try again.")


def _tls_problem(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted ({cause.verify_message}). Name the authority that signed it as its ca"
    return "the TLS handshake failed. Check that its port speaks TLS, and which certificate it wants"


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 16:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _rate_limited(name: str, label: str, status: int, wait: float | None) -> Failed:
    text = f"{name} answered {status} to {label}: too many requests. Try again {_when(wait)}."
    error = UpstreamError(name, "RATE_LIMITED", text, status=status, **_later(wait))
    return Failed(error, again=True, wait=wait, limited=True)


def _final(name: str, reason: str, text: str, status: int | None = None) -> Failed:
    return Failed(UpstreamError(name, reason, text, status=status, retryable=False))


def _broken(name: str, reason: str, text: str, status: int | None = None) -> Failed:
    return Failed(UpstreamError(name, reason, text, status=status), again=True, broken=True)


def _later(wait: float | None) -> dict[str, Any]:
    return {} if wait is None else {"retryAfterSeconds": math.ceil(wait)}


def _when(wait: float | None) -> str:
    return "later" if wait is None else f"in {math.ceil(wait)} s"
