"""A cluster that fails costs its own part and nothing else, and the error names it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from callboard_kubernetes.plugin import diagnosis, pods, query_clusters, state_events, state_pods
from callboard_kubernetes.states import RunState
from callboard_sdk import BadArgument, Batch, UpstreamError

REFUSED = httpx.ConnectError("refused")
HANGS = httpx.ReadTimeout("too slow")


def _two(make: Any, fleet: Any, **faults: Any) -> Any:
    objects = {"deployments": [make.deployment("web")], "pods": [make.pod("web")]}
    return fleet(make.cluster("good", objects=objects), make.cluster("bad", objects=objects, faults=faults["faults"]))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (REFUSED, "UNREACHABLE"),
        (HANGS, "TIMEOUT"),
        (401, "UNAUTHORIZED"),
        (403, "UNAUTHORIZED"),
        (404, "NOT_FOUND"),
        (429, "RATE_LIMITED"),
        (500, "BAD_ANSWER"),
        (b"<html>not a cluster</html>", "BAD_ANSWER"),
        (b'{"items":"none"}', "BAD_ANSWER"),
        (b'["items"]', "BAD_ANSWER"),
        (b'{"items":[{"metadata":{"name":7}}]}', "BAD_ANSWER"),
        (b'{"items":[null]}', "BAD_ANSWER"),
        (b"\xff\xfe", "BAD_ANSWER"),
        (b"", "BAD_ANSWER"),
    ],
)
async def test_a_list_that_fails_costs_its_cluster_and_no_other(fleet: Any, make: Any, fault: Any, reason: str) -> None:
    page = _two(make, fleet, faults={"/deployments": fault})
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))

    good, bad = state.clusters
    assert (good.state, [w.name for w in good.workloads]) == (RunState.HEALTHY, ["web"])
    assert isinstance(bad.workloads, UpstreamError)
    assert (bad.state, bad.workloads.reason, bad.workloads.upstream, bad.freshness) == (RunState.UNKNOWN, reason, "bad", None)
    assert (state.state, state.summary) == (RunState.HEALTHY, "2 of 2 pods ready; no answer from bad")
    assert state.workloads == [good.workloads[0], bad.workloads], "its error stands in its workloads' place"
    assert state.answered_by == ["good", bad.workloads], "and in its name's, for who asks for no workloads"


async def test_a_namespace_that_may_not_be_listed_costs_only_those_who_run_there(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment("web"), make.deployment("db", "bank")]}
    page = fleet(make.cluster("prod", objects=objects, faults={"/namespaces/bank/deployments": 403}))
    web, bank = await page.states(make.component("a", id="web", namespace="shop"), make.component("b", id="db", namespace="bank"))
    assert web.state is RunState.HEALTHY
    assert str(bank.clusters[0].workloads) == (
        "cluster prod doesn't let the gateway list deployments in namespace bank: grant its account `list` on deployments there"
    )


@pytest.mark.parametrize("fault", [REFUSED, HANGS, 401, 503, b"garbage", b"{}"])
async def test_a_cluster_whose_discovery_fails_is_not_asked_for_lists(fleet: Any, make: Any, fault: Any) -> None:
    page = _two(make, fleet, faults={"/api": fault, "/apis": fault})
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    assert isinstance(state.clusters[1].workloads, UpstreamError)
    assert page["bad"].asked == ["/api", "/apis"]
    assert state.clusters[0].state is RunState.HEALTHY


async def test_a_cluster_that_never_answers_ends_with_its_clients_own_timeout(fleet: Any, make: Any) -> None:
    page = _two(make, fleet, faults={"/api": TimeoutError()})
    client = page.clients["bad"]
    client._http = httpx.AsyncClient(transport=_Slow(), base_url="https://cluster.test", timeout=0.01, trust_env=False)
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    await client._http.aclose()
    assert state.clusters[1].workloads.reason == "TIMEOUT"
    assert state.summary == "2 of 2 pods ready; no answer from bad"


class _Slow(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("never answered", request=request)


async def test_discovery_that_failed_is_tried_again_by_the_next_request(fleet: Any, make: Any) -> None:
    page = _two(make, fleet, faults={"/apis": 503})
    component = make.component("a", id="web", namespace="shop")
    await page.states(component)
    page["bad"].faults.clear()
    page.forget()
    (state,) = await page.states(component)
    assert [part.state for part in state.clusters] == [RunState.HEALTHY, RunState.HEALTHY]


async def test_when_no_cluster_answers_the_state_is_unknown(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("a", faults={"/api": REFUSED}), make.cluster("b", faults={"/api": HANGS}))
    (state,) = await page.states(make.component("x", id="web"))
    assert (state.state, state.summary) == (RunState.UNKNOWN, "no answer from a, b")
    assert [error.upstream for error in state.workloads] == [error.upstream for error in state.answered_by] == ["a", "b"]


async def test_pods_that_cannot_be_listed_cost_the_pods_alone(fleet: Any, make: Any) -> None:
    page = _two(make, fleet, faults={"/pods": 403})
    states = await page.states(make.component("a", id="web", namespace="shop"))
    workloads = Batch(sorted(states[0].all_workloads(), key=lambda w: w.cluster))
    bad, good = await pods(workloads, page.clusters)
    assert isinstance(bad, UpstreamError) and [p.name for p in good] == ["web-7d4b9c-x2x9k"]
    (flat,) = await state_pods(Batch(states), page.clusters)
    assert [flat[0].cluster, flat[1].upstream] == ["good", "bad"], "the error stands after what was found"


async def test_events_and_pods_of_a_cluster_that_failed_are_its_error(fleet: Any, make: Any) -> None:
    page = _two(make, fleet, faults={"/apis": 503})
    states = await page.states(make.component("a", id="web", namespace="shop"))
    for field in (state_pods, state_events):
        (found,) = await field(Batch(states), page.clusters)
        assert found[-1].upstream == "bad"


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ({"selector": "app in web"}, "which is no label selector: expected `(` before 'web'"),
        ({"id": "web", "namespace": "../../secrets"}, "which is not a namespace's name"),
        ({"id": "web", "namespace": "Shop"}, "which is not a namespace's name"),
    ],
)
async def test_an_annotation_that_cannot_be_followed_is_its_entitys_error_and_asks_nothing(
    fleet: Any, make: Any, notes: Any, said: str
) -> None:
    page = fleet(make.cluster("prod"))
    (error,) = await page.states(make.component("a", **notes))
    assert (error.code, error.retryable) == ("BAD_ANNOTATION", False)
    assert said in str(error) and "component:default/a" in str(error)
    assert page["prod"].asked == []


async def test_a_cluster_that_is_not_configured_is_an_error_that_says_which_are(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod"), make.cluster("staging"))
    (state,) = await page.states(make.component("a", id="web", cluster="production"))
    assert "names cluster 'production', which isn't configured (known: prod, staging)" in str(state.workloads[0])
    assert state.state is RunState.UNKNOWN


async def test_the_list_of_clusters_says_which_answer_and_why_the_others_do_not(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod"), make.cluster("lost", faults={"/version": REFUSED}), namespaces=["shop"])
    prod, lost = await query_clusters(page.clusters)
    assert (prod.name, prod.reachable, prod.version, prod.error, prod.namespaces) == ("prod", True, "v1.34.1", None, ["shop"])
    assert (lost.name, lost.reachable, lost.version, lost.error) == ("lost", False, None, "lost can't be reached")
    assert page["prod"].asked == ["/version"]


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_a_limit_out_of_bounds_is_refused_before_anything_is_asked(fleet: Any, make: Any, limit: int) -> None:
    page = fleet(make.cluster("prod"))
    for field in (pods, state_pods, state_events):
        with pytest.raises(BadArgument, match="ask for 1 to 500"):
            await field(Batch([]), page.clusters, limit=limit)


async def test_a_limit_keeps_the_worst(fleet: Any, make: Any) -> None:
    crashing = make.pod("web", suffix="zzzzz", containerStatuses=[make.crashing("api")])
    objects = {"deployments": [make.deployment("web", ready=1)], "pods": [make.pod("web"), crashing]}
    page = fleet(make.cluster("prod", objects=objects))
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    ((worst,),) = await pods(Batch(state.all_workloads()), page.clusters, limit=1)
    assert worst.name.endswith("zzzzz")


async def test_diagnosis_of_no_ailing_workload_asks_nothing(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod", objects={"deployments": [make.deployment("web")]}))
    (state,) = await page.states(make.component("a", id="web"))
    page["prod"].asked.clear()
    assert await diagnosis(Batch(state.all_workloads()), page.clusters) == [None]
    assert page["prod"].asked == []
