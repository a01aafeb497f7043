"""A checked token is kept until it expires, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.auth import Unauthenticated

from tests.spec.auth.world import NOW, claims, sign, world


@pytest.fixture
def signatures_checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was computed, in order."""
    from gateway.auth import verifier

    seen: list[str] = []
    check = verifier._check_signature

    def count(token: Any, *rest: Any) -> None:
        seen.append(token.text)
        check(token, *rest)

    monkeypatch.setattr(verifier, "_check_signature", count)
    return seen


async def test_a_token_is_checked_once(signatures_checked: list[str]) -> None:
    here, token = world(), sign(claims())
    first = await here.verifier.verify(token)
    assert await here.verifier.verify(token) is first
    assert signatures_checked == [token]


async def test_a_kept_token_still_expires() -> None:
    here, token = world(), sign(claims(exp=NOW + 600))
    await here.verifier.verify(token)
    here.clock.now = NOW + 659
    await here.verifier.verify(token)
    here.clock.now = NOW + 660
    with pytest.raises(Unauthenticated, match="expired at"):
        await here.verifier.verify(token)


async def test_a_refused_token_is_not_kept(signatures_checked: list[str]) -> None:
    here, token = world(), sign(claims(nbf=NOW + 100))
    with pytest.raises(Unauthenticated):
        await here.verifier.verify(token)
    here.clock.pass_(50)
    assert (await here.verifier.verify(token)).subject == "acme:ann"
    assert len(signatures_checked) == 2


async def test_the_token_unused_for_longest_is_forgotten_first(signatures_checked: list[str]) -> None:
    here = world(kept=2)
    one, two, three = (sign(claims(sub=name)) for name in ("ann", "bob", "cyd"))
    for token in (one, two, one, three, one, two):
        await here.verifier.verify(token)
    assert signatures_checked == [one, two, three, two]


@pytest.mark.parametrize(("exp", "nbf"), [(NOW - 59, NOW - 600), (NOW + 600, NOW + 60)])
async def test_clocks_may_differ_by_a_minute(exp: int, nbf: int) -> None:
    assert (await world().verifier.verify(sign(claims(exp=exp, nbf=nbf, iat=nbf)))).subject == "acme:ann"


async def test_what_outlives_a_request_learns_when_the_token_ends() -> None:
    verified = await world().verifier.examine(sign(claims(exp=NOW + 600, jti="t-1")))
    assert (verified.expires, verified.token_id) == (NOW + 660, "t-1")
