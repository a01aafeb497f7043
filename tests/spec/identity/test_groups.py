"""Groups within groups: transitive, in few questions, kept for a short time, and unharmed by circles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from callboard_sdk import EntityRef
from hypothesis import given
from hypothesis import strategies as st
from resolvers.groups import KEPT_SECONDS, CatalogGroups, Memberships

from tests.spec.auth.world import Clock


def group(name: str) -> EntityRef:
    return EntityRef("group", "default", name)


def groups(*names: str) -> frozenset[EntityRef]:
    return frozenset(map(group, names))


ANN = EntityRef.parse("user:default/ann")


class Company:
    """A catalog of groups: who stands below whom, and who is a member of what; it counts what it is asked."""

    def __init__(
        self, parents: Mapping[str, Sequence[str]], members: Mapping[EntityRef, Sequence[EntityRef]] | None = None
    ) -> None:
        self.parents = {group(child): [group(parent) for parent in over] for child, over in parents.items()}
        self.members = dict(members or {})
        self.asked: list[str] = []
        self.broken = False

    async def get(self, refs):
        raise AssertionError("groups are known by their relations alone")

    async def related(self, refs, relation):
        self.asked.append(relation)
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("the database is away")
        if relation == "memberOf":
            return {ref: list(self.members.get(ref, ())) for ref in refs}
        if relation == "childOf":
            return {ref: self.parents.get(ref, []) for ref in refs}
        return {ref: sorted(child for child, over in self.parents.items() if ref in over) for ref in refs}


TREE = {"web": ["product"], "search": ["product"], "product": ["company"], "finance": ["company"]}


def over(company: Company | None, clock: Clock | None = None) -> CatalogGroups:
    return CatalogGroups(lambda: company, clock=clock or Clock())


async def test_all_above_and_all_below_a_group_with_the_group_itself():
    made = over(Company(TREE))
    assert await made.above([group("web")]) == groups("web", "product", "company")
    assert await made.below([group("product")]) == groups("product", "web", "search")
    assert await made.below(groups("finance", "web")) == groups("finance", "web")
    assert await made.above([]) == frozenset()


async def test_a_level_is_one_question_however_many_groups_it_has():
    company = Company({f"team-{n}": ["department"] for n in range(500)} | {"department": ["company"]})
    assert len(await over(company).below([group("company")])) == 502
    assert company.asked == ["parentOf"] * 3


async def test_what_was_found_is_kept_for_a_while():
    company, clock = Company(TREE), Clock()
    made = over(company, clock)
    for _ in range(3):
        await made.above([group("web")])
    assert len(company.asked) == 3
    clock.pass_(KEPT_SECONDS)
    company.parents[group("web")] = [group("finance")]
    assert await made.above([group("web")]) == groups("web", "finance", "company")


async def test_many_that_ask_at_once_ask_once():
    company = Company(TREE)
    made = over(company)
    found = await asyncio.gather(*(made.above([group("web")]) for _ in range(50)))
    assert set(found) == {groups("web", "product", "company")}
    assert len(company.asked) == 3


async def test_a_request_that_gives_up_does_not_take_the_answer_from_the_others():
    made = over(Company(TREE))
    first, second = (asyncio.create_task(made.above([group("web")])) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == groups("web", "product", "company")


async def test_a_circle_of_groups_ends():
    made = over(Company({"a": ["b"], "b": ["c"], "c": ["a"]}))
    assert await made.above([group("b")]) == await made.below([group("b")]) == groups("a", "b", "c")


async def test_a_failure_is_told_and_not_kept():
    company = Company(TREE)
    company.broken = True
    made = over(company)
    with pytest.raises(OSError):
        await made.above([group("web")])
    company.broken = False
    assert len(await made.above([group("web")])) == 3


async def test_without_a_catalog_a_group_stands_alone():
    assert await over(None).above([group("web")]) == groups("web")


async def test_people_are_members_of_groups_alone_and_that_is_kept_too():
    company = Company(TREE, {ANN: [group("web"), EntityRef.parse("component:default/no-group")]})
    members = Memberships(lambda: company, clock=Clock())
    for _ in range(3):
        assert await members.of(ANN) == groups("web")
        assert await members.of(EntityRef.parse("user:default/bob")) == frozenset()
    assert company.asked == ["memberOf"] * 2


async def test_without_a_catalog_nobody_is_a_member():
    assert await Memberships(lambda: None, clock=Clock()).of(ANN) == frozenset()


@given(edges=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40), start=st.integers(0, 12))
def test_above_and_below_are_each_others_reverse(edges: list[tuple[int, int]], start: int):
    parents: dict[str, list[str]] = {}
    for child, parent in edges:
        parents.setdefault(f"g{child}", []).append(f"g{parent}")

    async def check() -> None:
        made = over(Company(parents))
        reached, found = {f"g{start}"}, {f"g{start}"}
        while reached:
            reached = {parent for child in reached for parent in parents.get(child, ())} - found
            found |= reached
        above = await made.above([group(f"g{start}")])
        assert above == groups(*found)
        for one in above:
            assert group(f"g{start}") in await made.below([one])

    asyncio.run(check())
