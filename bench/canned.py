"""A server with two answers, ready as bytes: what a client costs shows best against one that costs next to nothing.

`python -m bench.canned CERTIFICATE KEY` says where it answers by HTTP, and on a second line where by HTTPS.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import Any

import orjson
import uvloop

SMALL = orjson.dumps({"items": [{"id": number, "name": f"thing-{number}", "state": "OK"} for number in range(20)]})
LARGE = orjson.dumps([{"id": number, "name": "x" * 80} for number in range(10_000)])[:1_000_000]
_HEAD = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: "1"\r\ncontent-length: %d\r\n\r\n'
_ANSWERS = {path: _HEAD % len(body) + body for path, body in ((b"/small", SMALL), (b"/large", LARGE))}


class _Canned(asyncio.Protocol):
    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.WriteTransport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._rest = (self._rest + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(_ANSWERS[request.split(b" ", 2)[1]])


async def main(certificate: str, key: str) -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    plain = await loop.create_server(_Canned, "127.0.0.1", 0)
    secure = await loop.create_server(_Canned, "127.0.0.1", 0, ssl=tls)
    print(f"and at https://localhost:{secure.sockets[0].getsockname()[1]}", flush=True)
    print(f"answers at http://127.0.0.1:{plain.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
