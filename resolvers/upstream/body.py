"""Reads an answer's body whole, never holding more of it than its cap: on the wire, and after decompression."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Protocol


class TooLarge(Exception):
    """The body is larger than its cap."""


class Unreadable(Exception):
    """The body's encoding is unknown or broken; the text says which."""


class _Decoder(Protocol):
    def feed(self, part: bytes, room: int) -> bytes: ...
    def finish(self) -> None: ...


async def read_body(parts: AsyncIterator[bytes], encoding: str, cap: int) -> bytes:
    """All of a body sent with this Content-Encoding. Raises TooLarge or Unreadable.

    A small compressed part can unfold a thousandfold, so the decoder is told how much room there is.
    """
    decoder = _decoder(encoding)
    whole = bytearray()
    received = 0
    async for part in parts:
        received += len(part)
        decoded = decoder.feed(part, cap - len(whole) + 1)
        if received > cap or len(whole) + len(decoded) > cap:
            raise TooLarge
        whole += decoded
    decoder.finish()
    return bytes(whole)


def _decoder(encoding: str) -> _Decoder:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Identity()
    if name in ("gzip", "x-gzip"):
        return _Inflate(zlib.MAX_WBITS | 16)
    if name == "deflate":
        return _Inflate(zlib.MAX_WBITS)
    raise Unreadable("it is compressed in a way that was not asked for")


class _Identity:
    def feed(self, part: bytes, room: int) -> bytes:
        return part

    def finish(self) -> None:
        return


class _Inflate:
    """zlib with a bounded output; a gzip body may have several members (RFC 1952, section 2.2)."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._zlib = zlib.decompressobj(window)
        self._started = False

    def feed(self, part: bytes, room: int) -> bytes:
        out = bytearray()
        while part and len(out) < room:
            if self._zlib.eof:
                self._zlib = zlib.decompressobj(self._window)
            out += self._inflate(part, room - len(out))
            self._started = True
            part = self._zlib.unused_data
        return bytes(out)

    def finish(self) -> None:
        if self._started and not self._zlib.eof:
            raise Unreadable("its compressed body ends too early")

    def _inflate(self, part: bytes, room: int) -> bytes:
        try:
            return self._zlib.decompress(part, room)
        except zlib.error:
            if self._started or self._window != zlib.MAX_WBITS:
                raise Unreadable("its compressed body is broken") from None
        self._window = -zlib.MAX_WBITS  # some servers send deflate without zlib's frame (RFC 9110, section 8.4.1.2)
        self._zlib = zlib.decompressobj(self._window)
        return self._inflate(part, room)
