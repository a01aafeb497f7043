"""The builds answer as GitHub's REST API does, in its vendor's shapes."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from demo.company import Company
from demo.servers.runs import Run, history, split, split_job
from demo.servers.serve import Options, running
from demo.tests.conftest import NOW

RUNS = "/repos/proscenia/seat-map/actions/runs"
DESCRIPTION = Path(__file__).parents[3] / "shared/data/upstreams/ci/github_openapi_trimmed.json"


@pytest.fixture
def github(client: Callable[[str], httpx.Client]) -> httpx.Client:
    return client("github")


@pytest.fixture(scope="module")
def histories(full_company: Company) -> dict[str, tuple[Run, ...]]:
    return {name: history(full_company, name, NOW) for name in full_company.by_repository}


def test_runs_come_newest_first_thirty_at_a_time(github: httpx.Client, company: Company) -> None:
    answer = github.get(RUNS).json()
    runs = history(company, "seat-map", NOW)
    assert [run["id"] for run in answer["workflow_runs"]] == [run.id for run in runs[:30]]
    assert answer["total_count"] == len(runs)
    created = [run["created_at"] for run in answer["workflow_runs"]]
    assert created == sorted(created, reverse=True)


def test_links_lead_through_all_pages(github: httpx.Client) -> None:
    answer = github.get(RUNS, params={"per_page": 10, "branch": "main"})
    assert "prev" not in answer.links
    last = answer.links["last"]["url"]
    ids = [run["id"] for run in answer.json()["workflow_runs"]]
    while "next" in answer.links:
        url = answer.links["next"]["url"]
        answer = github.get(url)
        first = httpx.URL(answer.links["first"]["url"]).params
        assert dict(first) == {"per_page": "10", "branch": "main", "page": "1"}
        ids += [run["id"] for run in answer.json()["workflow_runs"]]
    assert url == last
    assert len(set(ids)) == len(ids) == answer.json()["total_count"]


@pytest.mark.parametrize(("asked", "shown"), [("100", 100), ("101", 100), ("0", 1), ("x", 30), ("5", 5)])
def test_a_page_has_one_to_a_hundred_runs(github: httpx.Client, asked: str, shown: int) -> None:
    answer = github.get(RUNS, params={"per_page": asked}).json()
    assert len(answer["workflow_runs"]) == min(shown, answer["total_count"])


def test_a_page_beyond_the_last_is_empty(github: httpx.Client) -> None:
    answer = github.get(RUNS, params={"page": 1000})
    assert (answer.status_code, answer.json()["workflow_runs"]) == (200, [])


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("branch", "main", "head_branch"),
        ("status", "success", "conclusion"),
        ("status", "completed", "status"),
        ("event", "push", "event"),
    ],
)
def test_runs_are_filtered_by(github: httpx.Client, name: str, value: str, key: str) -> None:
    every = github.get(RUNS, params={"per_page": 100}).json()["workflow_runs"]
    chosen = github.get(RUNS, params={"per_page": 100, name: value}).json()["workflow_runs"]
    assert chosen
    assert chosen == [run for run in every if run[key] == value]


def test_a_run_leads_to_its_jobs_and_they_agree(github: httpx.Client) -> None:
    for run in github.get(RUNS).json()["workflow_runs"]:
        if run["status"] != "completed":
            continue
        jobs = github.get(run["jobs_url"]).json()["jobs"]
        ends = {job["conclusion"] for job in jobs}
        assert run["conclusion"] in ends
        assert ends <= {"success", run["conclusion"], "skipped"}
        assert github.get(run["url"]).json() == run


def test_the_client_that_has_the_answer_gets_none_again_and_is_not_charged(github: httpx.Client) -> None:
    first = github.get(RUNS)
    again = github.get(RUNS, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    other = github.get(RUNS, headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200
    assert int(other.headers["X-RateLimit-Used"]) == int(first.headers["X-RateLimit-Used"]) + 1


def test_names_are_told_without_case(github: httpx.Client) -> None:
    assert github.get("/repos/Proscenia/Seat-Map").json()["full_name"] == "proscenia/seat-map"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/repos/proscenia/curtain", "/repos/elsewhere/seat-map", "/repos/proscenia/seat-map/pulls",
        f"{RUNS}/1", f"{RUNS}/x/jobs", "/repos/proscenia",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(github: httpx.Client, path: str) -> None:
    answer = github.get(path)
    assert (answer.status_code, answer.json()["message"], answer.json()["status"]) == (404, "Not Found", "404")


@pytest.mark.parametrize(
    ("headers", "message"),
    [({}, "Requires authentication"), ({"Authorization": "Bearer wrong"}, "Bad credentials")],
)
def test_without_the_token_nothing_is_told(github: httpx.Client, headers: dict[str, str], message: str) -> None:
    answer = httpx.get(f"{github.base_url}{RUNS}", headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (401, message)


def test_past_the_rate_limit_it_says_when_to_come_back(data: Path) -> None:
    with running(Options(data, rate_limit=2, now=NOW)) as addresses:
        one = addresses.servers["github"]
        headers = {"Authorization": f"token {one.token_file.read_text()}"}
        answers = [httpx.get(one.url + RUNS, headers=headers) for _ in range(3)]
        left = httpx.get(f"{one.url}/rate_limit", headers=headers).json()["rate"]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert "rate limit exceeded" in answers[2].json()["message"]
    assert (answers[2].headers["X-RateLimit-Remaining"], left["remaining"]) == ("0", 0)
    assert int(answers[2].headers["X-RateLimit-Reset"]) == left["reset"]


def test_builds_fare_in_every_way(histories: dict[str, tuple[Run, ...]]) -> None:
    ends = Counter(run.conclusion for runs in histories.values() for run in runs)
    assert set(ends) == {"success", "failure", "cancelled", "timed_out", None}
    assert ends["success"] > 0.75 * ends.total()
    assert {runs[0].status for runs in histories.values()} == {"completed", "in_progress", "queued"}
    assert all(run.status == "completed" for runs in histories.values() for run in runs[1:])


def test_no_run_is_told_of_twice_or_before_it_began(histories: dict[str, tuple[Run, ...]]) -> None:
    every = [run for runs in histories.values() for run in runs]
    assert len({run.id for run in every}) == len(every)
    for run in every:
        assert run.created <= run.started <= run.updated <= NOW


def test_jobs_and_steps_follow_each_other_within_their_run(histories: dict[str, tuple[Run, ...]]) -> None:
    for runs in list(histories.values())[:60]:
        for run in runs:
            moment = run.started
            for job in split(run):
                parts = split_job(job)
                assert job.started is None or job.started >= moment - dt.timedelta(seconds=1)
                assert all(step.started is None or step.started >= run.started for step in parts)
                if job.conclusion == "failure":
                    assert [step.conclusion for step in parts] == ["success"] * 3 + ["failure", "skipped"]
                moment = job.ended or moment
            assert run.ended is None or abs((moment - run.ended).total_seconds()) < 1


@pytest.mark.skipif(not DESCRIPTION.is_file(), reason="../shared/data with GitHub's own API description isn't here")
def test_answers_have_the_vendor_s_shapes(github: httpx.Client, company: Company) -> None:
    description = json.loads(DESCRIPTION.read_text())
    components = _readable(description["components"])

    def check(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": components}
        problems = [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(value)]
        assert not problems, name

    for repository in company.by_repository:
        check("full-repository", github.get(f"/repos/proscenia/{repository}").json())
        for run in github.get(f"/repos/proscenia/{repository}/actions/runs?per_page=8").json()["workflow_runs"]:
            check("workflow-run", run)
            for job in github.get(run["jobs_url"]).json()["jobs"]:
                check("job", job)
    check("basic-error", github.get("/repos/proscenia/curtain").json())


def _readable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in JSON Schema's words."""
    if isinstance(node, list):
        return [_readable(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {key: _readable(value) for key, value in node.items() if key not in ("nullable", "example", "examples")}
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made
