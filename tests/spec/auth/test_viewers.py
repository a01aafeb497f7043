"""What a good token's claims mean: subject, kind, roles, groups, and the user in the catalog."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import EntityRef, Viewer, ViewerKind

from tests.spec.auth.world import OTHER_ISSUER, claims, rsa_key, sign, world


async def viewer(payload: dict[str, Any], **settings: Any) -> Viewer:
    return await world(**settings).verifier.verify(sign(payload))


async def test_subjects_of_two_issuers_never_meet() -> None:
    here = world()
    one = await here.verifier.verify(sign(claims()))
    two = await here.verifier.verify(sign(claims(iss=OTHER_ISSUER), rsa_key("other")))
    assert (one.subject, two.subject) == ("acme:ann", "other:ann")


@pytest.mark.parametrize(
    ("said", "path"),
    [({"roles": ["a", "b"]}, "roles"), ({"scope": "a b"}, "scope"), ({"realm_access": {"roles": ["a", "b"]}}, "realm_access.roles"),
     ({"resource_access": {"my.client": {"roles": ["a", "b"]}}}, "resource_access.my.client.roles"),
     ({"https://acme.example/roles": ["a", "b"]}, "https://acme.example/roles")],
)  # fmt: skip
async def test_roles_are_read_from_where_the_settings_say(said: dict[str, Any], path: str) -> None:
    assert (await viewer(claims(**{"roles": None, **said}), roles_claim=path)).roles == {"a", "b"}


@pytest.mark.parametrize("said", [None, 5, {"a": "b"}, [], [5, None, ["a"]], "", [" ", "a\n", "\x00"], [{"a": 1}]])
async def test_roles_that_cannot_be_read_count_for_nothing(said: Any) -> None:
    assert (await viewer(claims(roles=said))).roles == frozenset()


async def test_a_role_map_lets_only_its_roles_in() -> None:
    mapped = await viewer(claims(roles=["release-manager", "admin"]), role_map={"release-manager": "operator"})
    assert mapped.roles == {"operator"}


async def test_base_roles_are_everyones() -> None:
    assert (await viewer(claims(), base_roles=["employee"])).roles == {"engineer", "employee"}


async def test_groups_are_refs_or_names_of_groups() -> None:
    said = ["payments", "group:web/Checkout", "user:default/ann", "a/b/c", "", 5]
    assert (await viewer(claims(groups=said))).groups == {
        EntityRef.parse("group:default/payments"),
        EntityRef.parse("group:web/checkout"),
    }


async def test_a_providers_token_stands_for_no_user_until_the_settings_say_which_claim_names_it() -> None:
    assert (await viewer(claims())).entity is None
    assert (await viewer(claims(), user_claim="sub")).entity == EntityRef.parse("user:default/ann")


@pytest.mark.parametrize("name", ["user:default/root", "other/root", "group:default/admins", "a:b"])
async def test_a_name_that_people_choose_cannot_step_into_another_ref(name: str) -> None:
    assert (await viewer(claims(preferred_username=name), user_claim="preferred_username")).entity is None


async def test_a_ref_is_taken_where_the_settings_say_so_and_only_of_a_user() -> None:
    settings = {"user_claim": "ref", "user_form": "ref"}
    assert (await viewer(claims(ref="user:web/Ann"), **settings)).entity == EntityRef.parse("user:web/ann")
    assert (await viewer(claims(ref="group:web/admins"), **settings)).entity is None


@pytest.mark.parametrize(
    ("email", "more", "expected"),
    [("ann@acme.example", {}, "ann"), ("ann@evil.example", {}, None), ("@acme.example", {}, None),
     ("ann@acme.example", {"email_verified": False}, None), (5, {}, None)],
)  # fmt: skip
async def test_a_suffix_must_be_there_and_is_cut_off(email: Any, more: dict[str, Any], expected: str | None) -> None:
    found = (await viewer(claims(email=email, **more), user_claim="email", user_suffix="@acme.example")).entity
    assert found == (EntityRef("user", "default", expected) if expected else None)


@pytest.mark.parametrize(
    "said",
    [{"callboard_kind": "bot"}, {"gty": "client-credentials"}, {"azp": "ann"}, {"client_id": "ann"}, {"idtyp": "app"},
     {"azp": "ci", "preferred_username": "service-account-ci"}],
)  # fmt: skip
async def test_a_programs_own_token_makes_a_bot_that_stands_for_no_user(said: dict[str, Any]) -> None:
    bot = await viewer(claims(**said), user_claim="sub")
    assert (bot.kind, bot.entity) == (ViewerKind.BOT, None)


@pytest.mark.parametrize(
    "said", [{}, {"azp": "web"}, {"callboard_kind": "PERSON", "azp": "ann"}, {"callboard_kind": 5}, {"gty": "password"}]
)
async def test_anything_else_is_a_person(said: dict[str, Any]) -> None:
    assert (await viewer(claims(**said))).kind is ViewerKind.PERSON
