"""`callboard token`: makes tokens of the gateway's own issuer, lists and revokes those that were made in the graph."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.text import Text

from gateway.auth import LocalIssuer
from gateway.auth.local import KeyFileError
from policies import read_rules

from .settings_file import DEFAULT_FILE, SettingsFile, configuration
from .show import AsJson, err, fail

app = typer.Typer(help="Tokens of the gateway's own.", no_args_is_help=True)

_UNITS = {"m": 60, "h": 3600, "d": 86400}


@app.callback()
def tokens() -> None:
    """Tokens of the gateway's own."""


@app.command("list")
def listed(
    owner: Annotated[str | None, typer.Option(help="Only tokens of the owner with this subject.")] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """List the access tokens that were made in the graph; of local tokens nothing is stored."""
    from .stored_tokens import show_tokens  # a token is created without waiting for what a database needs

    show_tokens(settings, owner, as_json=as_json)


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The token's id, as `callboard token list` or the graph shows it.")],
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """End an access token for good; every gateway of the database refuses it within seconds.

    A local token can't be revoked, for it is stored nowhere: delete auth.local.key_file, and all of them end.
    """
    from .stored_tokens import revoke_token

    revoke_token(settings, id)


@app.command()
def create(
    role: Annotated[list[str], typer.Option("--role", "-r", help="A role of the policies; give it several times for several.")],
    subject: Annotated[str, typer.Option(help="Whose token it is: a user's name or ref.")],
    lifetime: Annotated[str, typer.Option("--for", help="How long it lives, such as 30m, 8h or 90d.")] = "8h",
    bot: Annotated[bool, typer.Option(help="It is for a program, not a person.")] = False,
    group: Annotated[list[str] | None, typer.Option(help="A group it belongs to, as a ref.")] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """Create a token of the local issuer and print it; it is stored nowhere."""
    configured = configuration(settings).settings
    auth = configured.auth
    if auth.local is None:
        fail(["auth.local is null in the settings, so the gateway takes no tokens of its own: ask your provider for one"])
    try:
        token = LocalIssuer(auth.local, auth.audience).create(
            subject, role, seconds=_seconds(lifetime), bot=bot, groups=group or ()
        )
    except (ValueError, KeyFileError) as error:
        fail([str(error)])
    known = read_rules(*configured.policies.paths).whole().roles
    for name in (name for name in role if name not in known):
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"roles with rules: {', '.join(sorted(known)) or 'none'}"
        nothing = f" no rule of the files is about the role {name!r}, so without one in the database it may read nothing; {hint}"
        err.print(Text.assemble(("!", "yellow"), nothing))
    print(json.dumps({"token": token}) if as_json else token)


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if match is None:
        raise ValueError(f"{text!r} is no lifetime: write a number and m, h or d, such as 8h")
    return int(match[1]) * _UNITS[match[2]]
