"""The demo servers' command line: `python -m demo.servers --data FOLDER`; it runs until it is interrupted."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import signal
import sys
from pathlib import Path

from demo.company.model import CLUSTERS
from demo.servers.serve import GITHUB, SERVERS, Addresses, Options, serving


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve; returns the exit code."""
    parser = _parser()
    values = parser.parse_args(arguments)
    ports = dict(zip(CLUSTERS, values.kubernetes_ports, strict=True)) | {GITHUB: values.github_port}
    options = Options(
        data=values.data,
        ports=ports,
        down=frozenset(values.down),
        hang=frozenset(values.hang),
        rate_limit=values.github_rate_limit,
        now=values.now,
    )
    try:
        asyncio.run(_serve(options, as_json=values.json))
    except (ValueError, OSError) as error:
        print(f"the demo servers can't start: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(options: Options, *, as_json: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(options) as addresses:
        print(json.dumps(addresses.to_json()) if as_json else _shown(addresses, options), flush=True)
        await stop.wait()


def _shown(addresses: Addresses, options: Options) -> str:
    lines = []
    for name, address in addresses.servers.items():
        state = "  (down)" if name in options.down else "  (hangs)" if name in options.hang else ""
        lines.append(f"{name:<10} {address.url}  token in {address.token_file}{state}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo.servers",
        description="Serve the demo company's clusters and builds, on loopback only.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder that demo.generate wrote")
    parser.add_argument(
        "--kubernetes-ports",
        type=_ports,
        default=[0, 0, 0],
        metavar="N,N,N",
        help=f"ports for {', '.join(CLUSTERS)}; 0 is any free one",
    )
    parser.add_argument("--github-port", type=_port, default=0, metavar="N", help="port for GitHub; 0 is any free one")
    parser.add_argument(
        "--down",
        action="append",
        choices=SERVERS,
        default=[],
        help="refuse connections to this one; may be repeated",
    )
    parser.add_argument(
        "--hang",
        action="append",
        choices=SERVERS,
        default=[],
        help="never answer from this one; may be repeated",
    )
    parser.add_argument(
        "--github-rate-limit",
        type=int,
        default=100_000,
        metavar="N",
        help="requests an hour before GitHub says 403",
    )
    parser.add_argument("--now", type=_moment, metavar="TIME", help="the moment that pods and builds count from")
    parser.add_argument("--json", action="store_true", help="print the addresses as one line of JSON when ready")
    return parser


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a port: give 0 to 65535")
    return int(text)


def _ports(text: str) -> list[int]:
    ports = [_port(part) for part in text.split(",")]
    if len(ports) != len(CLUSTERS):
        raise argparse.ArgumentTypeError(f"{text!r} must be {len(CLUSTERS)} ports, for {', '.join(CLUSTERS)}")
    return ports


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a time such as 2026-11-24T09:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


if __name__ == "__main__":
    sys.exit(main())
