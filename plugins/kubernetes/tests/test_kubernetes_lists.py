"""However many entities a page has, each cluster is asked for each list once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from callboard_kubernetes.plugin import diagnosis, events, kubernetes, pods, state_events, state_pods
from callboard_kubernetes.states import RunState
from callboard_sdk import Batch

KINDS = ("deployments", "statefulsets", "daemonsets", "cronjobs", "jobs")


async def test_a_hundred_components_in_five_namespaces_of_two_clusters_cost_one_list_of_each(fleet: Any, make: Any) -> None:
    names = [(f"app-{n}", f"space-{n % 5}") for n in range(100)]
    servers = [
        make.cluster(name, objects={"deployments": [make.deployment(*n) for n in names]}) for name in ("prod-eu", "prod-us")
    ]
    page = fleet(*servers)

    states = await page.states(*(make.component(n, id=n, namespace=space) for n, space in names))

    assert [len(state.all_workloads()) for state in states] == [2] * 100
    for server in servers:
        assert Counter(server.lists) == {
            f"/apis/{group}/v1/namespaces/space-{n}/{kind}": 1
            for n in range(5)
            for kind in KINDS
            for group in ["batch" if "job" in kind else "apps"]
        }
        assert server.discovery == ["/api", "/apis"]


async def test_the_whole_page_query_lists_pods_and_events_once_a_namespace_however_many_fields_ask(fleet: Any, make: Any) -> None:
    names = [(f"app-{n}", f"space-{n % 2}") for n in range(10)]
    page = fleet(
        make.cluster(
            "prod",
            objects={
                "deployments": [make.deployment(*n, ready=1) for n in names],
                "pods": [make.pod(*n) for n in names],
            },
        )
    )

    states = await page.states(*(make.component(n, id=n, namespace=space) for n, space in names))
    workloads = Batch([w for state in states for w in state.all_workloads()])
    page["prod"].asked.clear()
    found = await pods(workloads, page.clusters)
    await diagnosis(workloads, page.clusters)
    await state_pods(Batch(states), page.clusters)
    await events(workloads, page.clusters)
    await state_events(Batch(states), page.clusters)

    assert [len(some) for some in found] == [1] * 10
    expected = [f"/api/v1/namespaces/space-{n}/{kind}" for n in range(2) for kind in ("pods", "events")]
    assert sorted(page["prod"].asked) == sorted(expected)


async def test_components_without_a_namespace_share_one_list_of_what_carries_the_id_label(fleet: Any, make: Any) -> None:
    page = fleet(
        make.cluster(
            "prod",
            objects={
                "deployments": [make.deployment(f"app-{n}", f"space-{n}") for n in range(20)],
                "pods": [make.pod(f"app-{n}", f"space-{n}") for n in range(20)],
            },
        )
    )

    states = await page.states(*(make.component(f"app-{n}", id=f"app-{n}") for n in range(20)))
    found = await pods(Batch([w for state in states for w in state.all_workloads()]), page.clusters)

    assert [len(some) for some in found] == [1] * 20
    label = "?labelSelector=backstage.io/kubernetes-id"
    assert sorted(page["prod"].lists) == sorted(
        [
            *(f"/apis/apps/v1/{kind}{label}" for kind in KINDS[:3]),
            *(f"/apis/batch/v1/{kind}{label}" for kind in KINDS[3:]),
            f"/api/v1/pods{label}",
        ]
    )


async def test_pods_that_lack_their_workloads_label_are_found_by_namespace(fleet: Any, make: Any) -> None:
    page = fleet(
        make.cluster(
            "prod",
            objects={
                "deployments": [make.deployment("web", pod_labels={})],
                "pods": [make.pod("web", labels={}), make.pod("other")],
            },
        )
    )

    (state,) = await page.states(make.component("web", id="web"))
    (found,) = await pods(Batch(state.all_workloads()), page.clusters)

    assert [p.name for p in found] == ["web-7d4b9c-x2x9k"]
    assert page["prod"].lists[-1] == "/api/v1/namespaces/shop/pods"


async def test_entities_without_a_namespace_that_share_no_selector_share_one_unfiltered_list(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment("web"), make.deployment("db"), make.deployment("cache")]}
    page = fleet(make.cluster("prod", objects=objects), kinds=["DEPLOYMENT"])

    states = await page.states(
        make.component("a", id="web"),
        make.component("b", selector="backstage.io/kubernetes-id in (db, cache)"),
    )

    assert [sorted(w.name for w in state.all_workloads()) for state in states] == [["web"], ["cache", "db"]]
    assert page["prod"].lists == ["/apis/apps/v1/deployments"]


async def test_a_single_selector_is_the_servers_to_filter_by(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod", objects={"deployments": [make.deployment("web")]}), kinds=["DEPLOYMENT"])
    await page.states(make.component("a", selector="backstage.io/kubernetes-id=web,tier!=x"))
    assert page["prod"].lists == ["/apis/apps/v1/deployments?labelSelector=backstage.io/kubernetes-id=web,tier!=x"]


async def test_only_ailing_workloads_have_their_pods_listed_for_a_diagnosis(fleet: Any, make: Any) -> None:
    page = fleet(
        make.cluster(
            "prod",
            objects={
                "deployments": [make.deployment("well", "calm"), make.deployment("ill", "storm", ready=1)],
                "pods": [
                    make.pod("well", "calm"),
                    make.pod("ill", "storm", "aaaaa"),
                    make.pod("ill", "storm", "bbbbb", containerStatuses=[make.crashing("api")]),
                ],
            },
        )
    )

    states = await page.states(make.component("a", id="well", namespace="calm"), make.component("b", id="ill", namespace="storm"))
    workloads = [w for state in states for w in state.all_workloads()]
    page["prod"].asked.clear()

    assert await diagnosis(Batch(workloads), page.clusters) == [
        None,
        "`api` restarts every few minutes: out of memory (OOMKilled)",
    ]
    assert workloads[1].summary == "1 of 2 pods ready"
    assert page["prod"].asked == ["/api/v1/namespaces/storm/pods"]


async def test_nothing_is_asked_for_entities_without_annotations(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod"))
    assert await page.states(make.component("a"), make.component("b", namespace="shop")) == [None, None]
    assert await page.states() == []
    assert page["prod"].asked == []


async def test_only_the_cluster_that_is_named_is_asked(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod"), make.cluster("staging"))
    (state,) = await page.states(make.component("a", id="a", namespace="shop", cluster="staging"))
    assert page["prod"].asked == []
    assert [part.name for part in state.clusters] == ["staging"]
    assert (state.state, state.summary) == (
        RunState.ABSENT,
        "nothing matches backstage.io/kubernetes-id=a in namespace shop in staging",
    )


async def test_a_cluster_that_may_be_read_in_some_namespaces_is_asked_for_those_alone(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment("web"), make.deployment("web", "secret")]}
    page = fleet(make.cluster("prod", objects=objects), kinds=["DEPLOYMENT"], namespaces=["shop", "bank"])

    everywhere, hidden, named = await page.states(
        make.component("a", id="web"),
        make.component("b", id="web", namespace="secret"),
        make.component("c", id="web", namespace="secret", cluster="prod"),
    )

    assert [w.namespace for w in everywhere.all_workloads()] == ["shop"]
    assert (hidden.clusters, hidden.state) == ([], RunState.UNKNOWN)
    assert "namespace 'secret' of cluster 'prod' may not be read" in str(named.clusters[0].workloads)
    assert sorted(page["prod"].lists) == [f"/apis/apps/v1/namespaces/{n}/deployments" for n in ("bank", "shop")]


async def test_a_long_list_comes_in_pages(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment(f"app-{n}", id="web") for n in range(35)]}
    page = fleet(make.cluster("prod", objects=objects), kinds=["DEPLOYMENT"], page_size=10)
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    assert len(state.all_workloads()) == 35
    path = "/apis/apps/v1/namespaces/shop/deployments"
    assert page["prod"].lists == [path, f"{path}?continue=10", f"{path}?continue=20", f"{path}?continue=30"]


async def test_a_list_whose_place_was_forgotten_is_read_again_at_once(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment(f"app-{n}", id="web") for n in range(25)]}
    page = fleet(make.cluster("prod", objects=objects, forgetful=True), kinds=["DEPLOYMENT"], page_size=10)
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    assert sorted(w.name for w in state.all_workloads()) == sorted(f"app-{n}" for n in range(25)), "none twice, none lost"
    path = "/apis/apps/v1/namespaces/shop/deployments"
    assert page["prod"].lists == [path, f"{path}?continue=10", path]


async def test_a_list_without_end_is_refused(fleet: Any, make: Any) -> None:
    objects = {"deployments": [make.deployment(f"app-{n}", id="web") for n in range(150)]}
    page = fleet(make.cluster("prod", objects=objects), kinds=["DEPLOYMENT"], page_size=50, max_objects=100)
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    error = state.clusters[0].workloads
    assert (error.reason, len(page["prod"].lists)) == ("TOO_LARGE", 2)
    assert "more than 100 objects: name a namespace, or raise max_objects" in str(error)


async def test_a_list_that_goes_on_without_objects_is_refused_too(fleet: Any, make: Any) -> None:
    page = fleet(
        make.cluster("prod", faults={"/deployments": b'{"items":null,"metadata":{"continue":"x"}}'}), kinds=["DEPLOYMENT"]
    )
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    assert state.clusters[0].workloads.reason == "TOO_LARGE"


async def test_discovery_is_asked_once_for_many_requests(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod"), kinds=["DEPLOYMENT"])
    for namespace in ("a", "b", "a"):
        page.forget()
        await page.states(make.component("a", id="a", namespace=namespace))
    assert page["prod"].discovery == ["/api", "/apis"]
    assert len(page["prod"].lists) == 3


@pytest.mark.parametrize("aggregated", [True, False], ids=["aggregated", "listed"])
async def test_the_newest_version_that_really_holds_a_resource_is_listed(fleet: Any, make: Any, aggregated: bool) -> None:
    page = fleet(make.cluster("old", serves=make.old, aggregated=aggregated))
    await page.states(make.component("a", id="a", namespace="shop"))
    assert sorted(page["old"].lists) == [
        "/apis/apps/v1beta2/namespaces/shop/daemonsets",
        "/apis/apps/v1beta2/namespaces/shop/deployments",
        "/apis/apps/v1beta2/namespaces/shop/statefulsets",
        "/apis/batch/v1/namespaces/shop/jobs",
        "/apis/batch/v1beta1/namespaces/shop/cronjobs",
    ]
    lists = [f"/apis/{version}" for version in make.old if "/" in version] + ["/api/v1"]
    assert sorted(page["old"].discovery) == sorted(["/api", "/apis", *([] if aggregated else lists)])


async def test_a_kind_that_a_cluster_does_not_serve_has_none_there(fleet: Any, make: Any) -> None:
    serves = {**make.modern, "batch/v1": ("jobs",)}
    page = fleet(make.cluster("prod", serves=serves, objects={"deployments": [make.deployment("web")]}))
    (state,) = await page.states(make.component("a", id="web", namespace="shop"))
    assert [w.name for w in state.all_workloads()] == ["web"]
    assert not any("cronjobs" in path for path in page["prod"].lists)


async def test_a_cluster_that_was_upgraded_is_discovered_again(fleet: Any, make: Any) -> None:
    server = make.cluster("prod", serves={"v1": ("pods",), "apps/v1beta1": ("deployments",)})
    page = fleet(server, kinds=["DEPLOYMENT"])
    component = make.component("a", id="web", namespace="shop")
    await page.states(component)
    server.serves, server.objects = make.modern, {"deployments": [make.deployment("web")]}
    page.forget()
    (state,) = await page.states(component)
    assert [w.name for w in state.all_workloads()] == ["web"]
    assert page["prod"].lists[-1] == "/apis/apps/v1/namespaces/shop/deployments"


async def test_events_of_events_k8s_io_are_read_where_the_core_api_has_none(fleet: Any, make: Any) -> None:
    event = {
        "metadata": make.meta("e1"),
        "regarding": {"kind": "Pod", "name": "web-7d4b9c-x2x9k", "namespace": "shop"},
        "note": "0/3 nodes are available",
        "reason": "FailedScheduling",
        "type": "Warning",
        "series": {"count": 7, "lastObservedTime": "2026-01-02T11:56:00.000000Z"},
    }
    serves = {**make.modern, "v1": ("pods",)}
    page = fleet(make.cluster("prod", serves=serves, objects={"deployments": [make.deployment("web")], "events": [event]}))
    (state,) = await page.states(make.component("a", id="web"))
    ((found,),) = await events(Batch(state.all_workloads()), page.clusters)
    assert found.summary == "`web-7d4b9c-x2x9k` no node has room for it: 0/3 nodes are available (7 times, last 4 minutes ago)"
    assert (found.warning, found.count, found.subject) == (True, 7, "Pod/web-7d4b9c-x2x9k")
    assert page["prod"].lists[-1] == "/apis/events.k8s.io/v1/namespaces/shop/events"


async def test_pods_without_a_workload_are_found_by_their_own_label(fleet: Any, make: Any) -> None:
    bare = {**make.pod("web"), "metadata": make.meta("web-debug", labels={"backstage.io/kubernetes-id": "web"})}
    page = fleet(make.cluster("prod", objects={"deployments": [make.deployment("web")], "pods": [make.pod("web"), bare]}))
    states = await page.states(make.component("a", id="web"))
    (found,) = await state_pods(Batch(states), page.clusters)
    assert [p.name for p in found] == ["web-7d4b9c-x2x9k", "web-debug"]


async def test_equal_entities_are_looked_for_once_and_each_gets_its_answer(fleet: Any, make: Any) -> None:
    page = fleet(make.cluster("prod", objects={"deployments": [make.deployment("web")]}))
    twins = [make.component(name, id="web") for name in ("a", "b")]
    states = await kubernetes(Batch([twins[0], make.component("c"), twins[1]]), page.clusters)
    assert [state and len(state.all_workloads()) for state in states] == [1, None, 1]
