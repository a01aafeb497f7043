"""A group on GitLab: the descriptors of its projects, those of the groups below it, and their people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from callboard_sdk import Same, Unread, Whole
from callboard_sdk.testing import Reading
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.held import Held, ended, reading, told
from tests.hosts.serving import body, serving, silence, status

WEB = "apiVersion: v1\nkind: Component\nmetadata: {name: web}\n"
API = "apiVersion: v1\nkind: API\nmetadata: {name: api}\n"


class Company:
    def __init__(self, url: str, gitlab: FakeGitLab) -> None:
        self.url, self.gitlab, self.held = url, gitlab, Held()
        self.web = gitlab.add("acme/web", {"README.md": "# Web", "docs/a.md": "# A", "catalog-info.yaml": WEB})
        self.api = gitlab.add("acme/platform/api", {"catalog-info.yaml": API})
        self.docs = gitlab.add("acme/docs", {"README.md": "# Docs"})
        self.empty = gitlab.add("acme/empty", branch=None)

    async def read(self, **more: Any) -> Reading:
        self.gitlab.asked.clear()
        given = {"provider": "gitlab", "base_url": f"{self.url}/api/v4", "group": "acme", "attempts": 1, **more}
        async with reading(given) as read:
            return await self.held.read(read(self.held))


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    gitlab = FakeGitLab()
    async with serving(gitlab) as url:
        yield Company(url, gitlab)


KEPT = {
    "acme/web/catalog-info.yaml": WEB, "acme/platform/api/catalog-info.yaml": API, "acme/docs": [], "acme/empty": [],
}  # fmt: skip


@pytest.mark.parametrize("per_page", [1, 2, 100])
async def test_descriptors_of_all_groups_are_found_page_by_page(company: Company, per_page: int) -> None:
    company.gitlab.per_page = per_page
    assert ended(await company.read())
    assert company.held.items == KEPT


async def test_the_same_commit_is_one_request(company: Company) -> None:
    await company.read()
    found = await company.read()
    assert told(found, Same) == ["acme/web", "acme/platform/api", "acme/docs"]
    assert company.gitlab.count("/tree") == 0


async def test_a_commit_is_read(company: Company) -> None:
    await company.read()
    company.web.files["catalog-info.yaml"] = WEB + "# more\n"
    assert ended(await company.read())
    assert company.held.items["acme/web/catalog-info.yaml"] == WEB + "# more\n"


async def test_a_project_that_moved_is_there_under_its_new_path(company: Company) -> None:
    await company.read()
    company.web.path = "acme/platform/shop"
    assert ended(await company.read())
    assert company.held.items["acme/platform/shop/catalog-info.yaml"] == WEB
    assert "acme/web/catalog-info.yaml" not in company.held.items


async def test_projects_are_chosen_by_globs_on_their_paths_below_the_group(company: Company) -> None:
    company.gitlab.add("acme/old", {"catalog-info.yaml": WEB}, archived=True)
    company.gitlab.add("acme/copy", {"catalog-info.yaml": WEB}, fork=True)
    await company.read(include=["Platform/*", "old", "copy"])
    assert set(company.held.items) == {"acme/platform/api/catalog-info.yaml"}
    await company.read(exclude=["platform/**", "docs", "empty"], archived=True, forks=True)
    assert {name.split("/")[1] for name in company.held.items} == {"web", "old", "copy"}


async def test_an_empty_list_is_whole_and_has_nothing(company: Company) -> None:
    await company.read()
    company.gitlab.projects.clear()
    assert (await company.read()).events == [Whole()]


FAULTS = {
    "429": status(429, retry_after="60"),
    "500": status(500),
    "no answer": silence(),
    "a page that is cut off": body(b'[{"id": 1, "path_with'),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("page", [1, 2])
async def test_a_list_that_can_not_be_read_to_its_end_leaves_everything(company: Company, fault: str, page: int) -> None:
    await company.read()
    company.gitlab.per_page = 2
    if page == 2:
        healthy = company.gitlab._page

        def second(request: Any, items: list[Any], key: str | None = None) -> Any:
            if request.query_params.get("page") == "1" or "page" not in request.query_params:
                company.gitlab.fail("/groups/acme/projects", FAULTS[fault])
            return healthy(request, items, key)

        company.gitlab._page = second  # type: ignore[method-assign]
    else:
        company.gitlab.fail("/groups/acme/projects", FAULTS[fault])
    found = await company.read(timeout_seconds=0.3)
    assert [type(event) for event in found.events] == [Unread]
    assert company.held.items == KEPT


@pytest.mark.parametrize("fault", ["500", "no answer", "a page that is cut off"])
async def test_a_project_that_can_not_be_read_stays_as_it_was(company: Company, fault: str) -> None:
    await company.read()
    company.web.files["catalog-info.yaml"] = WEB + "# more\n"
    company.gitlab.fail(f"/projects/{company.web.id}/repository/tree", FAULTS[fault])
    found = await company.read(timeout_seconds=0.3)
    assert told(found, Unread) == ["acme/web"]
    assert ended(found)
    assert company.held.items == KEPT


async def test_a_limit_that_is_reached_on_the_way_ends_the_reading(company: Company) -> None:
    await company.read()
    del company.gitlab.projects[company.docs.id]
    company.gitlab.fail("/branches/main", FAULTS["429"])
    found = await company.read()
    assert found.events[-1].name == ""
    assert not ended(found)
    assert company.held.items == KEPT


async def test_groups_and_members_become_groups_and_users(company: Company) -> None:
    company.gitlab.groups = [{"id": 2, "full_path": "acme/platform", "name": "Platform", "parent_id": 1}]
    person = {"id": 7, "username": "Ada.L", "name": "Ada Lovelace", "state": "active"}
    company.gitlab.members = {1: [person], 2: [person, {"id": 8, "username": "gone", "name": "Gone", "state": "blocked"}]}
    assert ended(await company.read(groups=True, members=True))
    found = {name: entity[0] for name, entity in company.held.items.items() if name.startswith("@")}
    assert set(found) == {"@acme/group/acme", "@acme/group/platform", "@acme/user/ada.l"}
    assert found["@acme/group/platform"]["spec"]["parent"] == "acme"
    assert found["@acme/user/ada.l"]["spec"] == {"memberOf": ["acme", "platform"], "profile": {"displayName": "Ada Lovelace"}}
    before = dict(company.held.items)
    company.gitlab.fail("/groups/2/members", status(500))
    assert told(await company.read(groups=True, members=True), Unread) == ["@acme"]
    assert company.held.items == before
