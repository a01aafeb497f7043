"""Which cloud account pays for what: the sub-accounts of the cost export, and how each row can be attributed."""

from __future__ import annotations

from dataclasses import dataclass

from demo.company.dice import number
from demo.company.model import System

BILLING_ACCOUNT = ("740000000001", "Proscenia Holding")
SHARED_ACCOUNT = "shared-services"


@dataclass(frozen=True, slots=True)
class Account:
    """A sub-account of the company's one billing account."""

    id: str
    name: str


def account(name: str) -> Account:
    """The account called `name`; its id follows from the name alone, whatever the seed."""
    return Account(f"74{number(10**10, 'account', name):010d}", name)


def account_of(system: System, *, production: bool) -> Account:
    """Who pays for `system`: an account of its own, or its department's for production or staging."""
    if not production:
        return account(f"{system.domain}-staging")
    return account(f"system-{system.name}" if system.own_account else f"{system.domain}-production")
