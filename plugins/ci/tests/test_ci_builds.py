"""How components learn whether they build: what is asked, and what each gets when something is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_ci.model import BuildState, PipelineStatus
from callboard_ci.plugin import builds, jobs, plugin, runs
from callboard_ci.settings import CiSettings, GitHubSettings
from callboard_sdk import BadArgument, Batch, Page, UpstreamError
from pydantic import ValidationError

API = "/api/v3/repos"


def page(*found: Any) -> tuple[int, Any]:
    return 200, {"total_count": len(found), "workflow_runs": list(found)}


async def test_a_component_gets_the_runs_of_its_repository(github, make_ci, component, run) -> None:
    github.answers[f"{API}/o/r/actions/runs"] = page(run(2), run(1, "failure"))
    (found,) = await builds(Batch([component("web", "o/r")]), make_ci())
    assert found.state is BuildState.PASSING
    assert found.branch == "main"
    assert found.latest.number == 2
    assert not found.freshness.stale
    newest = found.latest
    assert (newest.provider, newest.name, newest.status, newest.attempt) == ("github", "Build", PipelineStatus.SUCCEEDED, 1)
    assert (newest.event, newest.actor, newest.duration_seconds) == ("push", "ada", 180.0)
    assert (newest.commit.sha, newest.commit.message, newest.commit.author) == ("c0ffee2", "Mend it", "Ada")
    assert newest.commit.url == "https://github.example/o/r/commit/c0ffee2"
    assert newest.url == "https://github.example/o/r/actions/runs/1002"
    (request,) = github.requests
    assert dict(request.url.params) == {"per_page": "30", "exclude_pull_requests": "true"}


async def test_a_page_of_components_costs_one_request_a_repository(github, make_ci, component, run) -> None:
    for number in range(40):
        github.answers[f"{API}/o/r{number}/actions/runs"] = page(run())
    batch = Batch([component(f"web{number}", f"o/{'rR'[number // 40 % 2]}{number % 40}") for number in range(100)])
    found = await builds(batch, make_ci(GitHubSettings(type="github", base_url="https://github.example/api/v3", concurrency=4)))
    assert all(one.state is BuildState.PASSING for one in found)
    assert len(github.requests) == 40
    assert github.most_at_once <= 4


async def test_a_component_that_no_server_claims_has_no_builds_and_costs_nothing(github, make_ci, component) -> None:
    batch = Batch([component("a", None), component("b", "  "), component("c", "other/repo")])
    mine = GitHubSettings(type="github", owners=("mine",))
    assert await builds(batch, make_ci(mine)) == [None, None, None]
    assert github.requests == []


async def test_the_first_server_that_claims_a_component_answers_for_it(github, make_ci, component, run) -> None:
    inside = GitHubSettings(type="github", name="inside", base_url="https://ghe.example/api/v3", owners=("Secret",))
    outside = GitHubSettings(type="github", name="outside", base_url="https://api.github.example")
    github.answers["/api/v3/repos/secret/r/actions/runs"] = page(run())
    github.answers["/repos/o/r/actions/runs"] = page(run())
    found = await builds(Batch([component("a", "secret/r"), component("b", "o/r")]), make_ci(inside, outside))
    assert [one.latest.provider for one in found] == ["inside", "outside"]
    assert [request.url.host for request in github.requests] == ["ghe.example", "api.github.example"]


@pytest.mark.parametrize(
    "slug",
    [
        "r",
        "o/",
        "/r",
        "o/r/x",
        "o/..",
        "../r",
        "o/r?x=1",
        "o/r#x",
        "o/%2e%2e",
        "-o/r",
        "o /r",
        "o/r\nx",
        "o\\r",
        "ö/r",
        "o/" + "r" * 101,
    ],
)
async def test_an_annotation_that_is_no_repository_is_an_error_for_that_component_alone(
    slug: str, github, make_ci, component, run
) -> None:
    github.answers[f"{API}/o/r/actions/runs"] = page(run())
    bad, good = await builds(Batch([component("bad", slug), component("good", "o/r")]), make_ci())
    assert isinstance(bad, BadArgument)
    assert "component:default/bad" in bad.message
    assert "owner/repository" in bad.message
    assert good.state is BuildState.PASSING
    assert len(github.requests) == 1


async def test_a_repository_that_fails_costs_its_own_components_alone(github, make_ci, component, run) -> None:
    github.answers[f"{API}/o/good/actions/runs"] = page(run())
    github.answers[f"{API}/o/limited/actions/runs"] = (429, {})
    github.answers[f"{API}/o/odd/actions/runs"] = (200, {"workflow_runs": "none"})
    github.answers[f"{API}/o/broken/actions/runs"] = (200, b"<html>")
    names = ["good", "limited", "odd", "broken", "gone", "limited"]
    found = await builds(Batch([component(f"{name}{at}", f"o/{name}") for at, name in enumerate(names)]), make_ci())
    assert found[0].state is BuildState.PASSING
    assert [error.reason for error in found[1:] if isinstance(error, UpstreamError)] == [
        "RATE_LIMITED",
        "BAD_ANSWER",
        "BAD_ANSWER",
        "NOT_FOUND",
        "RATE_LIMITED",
    ]
    assert len(github.requests) == 5


async def test_an_answer_with_holes_still_gives_what_it_has(github, make_ci, component) -> None:
    odd = {
        "id": 1,
        "status": "completed",
        "conclusion": None,
        "created_at": "yesterday",
        "html_url": "javascript:alert(1)",
        "new": 1,
    }
    github.answers[f"{API}/o/r/actions/runs"] = page(odd, {"id": 2, "head_commit": None, "repository": None})
    github.answers[f"{API}/o/empty/actions/runs"] = (200, {})
    found, empty = await builds(Batch([component("a", "o/r"), component("b", "o/empty")]), make_ci())
    assert [(one.name, one.status, one.started_at, one.url) for one in found.recent] == [
        ("workflow", PipelineStatus.UNKNOWN, None, None)
    ] * 2
    assert (empty.state, empty.summary, empty.latest) == (BuildState.UNKNOWN, "no runs yet", None)


async def test_runs_come_newest_first_page_by_page_and_by_branch_and_status(github, make_ci, component, run) -> None:
    side = run(4, "failure", head_branch="side")
    github.answers[f"{API}/o/r/actions/runs"] = page(run(5), side, run(3, "failure"), run(2), run(1))
    found = await builds(Batch([component("a", "o/r")]), make_ci())
    (first,) = await runs(Batch(found), Page(first=2))
    assert [one.number for one in first.nodes()] == [5, 4]
    assert (first.total_count, first.page_info.has_next_page) == (5, True)
    after = Page.checked(2, first.page_info.end_cursor, None, None)
    (second,) = await runs(Batch(found), after)
    assert [one.number for one in second.nodes()] == [3, 2]
    (failed,) = await runs(Batch(found), Page(first=9), branch="main", status=PipelineStatus.FAILED)
    assert [one.number for one in failed.nodes()] == [3]
    assert len(github.requests) == 1


async def test_runs_that_started_at_the_same_moment_are_newest_first_too(github, make_ci, component, run) -> None:
    same = {"run_started_at": "2025-03-01T00:00:00Z"}
    github.answers[f"{API}/o/r/actions/runs"] = page(*(run(number, **same, id=10**number) for number in (12, 9, 3)))
    (listed,) = await runs(Batch(await builds(Batch([component("a", "o/r")]), make_ci())), Page(first=9))
    assert [one.number for one in listed.nodes()] == [12, 9, 3]


async def test_jobs_cost_one_request_a_run_and_only_so_many_runs_may_ask(github, make_ci, component, run) -> None:
    github.answers[f"{API}/o/r/actions/runs"] = page(run(3), run(2), run(1))
    job = {
        "name": "test",
        "status": "completed",
        "conclusion": "failure",
        "started_at": "2025-03-01T00:00:00Z",
        "completed_at": "2025-03-01T00:01:30Z",
        "runner_name": "runner-1",
        "html_url": "https://github.example/o/r/actions/runs/1003/job/1",
        "steps": [
            {"name": "check out", "number": 1, "status": "completed", "conclusion": "success"},
            {"name": "pytest", "number": 2, "status": "completed", "conclusion": "failure"},
            {"name": "upload", "number": 3, "status": "completed", "conclusion": "skipped"},
        ],
    }
    for number in (1002, 1003):
        github.answers[f"{API}/o/r/actions/runs/{number}/jobs"] = (200, {"total_count": 1, "jobs": [job]})
    ci = make_ci(job_runs=2)
    (found,) = await builds(Batch([component("a", "o/r")]), ci)
    first, second, third = found.recent
    one, two, again, refused = await jobs(Batch([first, second, first, third]), ci)
    assert one == two == again
    assert [(each.name, each.status, each.duration_seconds, each.failed_step) for each in one] == [
        ("test", PipelineStatus.FAILED, 90.0, "pytest")
    ]
    assert [step.status.name for step in one[0].steps] == ["SUCCEEDED", "FAILED", "SKIPPED"]
    assert isinstance(refused, BadArgument)
    assert "at most 2 runs" in refused.message
    assert github.paths[1:] == [f"{API}/o/r/actions/runs/1003/jobs", f"{API}/o/r/actions/runs/1002/jobs"]
    assert dict(github.requests[1].url.params) == {"filter": "latest", "per_page": "100"}


async def test_jobs_that_cannot_be_read_are_an_error_for_that_run_alone(github, make_ci, component, run) -> None:
    github.answers[f"{API}/o/r/actions/runs"] = page(run(2), run(1))
    github.answers[f"{API}/o/r/actions/runs/1001/jobs"] = (200, {"jobs": []})
    ci = make_ci()
    (found,) = await builds(Batch([component("a", "o/r")]), ci)
    gone, empty = await jobs(Batch(found.recent), ci)
    assert isinstance(gone, UpstreamError)
    assert empty == []


async def test_no_components_cost_nothing(github, make_ci) -> None:
    assert await builds(Batch([]), make_ci()) == []
    assert await jobs(Batch([]), make_ci()) == []
    assert github.requests == []


def test_the_plugin_declares_its_permissions_and_an_upstream_for_each_server() -> None:
    assert set(plugin.permissions) == {"ci.read", "ci.jobs.read"}
    assert {spec.permission for spec in plugin.fields} == {"ci.read", "ci.jobs.read"}
    assert [spec.returns is not None for spec in plugin.fields] == [True] * 3
    settings = CiSettings.model_validate({"providers": [{"type": "github", "token": "s3cret"}]})
    (upstream,) = plugin.upstreams(settings)
    assert upstream.bearer() == "s3cret"
    assert "s3cret" not in f"{upstream!r} {settings!r}"
    assert CiSettings().providers == ()


def test_a_rotated_token_file_is_read_again(tmp_path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n")
    settings = CiSettings.model_validate({"providers": [{"type": "github", "token_file": str(file)}]})
    (upstream,) = plugin.upstreams(settings)
    assert upstream.bearer() == "one"
    file.write_text("two\n")
    assert upstream.bearer() == "two"


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({"type": "jenkins"}, "github"),
        ({"type": "github", "name": "Git Hub"}, "lower-case letters"),
        ({"type": "github", "base_url": "api.github.com"}, "web address"),
        ({"type": "github", "base_url": "https://u:p@github.example"}, "token_file"),
        ({"type": "github", "base_url": "http://github.example", "token": "x"}, "in the clear"),
        ({"type": "github", "token": "x", "token_file": "/y"}, "keep one"),
        ({"type": "github", "runs": 101}, "less than or equal to 100"),
        ({"type": "github", "tokn": "s3cret"}, "tokn"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_to_write(provider: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CiSettings.model_validate({"providers": [provider]})
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_two_servers_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two providers are named 'github'"):
        CiSettings.model_validate({"providers": [{"type": "github"}, {"type": "github"}]})
