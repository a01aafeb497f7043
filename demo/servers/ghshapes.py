"""GitHub's REST shapes: how a repository, a person, a run and a job look on the wire (REST API version 2022-11-28)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import orjson

from demo.company.business import GITHUB_ORGANISATION, MAIL
from demo.company.dice import hexes, number
from demo.company.model import Component
from demo.servers.runs import Run, Step, split_job
from demo.servers.site import stamp

WEB = f"https://github.{MAIL}"
Shape = dict[str, Any]

_USER_PATHS = {
    "url": "",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_PATHS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}


def user(api: str, login: str, kind: str = "User") -> Shape:
    """A simple user; `api` is the server's own address without a slash at its end."""
    id_ = number(10**8, "github-user", login)
    return {
        "login": login,
        "id": id_,
        "node_id": _node("U", id_),
        "avatar_url": f"{WEB}/avatars/{id_}",
        "gravatar_id": "",
        "html_url": f"{WEB}/{login}",
        **{key: f"{api}/users/{login}{path}" for key, path in _USER_PATHS.items()},
        "type": kind,
        "site_admin": False,
    }


def minimal_repository(api: str, component: Component) -> Shape:
    """A repository, as part of something else."""
    name = component.repository
    base, id_ = f"{api}/repos/{GITHUB_ORGANISATION}/{name}", number(10**8, "github-repository", name)
    return {
        "id": id_,
        "node_id": _node("R", id_),
        "name": name,
        "full_name": f"{GITHUB_ORGANISATION}/{name}",
        "private": True,
        "owner": user(api, GITHUB_ORGANISATION, "Organization"),
        "html_url": f"{WEB}/{GITHUB_ORGANISATION}/{name}",
        "description": component.text if name == component.name else f"Everything of {component.system}.",
        "fork": False,
        "url": base,
        **{f"{key}_url": base + path for key, path in _REPOSITORY_PATHS.items()},
    }


def full_repository(api: str, component: Component, pushed: dt.datetime) -> Shape:
    """A repository, asked for by itself."""
    name = component.repository
    page = f"{WEB}/{GITHUB_ORGANISATION}/{name}"
    made = dt.datetime(2021, 3, 1, 9, tzinfo=dt.UTC) + dt.timedelta(days=number(1200, "made", name))
    counts = {"forks": 0, "open_issues": number(30, "issues", name), "stargazers": 0, "watchers": 0}
    return {
        **minimal_repository(api, component),
        "clone_url": f"{page}.git",
        "git_url": f"git://{page.removeprefix('https://')}.git",
        "ssh_url": f"git@github.{MAIL}:{GITHUB_ORGANISATION}/{name}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": component.language.capitalize(),
        "license": None,
        "default_branch": "main",
        "visibility": "private",
        "topics": list(component.tags),
        "archived": False,
        "disabled": False,
        "is_template": False,
        "size": number(90_000, "size", name),
        **{f"has_{what}": True for what in ("issues", "projects", "wiki", "downloads")},
        "has_pages": False,
        "has_discussions": False,
        **{f"{what}_count": count for what, count in counts.items()},
        **{what: counts[what] for what in ("forks", "open_issues", "watchers")},
        "network_count": 0,
        "subscribers_count": 3,
        "created_at": stamp(made),
        "updated_at": stamp(pushed),
        "pushed_at": stamp(pushed),
    }


def workflow_run(api: str, component: Component, run: Run, repository: Shape, encoded: orjson.Fragment) -> Shape:
    """A run; `encoded` is the minimal `repository` as JSON, which the runs of a page share."""
    base = f"{repository['url']}/actions/runs/{run.id}"
    suite = run.id + 500_000_000
    workflow = number(10**8, "workflow", component.repository, run.file)
    actor = user(api, run.actor.name)
    return {
        "id": run.id,
        "name": run.workflow,
        "node_id": _node("WFR", run.id),
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": f".github/workflows/{run.file}",
        "display_title": run.title,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": workflow,
        "check_suite_id": suite,
        "check_suite_node_id": _node("CS", suite),
        "url": base,
        "html_url": f"{repository['html_url']}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": stamp(run.created),
        "updated_at": stamp(run.updated),
        "run_started_at": stamp(run.started),
        "actor": actor,
        "triggering_actor": actor,
        "referenced_workflows": [],
        **{f"{what}_url": f"{base}/{what}" for what in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{repository['url']}/check-suites/{suite}",
        "previous_attempt_url": f"{base}/attempts/1" if run.attempt > 1 else None,
        "workflow_url": f"{repository['url']}/actions/workflows/{workflow}",
        "head_commit": _commit(run),
        "repository": encoded,
        "head_repository": encoded,
    }


def job(run: Run, step: Step, place: int, repository: Shape) -> Shape:
    """A job of a run. A job that waits has no runner yet."""
    id_ = run.id * 2 + 10_000_000_000 + place
    waiting = step.started is None
    return {
        "id": id_,
        "run_id": run.id,
        "workflow_name": run.workflow,
        "head_branch": run.branch,
        "run_url": f"{repository['url']}/actions/runs/{run.id}",
        "run_attempt": run.attempt,
        "node_id": _node("CR", id_),
        "head_sha": run.sha,
        "url": f"{repository['url']}/actions/jobs/{id_}",
        "html_url": f"{repository['html_url']}/actions/runs/{run.id}/job/{id_}",
        "status": step.status,
        "conclusion": step.conclusion,
        "created_at": stamp(run.created),
        "started_at": stamp(step.started or run.created),
        "completed_at": _maybe(step.ended),
        "name": step.name,
        "steps": [_step(part, at) for at, part in enumerate(split_job(step), 1)],
        "check_run_url": f"{repository['url']}/check-runs/{id_}",
        "labels": ["linux"],
        "runner_id": None if waiting else number(40, "runner", str(id_)) + 1,
        "runner_name": None if waiting else f"fly-tower-{number(40, 'runner', str(id_)) + 1}",
        "runner_group_id": None if waiting else 1,
        "runner_group_name": None if waiting else "Default",
    }


def _step(step: Step, place: int) -> Shape:
    return {
        "name": step.name,
        "status": step.status,
        "conclusion": step.conclusion,
        "number": place,
        "started_at": _maybe(step.started),
        "completed_at": _maybe(step.ended),
    }


def _commit(run: Run) -> Shape:
    author = {"name": run.actor.display_name, "email": run.actor.email}
    return {
        "id": run.sha,
        "tree_id": hexes(40, "tree", run.sha),
        "message": run.title,
        "timestamp": stamp(run.created - dt.timedelta(minutes=1)),
        "author": author,
        "committer": author,
    }


def _maybe(moment: dt.datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _node(kind: str, id_: int) -> str:
    return f"{kind}_{base64.urlsafe_b64encode(str(id_).encode()).rstrip(b'=').decode()}"
