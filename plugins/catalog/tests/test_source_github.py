"""An organisation on GitHub: its descriptors are found and kept, and nothing is gone that GitHub didn't prove to be gone."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from callboard_catalog.providers import Read
from callboard_sdk import Files, Gone, Item, Same, Unread, Whole
from callboard_sdk.testing import Reading
from tests.hosts.github import FakeGitHub
from tests.hosts.held import Held, ended, reading, told
from tests.hosts.serving import body, serving, silence, status

WEB = "apiVersion: v1\nkind: Component\nmetadata: {name: web}\n"
API = "apiVersion: v1\nkind: API\nmetadata: {name: api}\n"


class Company:
    """A GitHub with two repositories that have descriptors and one that has none, and what was read of it."""

    def __init__(self, url: str, github: FakeGitHub) -> None:
        self.url = url
        self.github = github
        self.held = Held()
        self.web = github.add("web", {"catalog-info.yaml": WEB, "docs/api.md": "# API"})
        self.api = github.add("api", {"catalog-info.yaml": API})
        self.docs = github.add("docs", {"README.md": "# Docs"})

    async def read(self, **more: Any) -> Reading:
        given = {"provider": "github", "base_url": self.url, "organization": "acme", "attempts": 1, **more}
        if "repositories" in given:
            del given["organization"]
        self.github.asked.clear()
        async with reading(given) as read:
            return await self.held.read(read(self.held))


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    github = FakeGitHub()
    async with serving(github) as url:
        yield Company(url, github)


KEPT = {"acme/web/catalog-info.yaml": WEB, "acme/api/catalog-info.yaml": API, "acme/docs": []}


async def test_descriptors_are_found_in_the_default_branches(company: Company) -> None:
    found = await company.read()
    assert company.held.items == KEPT
    assert ended(found)
    assert [type(event) for event in found.events] == [Files, Gone, Item, Files, Whole]


async def test_what_was_not_pushed_to_costs_no_request(company: Company) -> None:
    await company.read()
    found = await company.read()
    assert told(found, Same) == ["acme/api", "acme/docs", "acme/web"]
    assert [path for path, _ in company.github.asked] == ["/rate_limit", "/orgs/acme/repos"]
    assert company.held.items == KEPT


async def test_a_push_is_found_and_read_at_its_commit(company: Company) -> None:
    await company.read()
    company.web.files["catalog-info.yaml"] = WEB + "# more\n"
    company.web.pushed_at = company.github.now
    found = await company.read()
    assert told(found, Files) == ["acme/web"]
    assert company.held.items["acme/web/catalog-info.yaml"] == WEB + "# more\n"


async def test_a_push_in_the_second_of_the_reading_is_not_missed(company: Company) -> None:
    company.web.pushed_at = company.github.now
    await company.read()
    company.web.files["catalog-info.yaml"] = WEB + "# again, in the same second\n"
    await company.read()
    assert company.held.items["acme/web/catalog-info.yaml"].endswith("same second\n")


async def test_a_push_to_another_branch_is_one_request_without_an_answer(company: Company) -> None:
    await company.read()
    company.web.pushed_at += timedelta(hours=1)
    found = await company.read()
    assert "acme/web" in told(found, Same)
    assert company.github.count("/commits/main", 304) == 1


@pytest.mark.parametrize("hours", [-100_000, 100_000])
async def test_a_clock_that_jumps_loses_nothing(company: Company, hours: int) -> None:
    await company.read()
    company.github.now += timedelta(hours=hours)
    company.web.files["catalog-info.yaml"] = WEB + "# more\n"
    company.web.pushed_at = company.github.now
    found = await company.read()
    assert ended(found)
    assert company.held.items == KEPT | {"acme/web/catalog-info.yaml": WEB + "# more\n"}


async def test_a_descriptor_that_a_commit_took_away_is_gone(company: Company) -> None:
    await company.read()
    del company.web.files["catalog-info.yaml"]
    company.web.pushed_at = company.github.now
    found = await company.read()
    assert "acme/web" in told(found, Gone)
    assert "acme/web/catalog-info.yaml" not in company.held.items


async def test_neighbours_of_a_descriptor_are_fetched_when_they_are_asked_for(company: Company) -> None:
    texts: list[str] = []
    async with reading({"provider": "github", "base_url": company.url, "organization": "acme", "include": ["web"]}) as read:
        async for event in read(company.held):
            if isinstance(event, Files):
                texts.append(await asyncio.to_thread(event.tree.text, "docs/api.md"))
                assert event.tree.below("docs") == ["docs/api.md"]
    assert texts == ["# API"]


# what an organisation's list proves


async def test_a_list_is_read_to_its_last_page_and_stood_still(company: Company) -> None:
    company.github.per_page = 1
    found = await company.read()
    assert ended(found)
    assert company.github.count("/repos", 200) == 3
    assert company.github.count("/repos", 304) == 3, "the second look costs nothing"


async def test_a_list_from_which_something_went_while_it_was_read_proves_nothing_of_what_it_missed(company: Company) -> None:
    await company.read()
    company.github.per_page = 1
    listed, gone = company.github._page, []

    def page(request: Any, items: list[Any]) -> Any:
        answer = listed(request, items)
        if not gone and request.query_params.get("page") == "2":
            gone.append(company.github.repositories.pop(company.api.id))  # the first: all others move one page forward
        return answer

    company.github._page = page  # type: ignore[method-assign]
    found = await company.read()
    assert ended(found)
    assert set(company.held.items) == {"acme/web/catalog-info.yaml", "acme/docs"}, "only what is gone is gone"


async def test_links_to_another_host_are_not_followed(company: Company) -> None:
    await company.read()
    company.github.per_page, company.github.foreign_links = 2, True
    found = await company.read()
    assert not ended(found)
    assert "not on the upstream's own host" in str(found.of(Unread)[0].why)
    assert company.held.items == KEPT


async def test_a_renamed_repository_is_there_under_its_new_name(company: Company) -> None:
    await company.read()
    company.github.rename(company.web, "shop")
    found = await company.read()
    assert ended(found)
    assert company.held.items == {"acme/shop/catalog-info.yaml": WEB, "acme/api/catalog-info.yaml": API, "acme/docs": []}


async def test_a_repository_of_the_settings_that_was_renamed_is_found_by_its_earlier_name(company: Company) -> None:
    company.github.rename(company.web, "shop")
    found = await company.read(repositories=["acme/web", "acme/api"])
    assert ended(found)
    assert set(company.held.items) == {"acme/shop/catalog-info.yaml", "acme/api/catalog-info.yaml"}


async def test_a_repository_of_the_settings_that_is_not_found_is_not_gone(company: Company) -> None:
    await company.read(repositories=["acme/web", "acme/api"])
    del company.github.repositories[company.web.id]
    found = await company.read(repositories=["acme/web", "acme/api"])
    assert told(found, Unread) == ["acme/web"], "GitHub says 404 of what it doesn't show, too"
    assert "acme/web/catalog-info.yaml" in company.held.items


async def test_an_empty_list_is_whole_and_has_nothing(company: Company) -> None:
    """GitHub says so itself, so the events say so too; that so much goes at once is for the brake of the ingestion."""
    await company.read()
    company.github.repositories.clear()
    found = await company.read()
    assert found.events == [Whole()]


async def test_archived_repositories_forks_and_those_not_wanted_are_left_out(company: Company) -> None:
    company.github.add("old", {"catalog-info.yaml": WEB}, archived=True)
    company.github.add("copy", {"catalog-info.yaml": WEB}, fork=True)
    await company.read(include=["W*", "o*", "c*"], exclude=["x*"])
    assert set(company.held.items) == {"acme/web/catalog-info.yaml"}
    await company.read(include=["w*", "o*", "c*"], exclude=["w*"], archived=True, forks=True)
    assert set(company.held.items) == {"acme/old/catalog-info.yaml", "acme/copy/catalog-info.yaml"}


async def test_an_empty_repository_has_no_descriptors(company: Company) -> None:
    company.web.empty = True
    assert ended(await company.read())
    assert "acme/web/catalog-info.yaml" not in company.held.items


async def test_paths_may_be_folders_and_globs(company: Company) -> None:
    company.web.files |= {"services/a/entity.yaml": WEB, "services/b/entity.yml": API, "services/b/notes.txt": "no"}
    await company.read(paths=["services", "catalog-info.yaml", "**/entity.{yaml,yml}"], include=["web"])
    assert set(company.held.items) == {
        "acme/web/services/a/entity.yaml", "acme/web/services/b/entity.yml", "acme/web/catalog-info.yaml",
    }  # fmt: skip


# what fails


async def failing(company: Company, *, also: str = "") -> Reading:
    """Everything is read, then something was pushed everywhere, and what was to fail fails."""
    await company.read()
    for one in company.github.repositories.values():
        one.pushed_at = company.github.now
        one.files = {path: f"{text}# pushed\n" for path, text in one.files.items()}
    return await company.read()


LISTS = {
    "429": status(429, retry_after="60"),
    "500": status(500),
    "403": status(403),
    "401": status(401),
    "a moved organisation": status(301, location="/orgs/other/repos"),
    "no answer": silence(),
    "a page that is cut off": body(b'[{"id": 1, "full_name": "acme/w'),
    "a page of something else": body(b'{"message": "hello"}'),
}


@pytest.mark.parametrize("fault", LISTS)
async def test_a_list_that_can_not_be_read_leaves_everything(company: Company, fault: str) -> None:
    await company.read()
    company.github.fail("/orgs/acme/repos", LISTS[fault])
    found = await company.read(timeout_seconds=0.3)
    assert [type(event) for event in found.events] == [Unread]
    assert found.of(Unread)[0].name == ""
    assert company.held.items == KEPT


@pytest.mark.parametrize("fault", ["500", "no answer", "403"])
@pytest.mark.parametrize("place", ["/acme/web/commits/main", "/trees", "/blobs"])
async def test_a_repository_that_can_not_be_read_stays_as_it_was(company: Company, fault: str, place: str) -> None:
    await company.read()
    company.web.files["catalog-info.yaml"] = WEB + "# pushed\n"
    company.web.pushed_at = company.api.pushed_at = company.github.now
    sha = place.rpartition("/")[2]
    asked = {"trees": f"/trees/{company.web.commit}", "main": place}.get(sha)
    if asked is None:
        asked = "/blobs/" + hashlib.sha1((WEB + "# pushed\n").encode()).hexdigest()
    company.github.fail(asked, LISTS[fault])
    found = await company.read(timeout_seconds=0.3)
    assert ended(found), "the list was whole, and every repository of it is named"
    if place == "/blobs":
        assert told(found, Files) == ["acme/web"], "the file's text is the failure, where it is read"
    else:
        assert told(found, Unread) == ["acme/web"]
        assert company.held.items == KEPT


async def test_a_limit_that_is_reached_on_the_way_ends_the_reading_and_nothing_is_gone(company: Company) -> None:
    await company.read()
    del company.github.repositories[company.docs.id]
    for one in (company.web, company.api):
        one.pushed_at = company.github.now
        one.files["catalog-info.yaml"] += "# pushed\n"
    company.github.remaining = 4
    found = await company.read(concurrency=1)
    assert not ended(found)
    last = found.events[-1]
    assert isinstance(last, Unread)
    assert (last.name, last.why.rule) == ("", "unanswered")
    assert "too many requests" in str(last.why)
    assert company.held.items == KEPT | {"acme/api/catalog-info.yaml": API + "# pushed\n"}, "what was read in time counts"


async def test_a_limit_is_asked_for_no_more_until_it_is_over(company: Company) -> None:
    company.github.fail("/orgs/acme/repos", status(429, retry_after="600"))
    async with reading({"provider": "github", "base_url": company.url, "organization": "acme", "attempts": 1}) as read:
        await company.held.read(read(company.held))
        asked = len(company.github.asked)
        found = await company.held.read(read(company.held))
    assert len(company.github.asked) == asked
    assert "is not asked again" in str(found.of(Unread)[0].why)


async def test_a_listing_that_git_hub_cut_off_proves_nothing(company: Company) -> None:
    await company.read()
    company.web.truncated, company.web.pushed_at = True, company.github.now
    company.web.files = {"README.md": "the descriptor is among those that are not listed"}
    found = await company.read()
    assert told(found, Unread) == ["acme/web"]
    assert company.held.items == KEPT


async def test_descriptors_that_are_no_texts_are_told_where_they_are(company: Company) -> None:
    company.web.files["catalog-info.yaml"] = "a" * 3000
    async with reading(
        {"provider": "github", "base_url": company.url, "organization": "acme", "include": ["web"]}, max_file_bytes=2000
    ) as read:
        await company.held.read(read(company.held))
    assert company.held.items["acme/web/catalog-info.yaml"].rule == "too-large"


# teams and members


def entities(held: Held) -> dict[str, Any]:
    return {name: found[0] for name, found in held.items.items() if name.startswith("@")}


async def test_teams_and_members_become_groups_and_users(company: Company) -> None:
    github = company.github
    github.teams = [
        {"slug": "platform", "name": "Platform", "description": "Runs it.", "parent": None},
        {"slug": "build", "name": "Build", "description": None, "parent": {"slug": "platform"}},
    ]
    github.members = ["Ada", "grace"]
    github.team_members = {"platform": ["Ada", "grace"], "build": ["grace"]}  # GitHub counts those of build to platform
    assert ended(await company.read(teams=True, members=True, namespace="people"))
    found = entities(company.held)
    assert set(found) == {"@acme/group/platform", "@acme/group/build", "@acme/user/ada", "@acme/user/grace"}
    assert found["@acme/group/build"]["spec"]["parent"] == "platform"
    assert found["@acme/group/platform"]["metadata"]["description"] == "Runs it."
    assert found["@acme/user/ada"]["spec"]["memberOf"] == ["platform"]
    assert found["@acme/user/grace"]["spec"]["memberOf"] == ["build"]
    assert {one["metadata"]["namespace"] for one in found.values()} == {"people"}


async def test_people_who_can_not_be_listed_stay(company: Company) -> None:
    company.github.members, company.github.teams = ["ada"], [{"slug": "platform", "name": "Platform"}]
    await company.read(teams=True, members=True)
    before = dict(company.held.items)
    company.github.fail("/teams/platform/members", status(500))
    found = await company.read(teams=True, members=True)
    assert told(found, Unread) == ["@acme"]
    assert company.held.items == before


async def test_a_token_is_sent_as_a_bearer_and_shown_nowhere(company: Company, tmp_path: Any) -> None:
    company.github.fail("/orgs/acme/repos", status(401))
    (tmp_path / "token").write_text("s3cret\n")
    found = await company.read(token_file=str(tmp_path / "token"))
    assert "s3cret" not in repr(found.events)
    assert "credentials are missing, wrong or expired" in str(found.of(Unread)[0].why)
