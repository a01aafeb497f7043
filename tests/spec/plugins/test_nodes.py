"""`node(id:)` and `nodes(ids:)` find every plugin's own objects again, under the same permissions, each type in one call."""

from __future__ import annotations

import pytest
from callboard_sdk import Batch, Node, NodeKey, Plugin, RegistrationError, UpstreamError, decode_id, encode_id, node, value
from gateway.testing import running_gateway
from schema import StitchError, stitch

RULES = """
p, reader, permission:core.node, read, allow
p, reader, permission:depot.read, read, allow
p, passer, permission:core.node, read, allow
p, admin, *, read, allow
p, blocked, type:DepotCrate, read, deny
g, blocked, reader
"""


@node(permission="depot.read")
class DepotCrate(Node):
    """Something that is stored."""

    label: str | None
    """What is in it."""

    def node_key(self) -> str:
        """Its label."""
        return str(self.label)


@value
class DepotShelf(Node):
    """Where crates stand."""

    number: int
    """Which one."""

    def node_key(self) -> str:
        """Its number."""
        return str(self.number)


@value
class Account:
    """Something with a number that is no id of the graph."""

    id: str
    """Its number."""


@pytest.fixture
def calls() -> list[tuple[str, list[str]]]:
    return []


@pytest.fixture
def depot(calls) -> Plugin:
    made = Plugin(
        "depot", permissions={"depot.read": "Read it.", "depot.shelves": "See shelves."}, types=[DepotCrate, DepotShelf]
    )

    @made.loader(DepotCrate, permission="depot.read")
    async def crates(keys: Batch[str]) -> list[DepotCrate | None]:
        """Crates by label."""
        calls.append(("crates", list(keys)))
        down = UpstreamError("depot", "TIMEOUT", "depot did not answer")
        return [down if key == "down" else None if key == "gone" else DepotCrate(label=key) for key in keys]

    @made.loader(DepotShelf, permission="depot.shelves")
    async def shelves(keys: Batch[str]) -> list[DepotShelf | None]:
        """Shelves by number; raises what it shouldn't for what is no number."""
        calls.append(("shelves", list(keys)))
        return [DepotShelf(number=int(key)) for key in keys]

    return made


@pytest.fixture
async def harness(depot, tmp_path):
    rules = tmp_path / "rules.csv"
    rules.write_text(RULES)
    async with running_gateway(tmp_path, {"policies": {"rules": str(rules)}}, plugins=[depot]) as running:
        yield running


ASK = """query ($ids: [ID!]!) {
  nodes(ids: $ids) { __typename id ... on DepotCrate { label } ... on DepotShelf { number } }
}"""


def crate(label: str) -> str:
    return encode_id("DepotCrate", label)


async def test_objects_of_several_types_are_found_in_order_with_one_call_a_type(harness, calls):
    ids = [crate("tea"), encode_id("DepotShelf", "7"), crate("salt"), crate("tea")]
    answer = await harness.ask(ASK, {"ids": ids})
    assert answer.errors == []
    assert [found["id"] for found in answer.data["nodes"]] == ids
    assert answer.data["nodes"][1] == {"__typename": "DepotShelf", "id": ids[1], "number": 7}
    assert sorted(calls) == [("crates", ["tea", "salt"]), ("shelves", ["7"])]


async def test_several_single_questions_are_one_call_too(harness, calls):
    document = f'{{ a: node(id: "{crate("tea")}") {{ id }} b: node(id: "{crate("salt")}") {{ id }} }}'
    answer = await harness.ask(document)
    assert answer.data == {"a": {"id": crate("tea")}, "b": {"id": crate("salt")}}
    assert calls == [("crates", ["tea", "salt"])]


async def test_what_is_gone_unknown_no_id_or_fails_is_its_own_matter(harness):
    ids = [crate("tea"), crate("gone"), encode_id("Spaceship", "1"), "no-id", crate("down")]
    answer = await harness.ask(ASK, {"ids": ids})
    assert [found and found["label"] for found in answer.data["nodes"]] == ["tea", None, None, None, None]
    told = {tuple(error["path"]): error["extensions"]["code"] for error in answer.errors}
    assert told == {("nodes", 3): "BAD_ARGUMENT", ("nodes", 4): "UPSTREAM"}


async def test_a_loader_that_raises_what_it_should_not_costs_its_own_type_and_is_known_by_its_plugin(harness):
    answer = await harness.ask(ASK, {"ids": [encode_id("DepotShelf", "x"), crate("tea")]})
    assert [found and found["label"] for found in answer.data["nodes"]] == [None, "tea"]
    [error] = answer.errors
    assert error["path"] == ["nodes", 0]
    assert (error["extensions"]["code"], error["extensions"]["plugin"]) == ("INTERNAL", "depot")


@pytest.mark.parametrize(("role", "may"), [("reader", {"DepotCrate"}), ("passer", set()), ("blocked", set())])
async def test_without_its_permission_a_type_is_not_loaded_and_is_as_if_there_were_none(harness, calls, role, may):
    ids = [crate("tea"), crate("gone"), encode_id("DepotShelf", "7")]
    answer = await harness.ask(ASK, {"ids": ids}, roles=(role,))
    assert {call for call, _ in calls} == ({"crates"} if may else set())
    assert [found is not None for found in answer.data["nodes"]] == ([True, False, False] if may else [False] * 3)
    assert answer.errors == []


async def test_more_ids_than_a_request_may_have_are_refused(harness, calls):
    answer = await harness.ask(ASK, {"ids": [crate(str(n)) for n in range(101)]})
    assert answer.data == {"nodes": None}
    assert answer.errors[0]["extensions"]["code"] == "BAD_ARGUMENT"
    assert calls == []


def test_an_id_names_its_type_and_key():
    assert decode_id(DepotCrate(label="tea").id()) == NodeKey("DepotCrate", "tea")


def test_two_loaders_for_one_type_are_refused_by_both_names(depot):
    other = Plugin("other", permissions={"other.read": "Read it."})

    @other.loader(DepotCrate, permission="other.read")
    async def again(keys: Batch[str]) -> list[DepotCrate | None]:
        """The same."""
        return []

    @other.query(permission="other.read")
    async def ok() -> str | None:
        """Something."""

    with pytest.raises(StitchError, match="'depot' and 'other' both load DepotCrate"):
        stitch([depot, other], {})


def test_a_loader_that_gives_another_type_or_asks_for_what_nobody_gives_is_refused():
    wrong = Plugin("wrong", permissions={"wrong.read": "Read it."})

    @wrong.loader(DepotCrate, permission="wrong.read")
    async def shelves(keys: Batch[str], count: int) -> list[DepotShelf | None]:
        """Shelves."""
        return []

    @wrong.query(permission="wrong.read")
    async def ok() -> str | None:
        """Something."""

    with pytest.raises(StitchError, match=r"test_nodes.py:\d+: .*asks for 'count'"):
        stitch([wrong], {})
    with pytest.raises(StitchError, match=r"Return list\[DepotCrate \| None\]"):
        stitch([wrong], {"wrong": frozenset({int})})


def test_what_is_no_node_has_no_loader():
    plain = Plugin("plain", permissions={"plain.read": "Read it."})

    @value
    class Thing:
        """No node."""

        name: str
        """Its name."""

    with pytest.raises(RegistrationError, match=r"loads Thing, which is no Node. Write `class Thing\(Node\)`"):

        @plain.loader(Thing, permission="plain.read")
        async def things(keys: Batch[str]) -> list[Thing | None]:
            """Things."""
            return []


def test_an_id_of_what_is_no_node_is_refused():
    plain = Plugin("plain", permissions={"plain.read": "Read it."})

    @plain.query(permission="plain.read")
    async def account() -> Account | None:
        """One."""

    with pytest.raises(StitchError, match="Account.id: is an id that `node.id:.` doesn't find"):
        stitch([plain], {})
