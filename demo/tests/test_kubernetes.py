"""The clusters answer as the Kubernetes API does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from demo.company import Company
from demo.company.model import Fate
from demo.servers.cluster import KINDS, Cluster
from demo.servers.selectors import Selector, label_selector
from demo.tests.conftest import NOW

Clients = Callable[[str], httpx.Client]
EVERYTHING = Selector()


@pytest.fixture
def eu(client: Clients) -> httpx.Client:
    return client("prod-eu")


@pytest.fixture(scope="module")
def full(full_company: Company) -> Cluster:
    return Cluster(full_company, "prod-eu", NOW)


def items(cluster: Cluster, plural: str, selector: str = "") -> list[dict[str, Any]]:
    kind = next(kind for kind in KINDS if kind.plural == plural)
    page = cluster.page(kind, None, label_selector(selector), EVERYTHING, 0, "")
    return [orjson.loads(body) for body in page.bodies]


def names(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in answer.json()["items"]]


def test_discovery_leads_to_every_list(eu: httpx.Client) -> None:
    assert eu.get("/version").json()["major"] == "1"
    assert eu.get("/api").json()["versions"] == ["v1"]
    groups = [group["preferredVersion"]["groupVersion"] for group in eu.get("/apis").json()["groups"]]
    assert groups == ["apps/v1", "batch/v1"]
    found = set()
    for base in ("/api/v1", *(f"/apis/{group}" for group in groups)):
        listed = eu.get(base).json()
        assert listed["kind"] == "APIResourceList"
        for resource in listed["resources"]:
            answer = eu.get(f"{base}/{resource['name']}").json()
            assert (answer["kind"], answer["apiVersion"]) == (f"{resource['kind']}List", listed["groupVersion"])
            assert answer["metadata"]["resourceVersion"]
            found.add(resource["name"])
    assert found == {kind.plural for kind in KINDS}


def test_generated_names_are_made_from_the_letters_that_kubernetes_uses(full: Cluster) -> None:
    generated = [pod["metadata"] for pod in items(full, "pods") if pod["metadata"]["generateName"]]
    ends = {metadata["name"].rsplit("-", 1)[1] for metadata in generated if not metadata["name"].rsplit("-", 1)[1].isdigit()}
    hashes = {rs["metadata"]["labels"]["pod-template-hash"] for rs in items(full, "replicasets")}
    assert len(ends) > 500
    assert {len(end) for end in ends} == {5}
    assert set("".join(ends | hashes)) <= set("bcdfghjklmnpqrstvwxz2456789")


def test_a_namespace_s_list_is_its_part_of_the_cluster_s(eu: httpx.Client) -> None:
    everywhere = names(eu.get("/api/v1/pods"))
    here = names(eu.get("/api/v1/namespaces/seat-map/pods"))
    assert here
    assert here == [key for key in everywhere if key[0] == "seat-map"]
    assert everywhere == sorted(everywhere)


def test_an_unknown_namespace_is_an_empty_list(eu: httpx.Client) -> None:
    answer = eu.get("/api/v1/namespaces/nowhere/pods")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_one_object_comes_with_its_kind_and_a_list_s_items_without(eu: httpx.Client) -> None:
    listed = eu.get("/apis/apps/v1/namespaces/seat-map/deployments").json()["items"][0]
    alone = eu.get(f"/apis/apps/v1/namespaces/seat-map/deployments/{listed['metadata']['name']}").json()
    assert alone == {"kind": "Deployment", "apiVersion": "apps/v1", **listed}
    assert eu.get("/api/v1/namespaces/seat-map").json()["status"] == {"phase": "Active"}


def test_pages_are_the_list_cut_in_pieces(eu: httpx.Client) -> None:
    whole, gathered, proceed = names(eu.get("/api/v1/pods")), [], ""
    left = len(whole)
    while True:
        answer = eu.get("/api/v1/pods", params={"limit": 7, **({"continue": proceed} if proceed else {})})
        page, metadata = names(answer), answer.json()["metadata"]
        gathered += page
        left -= len(page)
        proceed = metadata.get("continue", "")
        if not proceed:
            break
        assert (len(page), metadata["remainingItemCount"]) == (7, left)
    assert gathered == whole


def test_pages_of_a_selection_do_not_tell_how_much_is_left(eu: httpx.Client) -> None:
    params: dict[str, Any] = {"limit": 1, "labelSelector": "app.kubernetes.io/part-of=seat-map"}
    metadata = eu.get("/api/v1/pods", params=params).json()["metadata"]
    assert metadata["continue"]
    assert "remainingItemCount" not in metadata


@pytest.mark.parametrize(
    ("query", "code", "reason", "message"),
    [
        ("labelSelector=a%20b", 400, "BadRequest", "unable to parse requirement"),
        ("fieldSelector=spec.x%3D1", 400, "BadRequest", "field label not supported: spec.x"),
        ("limit=-1", 400, "BadRequest", "strconv.ParseInt"),
        ("limit=many", 400, "BadRequest", "strconv.ParseInt"),
        ("continue=%20%20", 400, "BadRequest", "continue key is not valid"),
        ("continue=bm90LWpzb24", 400, "BadRequest", "continue key is not valid"),
        ("continue=WyIxIiwiIiwiIl0", 410, "Expired", "too old to display a consistent list"),
    ],
)
def test_a_wrong_question_is_answered_by_a_status(eu: httpx.Client, query: str, code: int, reason: str, message: str) -> None:
    answer = eu.get(f"/api/v1/pods?{query}")
    status = answer.json()
    assert (answer.status_code, status["kind"], status["code"], status["reason"]) == (code, "Status", code, reason)
    assert message in status["message"]


def test_an_object_that_is_not_there_is_named(eu: httpx.Client) -> None:
    answer = eu.get("/apis/apps/v1/namespaces/seat-map/deployments/curtain")
    assert answer.status_code == 404
    assert answer.json() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'deployments.apps "curtain" not found',
        "reason": "NotFound",
        "details": {"name": "curtain", "group": "apps", "kind": "deployments"},
        "code": 404,
    }


@pytest.mark.parametrize("path", ["/api/v1/gizmos", "/apis/apps/v1/pods", "/api/v1/namespaces/x/namespaces", "/api/v1/a/b/c/d/e"])
def test_an_unknown_resource_is_not_found(eu: httpx.Client, path: str) -> None:
    answer = eu.get(path)
    assert (answer.status_code, answer.json()["message"]) == (404, "the server could not find the requested resource")


@pytest.mark.parametrize("path", ["/", "/apis/apps/v2", "/apis/gizmos.example/v1", "/nothing"])
def test_an_unknown_path_is_not_found(eu: httpx.Client, path: str) -> None:
    answer = eu.get(path)
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "Basic dXNlcjpwYXNz"])
def test_without_its_token_a_cluster_tells_nothing(eu: httpx.Client, header: str | None) -> None:
    bare = httpx.Client(base_url=eu.base_url, headers={"Authorization": header} if header is not None else {})
    with bare:
        answer = bare.get("/api/v1/pods")
        assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")
        assert bare.get("/livez").text == "ok"


def test_the_token_of_one_cluster_does_not_open_another(client: Clients) -> None:
    eu, us = client("prod-eu"), client("prod-us")
    answer = httpx.get(f"{us.base_url}/api/v1/pods", headers={"Authorization": eu.headers["Authorization"]})
    assert answer.status_code == 401


def test_nothing_can_be_changed(eu: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert eu.request(method, "/api/v1/namespaces/seat-map/pods").status_code == 405


def test_fields_select(eu: httpx.Client) -> None:
    namespace, name = names(eu.get("/api/v1/pods"))[0]
    assert names(eu.get("/api/v1/pods", params={"fieldSelector": f"metadata.name={name}"})) == [(namespace, name)]
    events = eu.get("/api/v1/events").json()["items"]
    one = events[0]["involvedObject"]
    chosen = eu.get("/api/v1/events", params={"fieldSelector": f"involvedObject.name={one['name']},type=Warning"})
    assert all(item["involvedObject"]["name"] == one["name"] for item in chosen.json()["items"])
    assert all(item["type"] == "Warning" for item in chosen.json()["items"])


def test_a_watch_tells_what_there_is_then_where_it_stands(eu: httpx.Client) -> None:
    params = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": "1"}
    whole = names(eu.get("/api/v1/namespaces/seat-map/pods"))
    lines = [orjson.loads(line) for line in eu.get("/api/v1/namespaces/seat-map/pods", params=params).text.splitlines()]
    assert [line["type"] for line in lines] == ["ADDED"] * len(whole) + ["BOOKMARK"]
    assert [line["object"]["metadata"]["name"] for line in lines[:-1]] == [name for _, name in whole]
    since = lines[-1]["object"]["metadata"]["resourceVersion"]
    later = eu.get("/api/v1/namespaces/seat-map/pods", params=params | {"resourceVersion": since})
    assert [orjson.loads(line)["type"] for line in later.text.splitlines()] == ["BOOKMARK"]


def test_every_component_that_runs_is_found_as_its_annotations_say(full: Cluster, full_company: Company) -> None:
    kinds = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "CronJob": "cronjobs"}
    by_plural = {plural: items(full, plural) for plural in kinds.values()}
    for component in full_company.components:
        here = [place for place in component.placements if place.cluster == "prod-eu"]
        if not component.workload:
            continue
        labelled = {
            (item["metadata"]["namespace"], item["metadata"]["name"])
            for item in by_plural[kinds[component.workload]]
            if item["metadata"]["labels"]["app"] == component.name
            and (item["metadata"]["labels"].get("backstage.io/kubernetes-id") == component.name) != component.by_selector
        }
        assert labelled == ({(component.system, component.name)} if here else set())


def test_owners_lead_from_each_pod_to_its_workload(full: Cluster) -> None:
    plurals = ("replicasets", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")
    by_uid = {item["metadata"]["uid"]: item for plural in plurals for item in items(full, plural)}
    pods = items(full, "pods")
    assert len({pod["metadata"]["uid"] for pod in pods}) == len(pods)
    for pod in pods:
        item = pod
        while owners := item["metadata"].get("ownerReferences"):
            item = by_uid[owners[0]["uid"]]
            assert item["metadata"]["name"] == owners[0]["name"]
            assert item["metadata"]["namespace"] == pod["metadata"]["namespace"]
        assert item["metadata"]["name"] == pod["metadata"]["labels"]["app"]


def test_pods_are_in_every_bad_way_there_is(full: Cluster) -> None:
    pods = items(full, "pods")
    statuses = [status for pod in pods for status in pod["status"].get("containerStatuses", ())]
    assert {status["state"].get("waiting", {}).get("reason") for status in statuses} == {
        None, "CrashLoopBackOff", "ImagePullBackOff", "CreateContainerConfigError"
    }  # fmt: skip
    assert "OOMKilled" in {status["lastState"].get("terminated", {}).get("reason") for status in statuses}
    assert {pod["status"]["phase"] for pod in pods} == {"Running", "Pending", "Failed", "Succeeded"}
    assert "Evicted" in {pod["status"].get("reason") for pod in pods}
    assert "Unschedulable" in {condition.get("reason") for pod in pods for condition in pod["status"]["conditions"]}


def test_what_a_pod_says_of_itself_agrees(full: Cluster) -> None:
    for pod in items(full, "pods"):
        status = pod["status"]
        conditions = {condition["type"]: condition["status"] for condition in status["conditions"]}
        containers = status.get("containerStatuses", [])
        if containers:
            ready = all(container["ready"] for container in containers)
            assert conditions["Ready"] == ("True" if ready else "False")
            assert all(("running" in one["state"]) == one["ready"] for one in containers)
        assert ("nodeName" in pod["spec"]) == (conditions.get("PodScheduled", "True") == "True")


def test_workloads_count_their_own_pods(full: Cluster) -> None:
    ready: dict[str, int] = {}
    for pod in items(full, "pods"):
        app = pod["metadata"]["labels"]["app"]
        alive = all(one["ready"] for one in pod["status"].get("containerStatuses", [{"ready": False}]))
        ready[app] = ready.get(app, 0) + alive
    for deployment in items(full, "deployments"):
        status, name = deployment["status"], deployment["metadata"]["name"]
        assert status.get("readyReplicas", 0) == ready[name], name
        assert status["replicas"] == status.get("readyReplicas", 0) + status.get("unavailableReplicas", 0)
    for stateful in items(full, "statefulsets"):
        assert stateful["status"].get("readyReplicas", 0) == ready[stateful["metadata"]["name"]]


def test_troubled_pods_left_events_and_nothing_is_dated_in_the_future(full: Cluster, full_company: Company) -> None:
    about = {event["involvedObject"]["uid"] for event in items(full, "events")}
    for pod in items(full, "pods"):
        for status in pod["status"].get("containerStatuses", ()):
            if "waiting" in status["state"]:
                assert pod["metadata"]["uid"] in about
    for event in items(full, "events"):
        first, last = (dt.datetime.fromisoformat(event[key]) for key in ("firstTimestamp", "lastTimestamp"))
        assert first <= last <= NOW
    for plural in ("pods", "jobs", "deployments"):
        assert all(dt.datetime.fromisoformat(one["metadata"]["creationTimestamp"]) <= NOW for one in items(full, plural))


def test_a_bad_roll_out_leaves_the_pods_before_it_running(full: Cluster, full_company: Company) -> None:
    stuck = [
        component.name
        for component in full_company.components
        for place in component.placements
        if component.workload == "Deployment"
        and place.cluster == "prod-eu"
        and place.fate in (Fate.IMAGE_MISSING, Fate.CONFIG_MISSING)
        and place.replicas > 1
    ]
    assert stuck
    for deployment in items(full, "deployments", f"app in ({','.join(stuck)})"):
        conditions = {one["type"]: (one["status"], one["reason"]) for one in deployment["status"]["conditions"]}
        assert conditions["Available"] == ("True", "MinimumReplicasAvailable")
        assert conditions["Progressing"] == ("False", "ProgressDeadlineExceeded")
