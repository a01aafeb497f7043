"""One issuer as the verifier sees it: whose keys, for whom, and what its claims mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .keys import KeySource


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer whose tokens are taken, and how its claims are read; the defaults are those of local tokens.

    `subject_prefix` keeps the subjects of several issuers apart. The other fields mean what they mean in
    IssuerSettings.
    """

    name: str
    keys: KeySource
    audience: str
    algorithms: tuple[str, ...]
    roles_claim: str = "roles"
    role_map: Mapping[str, str] | None = None
    groups_claim: str = "groups"
    base_roles: tuple[str, ...] = ()
    subject_prefix: str = ""
    user_claim: str | None = "sub"
    user_form: Literal["name", "ref"] = "ref"
    user_suffix: str = ""
