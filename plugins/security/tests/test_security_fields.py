"""The plugin's fields, called as the gateway calls them: batches in, one item per parent out, and nothing read from disk."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_sdk import BadArgument, Batch, EntityRef, Page, Severity
from callboard_sdk.types import guard_of
from callboard_security import plugin
from callboard_security.model import Finding, FindingFilter, FindingKind, FindingState
from callboard_security.plugin import (
    affected,
    all_findings,
    documents,
    entity,
    findings,
    load_findings,
    load_vulnerabilities,
    problems,
    security,
    security_sources,
    vulnerability,
)
from strawberry.types.base import get_object_definition

ALL = Page(first=100)


@pytest.fixture
def store(folder: Any, reports: Any) -> Any:
    """Two components with one vulnerability in common, one clean, one document that is nobody's, and one broken."""
    shared = reports.vulnerability("CVE-2024-0001", Severity="CRITICAL", FixedVersion="3.0.9")
    own = [reports.vulnerability(f"CVE-2024-01{n:02}", "zlib", "1.2", Severity="LOW") for n in range(30)]
    check = {"ID": "DS-0002", "Severity": "HIGH", "Status": "FAIL"}
    made = folder.store(
        {
            "web/trivy.json": reports.trivy(shared, *own, Misconfigurations=[check]),
            "pay/trivy.json": reports.trivy(shared),
            "pay/vex.json": reports.cyclonedx(reports.statement("not_affected", "pkg:apk/alpine/openssl")),
            "clean/trivy.json": reports.trivy(),
            "ghost/trivy.json": reports.trivy(shared),
            "nobody.json": reports.trivy(shared),
            "web/broken.json": b"{",
        }
    )
    before = made.reads
    yield made
    assert made.reads == before


async def test_every_parent_gets_its_own_summary_in_order(store: Any, component: Any) -> None:
    batch = Batch([component(name) for name in ("clean", "web", "unknown", "pay")])
    clean, web, unknown, pay = await security(batch, store)

    assert (clean.state.value, clean.summary) == ("CLEAR", "Nothing found")
    assert (unknown.state.value, unknown.documents, unknown.worst) == ("UNSCANNED", 0, None)
    assert (pay.state.value, pay.summary) == ("CLEAR", "Nothing open, 1 settled")
    assert (pay.open_count, pay.fixable_count, pay.worst) == (0, 0, None)
    assert (web.state.value, web.worst, web.documents) == ("AT_RISK", Severity.CRITICAL, 2)
    assert web.summary == "1 critical, 1 high, 1 with a fix: upgrade openssl to 3.0.9"
    assert (web.counts.critical, web.counts.high, web.counts.low, web.open_count, web.fixable_count) == (1, 1, 30, 32, 1)
    assert await security(Batch([]), store) == []


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (None, 32),
        (FindingFilter(), 32),
        (FindingFilter(severity=[Severity.CRITICAL, Severity.HIGH]), 2),
        (FindingFilter(severity=[]), 0),
        (FindingFilter(state=[FindingState.FIXED]), 0),
        (FindingFilter(kind=[FindingKind.MISCONFIGURATION]), 1),
        (FindingFilter(fixable=True), 1),
        (FindingFilter(fixable=False), 31),
        (FindingFilter(package="ZLIB"), 30),
        (FindingFilter(package="pkg:apk/alpine/zlib"), 30),
        (FindingFilter(package="pkg:apk/alpine/zlib@1.3"), 0),
        (FindingFilter(identifier="cve-2024-0001"), 1),
        (FindingFilter(identifier="CVE-2024-0001", package="zlib"), 0),
    ],
)
async def test_a_filters_conditions_must_all_hold(store: Any, component: Any, given: FindingFilter | None, count: int) -> None:
    [found] = await findings(Batch([component("web")]), ALL, store, given)

    assert found.total_count == len(found.edges) == count


@pytest.mark.parametrize(
    "given", [FindingFilter(identifier=" "), FindingFilter(package="x" * 501), FindingFilter(package="pkg:nothing")]
)
async def test_a_filter_that_can_not_mean_anything_is_refused(store: Any, given: FindingFilter) -> None:
    with pytest.raises(BadArgument):
        await all_findings(ALL, store, given)


async def test_pages_put_together_are_the_whole_list_forwards_and_backwards(store: Any) -> None:
    whole = [edge.node.id() for edge in (await all_findings(ALL, store)).edges]
    forwards: list[str] = []
    page = Page(first=7)
    while True:
        found = await all_findings(page, store)
        forwards += [edge.node.id() for edge in found.edges]
        assert found.page_info.has_previous_page is (page.after is not None)
        if not found.page_info.has_next_page:
            break
        page = Page.checked(7, found.page_info.end_cursor, None, None)
    backwards: list[str] = []
    page = Page(last=7)
    while True:
        found = await all_findings(page, store)
        backwards = [edge.node.id() for edge in found.edges] + backwards
        if not found.page_info.has_previous_page:
            break
        page = Page.checked(None, None, 7, found.page_info.start_cursor)

    assert forwards == backwards == whole
    assert len(set(whole)) == 34


async def test_findings_across_entities_are_found_by_id(store: Any) -> None:
    found = await all_findings(ALL, store, FindingFilter(identifier="CVE-2024-0001"))

    assert sorted(str(edge.node.entity_ref) for edge in found.edges) == [
        "component:default/ghost",
        "component:default/pay",
        "component:default/web",
    ]


async def test_who_is_affected_asks_the_catalog_once(store: Any, component: Any, catalog: Any) -> None:
    known = catalog([component("web"), component("pay")])
    found = await vulnerability("cve-2024-0001", store)
    assert found is not None
    assert (found.identifier, found.affected_count, found.severity) == ("CVE-2024-0001", 2, Severity.CRITICAL)

    [first, again] = await affected(Batch([found, found]), ALL, store, known)
    assert [(str(e.node.ref), e.node.state, e.node.entity is not None, e.node.fixed_version) for e in first.edges] == [
        ("component:default/ghost", FindingState.OPEN, False, "3.0.9"),
        ("component:default/web", FindingState.OPEN, True, "3.0.9"),
        ("component:default/pay", FindingState.NOT_AFFECTED, True, "3.0.9"),
    ]
    assert first.edges[1].node.packages[0].name == "openssl"
    assert [e.cursor for e in again.edges] == [e.cursor for e in first.edges]
    assert len(known.asked) == 1
    assert len(known.asked[0]) == 3


async def test_only_the_page_of_affected_entities_is_asked_for(store: Any, component: Any, catalog: Any) -> None:
    known = catalog([])
    found = await vulnerability("CVE-2024-0001", store)
    [page] = await affected(Batch([found]), Page(first=1), store, known)

    assert page.total_count == 3
    assert known.asked == [[EntityRef("component", "default", "ghost")]]


async def test_a_vulnerability_that_nobody_has_is_null(store: Any) -> None:
    assert await vulnerability("CVE-1999-0001", store) is None


async def test_a_findings_entity_is_asked_for_once_a_ref(store: Any, component: Any, catalog: Any) -> None:
    known = catalog([component("web")])
    nodes = [edge.node for edge in (await all_findings(ALL, store)).edges]
    found = await entity(Batch(nodes), known)

    assert [bool(e) for e in found] == [node.entity_ref.name == "web" for node in nodes]
    assert [sorted(map(str, asked)) for asked in known.asked] == [sorted({str(n.entity_ref) for n in nodes})]


async def test_a_document_that_belongs_to_nothing_is_shown(store: Any, component: Any, catalog: Any) -> None:
    known = catalog([component(name) for name in ("web", "pay", "clean")])
    [source] = await security_sources(store)
    assert (source.name, source.document_count, source.unmapped_count, source.problem_count) == ("reports", 7, 1, 1)

    [found] = await documents(Batch([source]), ALL, store, known, unmatched=True)
    assert [(e.node.path, e.node.entity) for e in found.edges] == [
        ("ghost/trivy.json", EntityRef("component", "default", "ghost")),
        ("nobody.json", None),
    ]
    [rest] = await documents(Batch([source]), ALL, store, known, unmatched=False)
    assert found.total_count + rest.total_count == 7
    assert {e.node.path: (e.node.findings, e.node.statements, len(e.node.problems)) for e in rest.edges} == {
        "clean/trivy.json": (0, 0, 0),
        "pay/trivy.json": (1, 0, 0),
        "pay/vex.json": (0, 1, 0),
        "web/broken.json": (0, 0, 1),
        "web/trivy.json": (32, 0, 0),
    }
    assert len(known.asked) == 2


async def test_problems_are_paged(store: Any) -> None:
    [source] = await security_sources(store)
    [found] = await problems(Batch([source]), Page(first=1), store)

    assert (found.total_count, found.edges[0].node.file) == (1, "web/broken.json")


def test_evidence_needs_a_permission_of_its_own_and_nothing_else_shows_it(store: Any) -> None:
    definition = get_object_definition(Finding, strict=True)
    permissions = {f.python_name: (f.metadata or {}).get("permission") for f in definition.fields}

    assert permissions["evidence"] == "security.evidence.read"
    assert [name for name, needed in permissions.items() if needed] == ["evidence"]
    guard = guard_of(Finding)
    assert guard is not None
    assert (guard.permission, guard.open_fields) == ("security.read", {"id", "entity_ref"})
    hidden = [f for f in store.index.findings if f.kind is FindingKind.MISCONFIGURATION]
    assert hidden
    for finding in hidden:
        shown = {name: value for name, value in vars(finding).items() if name != "evidence"}
        assert "lock.json" not in repr(shown)


def test_each_permission_is_used_and_described() -> None:
    used = {field.permission for field in plugin.fields} | {"security.evidence.read"}

    assert used == set(plugin.permissions)
    assert all(field.description and field.returns for field in plugin.fields)


async def test_findings_are_found_again_by_their_ids_with_one_question_to_the_catalog(store: Any, catalog: Any) -> None:
    known = [edge.node for edge in (await all_findings(ALL, store)).edges][:5]
    keys = [finding.node_key() for finding in known]
    asked = catalog([])
    found = await load_findings(Batch([*keys, "x@component:default/web", keys[0].split("@")[0], "@", ""]), store, asked)
    assert found == [*known, None, None, None, None]
    assert len(asked.asked) == 1


async def test_a_finding_of_an_annotation_s_documents_is_found_again(store: Any, catalog: Any, component: Any) -> None:
    moved = component("moved", callboard_dev__security_reports="pay")
    [page] = await findings(Batch([moved]), ALL, store)
    keys = [edge.node.node_key() for edge in page.edges]
    assert keys
    assert await load_findings(Batch(keys), store, catalog([moved])) == [edge.node for edge in page.edges]


async def test_vulnerabilities_are_found_again_by_their_ids(store: Any) -> None:
    found = await vulnerability("CVE-2024-0001", store)
    assert await load_vulnerabilities(Batch([found.node_key(), "CVE-1999-0001", ""]), store) == [found, None, None]
