"""An existing portal: its entities come page by page, and are whole only when as many came as it says there are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from callboard_sdk import Item, Same, Unread
from callboard_sdk.testing import Reading
from tests.hosts.held import Held, ended, reading, told
from tests.hosts.portal import Portal
from tests.hosts.serving import body, serving, silence, status


class Company:
    def __init__(self, url: str, portal: Portal) -> None:
        self.url, self.portal, self.held = url, portal, Held()
        portal.add("Component", "web", owner="group:default/x")
        portal.add("API", "Api")
        portal.add("Group", "x")
        portal.add("Location", "generated", target="https://host/x")

    async def read(self, **more: Any) -> Reading:
        given = {"provider": "backstage", "base_url": self.url, "attempts": 1, "page": 2, "token": "s3cret", **more}
        async with reading(given) as read:
            return await self.held.read(read(self.held))


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    portal = Portal()
    async with serving(portal) as url:
        yield Company(url, portal)


ALL = {"component:default/web", "api:default/api", "group:default/x"}


@pytest.mark.parametrize("by_query", [True, False])
async def test_entities_come_without_what_the_portal_worked_out(company: Company, by_query: bool) -> None:
    company.portal.by_query = by_query
    found = await company.read()
    assert ended(found)
    assert set(company.held.items) == ALL
    assert company.held.items["component:default/web"] == [
        {
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"namespace": "default", "name": "web"},
            "spec": {"owner": "group:default/x"},
        }
    ]  # fmt: skip
    assert company.portal.tokens == {"Bearer s3cret"}


async def test_what_did_not_change_is_the_same(company: Company) -> None:
    await company.read()
    company.portal.entities[0]["metadata"]["etag"] = "2"
    found = await company.read()
    assert told(found, Item) == ["component:default/web"]
    assert set(told(found, Same)) == ALL - {"component:default/web"}


async def test_kinds_may_be_chosen(company: Company) -> None:
    await company.read(kinds=["Component", "Location"])
    assert set(company.held.items) == {"component:default/web", "location:default/generated"}


async def test_what_the_portal_no_longer_has_is_gone(company: Company) -> None:
    await company.read()
    del company.portal.entities[0]
    assert ended(await company.read())
    assert set(company.held.items) == ALL - {"component:default/web"}


async def test_an_entity_without_a_name_is_told_and_the_others_are_read(company: Company) -> None:
    company.portal.entities += [{"kind": "Component"}, {"kind": "Component", "metadata": {"name": ["a"]}}]
    found = await company.read()
    assert [event.why.rule for event in found.of(Unread)] == ["not-an-entity", "not-an-entity"]
    assert set(company.held.items) == ALL


async def test_a_total_that_does_not_fit_proves_nothing(company: Company) -> None:
    await company.read()
    company.portal.short = 2
    found = await company.read()
    assert not ended(found)
    assert "listed 2 entities, and says that there are 4" in str(found.of(Unread)[0].why)
    assert set(company.held.items) == ALL


async def test_cursors_that_lead_in_a_circle_come_to_an_end(company: Company) -> None:
    company.portal.circle = True
    found = await company.read(page=1)
    assert found.of(Unread)[0].why.rule == "incomplete"


FAULTS = {
    "429": status(429, retry_after="60"),
    "500": status(500),
    "401": status(401),
    "no answer": silence(),
    "a page that is cut off": body(b'{"items": [{"kind": "Comp'),
    "a page without a total": body(b'{"items": [], "pageInfo": {}}'),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("page", [1, 2])
async def test_a_page_that_fails_proves_nothing(company: Company, fault: str, page: int) -> None:
    await company.read()
    del company.portal.entities[2]
    healthy, count = company.portal.found, []

    async def found(request: Any) -> Any:
        count.append(request)
        return await (FAULTS[fault]() if len(count) == page else healthy(request))

    company.portal.found = found  # type: ignore[method-assign]
    told_now = await company.read(timeout_seconds=0.3)
    assert told_now.events[-1].name == ""
    assert not ended(told_now)
    assert set(company.held.items) == ALL
