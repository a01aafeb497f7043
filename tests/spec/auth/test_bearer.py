"""The Authorization header: none is anonymous, one is read by RFC 6750, anything else is refused with how to write it."""

from __future__ import annotations

import pytest
from callboard_sdk import Viewer, ViewerKind

from gateway.auth import Unauthenticated, challenge, identify_by


class Trusting:
    """Believes every token, and remembers them."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def verify(self, token: str) -> Viewer:
        self.seen.append(token)
        return Viewer("ann", ViewerKind.PERSON, frozenset())


async def tokens_of(*headers: str) -> list[str]:
    verifier = Trusting()
    await identify_by(verifier, ["anonymous"])(headers)
    return verifier.seen


@pytest.mark.parametrize("headers", [(), ("",), ("  ",)])
async def test_no_header_or_an_empty_one_is_the_anonymous_viewer_with_the_configured_roles(headers: tuple[str, ...]) -> None:
    verifier = Trusting()
    viewer = await identify_by(verifier, ["guest"])(headers)
    assert (viewer.kind, viewer.roles, verifier.seen) == (ViewerKind.ANONYMOUS, {"guest"}, [])


@pytest.mark.parametrize("header", ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "Bearer   a.b.c", " Bearer a.b.c "])
async def test_the_scheme_is_read_without_case(header: str) -> None:
    assert await tokens_of(header) == ["a.b.c"]


async def test_two_authorization_headers_are_refused_even_when_equal() -> None:
    with pytest.raises(Unauthenticated, match="several Authorization headers"):
        await tokens_of("Bearer a.b.c", "Bearer a.b.c")
    with pytest.raises(Unauthenticated, match="several Authorization headers"):
        await tokens_of("", "Bearer a.b.c")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer a.b.c, Bearer d.e.f", "Bearer\ta.b.c", "Bearer a.b.c\x00", "Bearer \u00e9", "Bearer \u0663",
     'Bearer "a.b.c"', "Basic YW5uOnNlY3JldA==", "a.b.c", "Token a.b.c", "Bearers a.b.c", "\ud800"],
)  # fmt: skip
async def test_a_malformed_header_is_refused_with_how_to_write_it_and_without_its_content(header: str) -> None:
    with pytest.raises(Unauthenticated, match="Authorization: Bearer eyJ") as caught:
        await tokens_of(header)
    assert "a.b.c" not in str(caught.value) and "YW5u" not in str(caught.value)


def test_the_challenge_has_only_characters_that_a_header_may_have() -> None:
    text = challenge(Unauthenticated('expired "yesterday"\r\nSet-Cookie: a=b \u00e9 \\'))
    assert (
        text
        == "Bearer realm=\"callboard\", error=\"invalid_token\", error_description=\"expired 'yesterday'''Set-Cookie: a=b ' '\""
    )
