"""One try of one request: send it, follow redirects where they are allowed, read the answer under its caps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
from callboard_sdk.upstream import Upstream

from . import failure
from .address import Address
from .ask import Ask
from .body import TooLarge, Unreadable, read_body
from .clock import Clock
from .failure import Failed
from .limits import Limits
from .retries import is_rate_limit, wait_asked_for

_DRAINED = 65_536
"""Bytes of an unwanted answer that are read away, to keep its connection for the next request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status that was asked for (or 304 to a conditional read), headers, and the body whole."""

    status: int
    headers: httpx.Headers
    content: bytes


class Wire:
    """Sends requests of one upstream over one transport; whatever goes wrong becomes Failed."""

    def __init__(
        self,
        upstream: Upstream,
        address: Address,
        transport: httpx.AsyncBaseTransport,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._upstream = upstream
        self._address = address
        self._transport = transport
        self._clock = clock
        self._redirects = limits.redirects if upstream.redirects else 0

    async def send(self, ask: Ask, ends: float) -> Answer:
        """The answer to one try, in before `ends` (loop time). Raises Failed."""
        name = self._upstream.name
        try:
            async with asyncio.timeout_at(ends):
                return await self._exchange(ask)
        except TimeoutError:
            raise failure.timed_out(name, ask.label, self._upstream.timeout) from None
        except TooLarge:
            raise failure.too_large(name, ask.label, self._upstream.max_bytes) from None
        except Unreadable as problem:
            raise failure.bad_body(name, ask.label, str(problem)) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise failure.from_transport(name, ask.label, error) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _exchange(self, ask: Ask) -> Answer:
        for hop in range(self._redirects + 1):
            async with self._response(ask) as response:
                if response.status_code in (301, 302, 303, 307, 308) and not ask.wants(response.status_code):
                    ask = self._follow(ask, response, hop)
                    await _drain(response)
                    continue
                return await self._read(ask, response)
        raise AssertionError("the last hop returns or raises")

    @asynccontextmanager
    async def _response(self, ask: Ask) -> AsyncIterator[httpx.Response]:
        request = httpx.Request(ask.method, ask.url, headers=dict(ask.headers), content=ask.body)
        response = await self._transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def _read(self, ask: Ask, response: httpx.Response) -> Answer:
        status, headers = response.status_code, response.headers
        unchanged = status == 304 and ("if-none-match" in ask.headers or "if-modified-since" in ask.headers)
        if not unchanged and not ask.wants(status):
            await _drain(response)
            wait = wait_asked_for(headers, self._clock.wall())
            raise failure.from_status(self._upstream.name, ask.label, status, wait, limited=is_rate_limit(status, headers))
        if _length(headers) > self._upstream.max_bytes:
            raise TooLarge
        content = await read_body(response.aiter_raw(), headers.get("content-encoding", ""), self._upstream.max_bytes)
        return Answer(status, headers, content)

    def _follow(self, ask: Ask, response: httpx.Response, hop: int) -> Ask:
        def refused(problem: str) -> Failed:
            return failure.redirected(self._upstream.name, ask.label, response.status_code, problem)

        if not self._upstream.redirects:
            raise refused("and redirects are refused. Put the final address into its settings")
        if ask.method != "GET":
            raise refused("that would send the request again. Put the final address into its settings")
        if hop >= self._redirects:
            raise refused("after too many others. Put the final address into its settings")
        try:
            target = ask.url.join(response.headers.get("location", ""))
        except (httpx.InvalidURL, ValueError):
            raise refused("to something that is not an address") from None
        if target == ask.url or not self._address.same_origin(target):
            raise refused("to another host. Only redirects within its own host are followed")
        return replace(ask, url=target)


async def _drain(response: httpx.Response) -> None:
    if _length(response.headers) <= _DRAINED:
        async for _ in response.aiter_raw():
            pass


def _length(headers: httpx.Headers) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
