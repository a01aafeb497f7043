"""`callboard serve`: run the gateway."""

from __future__ import annotations

import asyncio
import socket
import sys
from ipaddress import ip_address
from typing import Annotated

import typer
import uvicorn
from rich.text import Text

from gateway.app import build
from gateway.auth.keyfile import KeyFileError, read_or_make
from gateway.database import file_of, make_file, open_database
from gateway.loading import check_packages, plugin_packages
from gateway.logs import configure_logs
from gateway.process import settle
from gateway.settings import GatewaySettings
from gateway.streams.streams import Streams
from resolvers.migrating import core_ready
from resolvers.versions import MigrationError

from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import err, fail, fail_on


def serve(
    settings: SettingsFile = DEFAULT_FILE,
    host: Annotated[str | None, typer.Option(envvar="HOST", help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(envvar="PORT", min=0, max=65535, help="The port; 0 picks a free one.")] = None,
) -> None:
    """Run the gateway until it is told to stop."""
    if problems := check_packages():
        fail(problems)
    configured = configuration(settings)
    configure_logs(configured.settings.logs, plugin_packages())
    gateway = build(configured, lane=[sys.executable, "-m", "gateway.cli", "lane", "--settings", str(settings)])
    server = configured.settings.server
    listener = _listen(host or server.host, server.port if port is None else port)
    try:
        asyncio.run(_ready(configured.settings))
    except (MigrationError, KeyFileError, OSError) as error:
        listener.close()
        fail_on(error) if isinstance(error, OSError) else fail([str(error)])
    for name, reason in gateway.loaded.failed.items():
        err.print(Text.assemble((f"plugin {name} is left out:", "yellow"), f" {reason}"))
    if err.is_terminal:
        err.print("Starting the plugins ...", style="dim", highlight=False)
    subscriptions = configured.settings.subscriptions
    config = uvicorn.Config(
        gateway.asgi,
        http="httptools",  # and the loop is uvloop wherever that runs
        ws="websockets-sansio",
        ws_max_size=subscriptions.message_bytes,
        ws_ping_interval=subscriptions.keep_alive_seconds,
        ws_ping_timeout=subscriptions.keep_alive_seconds,
        lifespan="on",
        log_config=None,
        access_log=False,  # the gateway writes a line for each request itself
        proxy_headers=False,  # nobody is judged by an address, so nobody needs to be told one
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    _Server(config, gateway.streams).run(sockets=[listener])


async def _ready(settings: GatewaySettings) -> None:
    """Have the local key and the core's tables before anything starts: what keeps them from it is a line here, and no failed
    start of a server.
    """
    if (local := settings.auth.local) is not None:
        read_or_make(local.key_file)
    if (file := file_of(settings.database.url)) is not None:
        make_file(file)
    database = open_database(settings.database.url, migrate=settings.database.migrate)
    try:
        async with core_ready(database):
            pass
    finally:
        await database.engine.dispose()


class _Server(uvicorn.Server):
    """A server that says where it answers once it does.

    Its process then holds what will stay: the garbage collector need not look at that again. When it stops, it breaks off what
    would go on for ever.
    """

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and settle."""
        await super().startup(sockets)
        if self.should_exit:
            return  # it could not start, or was told to stop before it had
        settle()
        for listener in sockets or ():
            err.print(f"Callboard answers at [bold]{address_of(*listener.getsockname()[:2])}[/]", highlight=False)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._streams.stop()
        await super().shutdown(sockets)


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens at this address, and whether other machines do too."""
    everywhere = ip_address(host).is_unspecified
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  a name for it, and nothing that listens
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/graphql"
    return f"{url} and at every other address of this machine" if everywhere else url


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named TCP, so that asyncio sets TCP_NODELAY: without it each answer on a kept connection waits about 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        fail([f"can't listen on {host}:{port}: {reason}; set HOST or PORT"])
    return listener
