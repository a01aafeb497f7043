"""Reading and reading again: what is read, when, and what stays when a file breaks."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from callboard_security.model import SecurityFormat
from callboard_security.plugin import store as store_resource
from callboard_security.settings import SecuritySettings


def rules(store: Any) -> list[str]:
    return [problem.rule for problem in store.sources[0].problems]


def test_the_format_is_told_by_the_content_and_not_by_the_name(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.sarif": reports.trivy(), "web/b.json": reports.sarif(), "web/c.sarif": reports.cyclonedx()})

    assert [d.content.format for d in store.index.documents] == [
        SecurityFormat.TRIVY,
        SecurityFormat.SARIF,
        SecurityFormat.CYCLONEDX,
    ]


def test_a_byte_order_mark_is_no_mistake(folder: Any) -> None:
    store = folder.store({"web/a.json": b'\xef\xbb\xbf{"SchemaVersion": 2, "Results": null, "ArtifactName": "x"}'})

    assert rules(store) == []


def test_only_changed_files_are_read_again(folder: Any, reports: Any) -> None:
    store = folder.store({f"web/{n}.json": reports.trivy(reports.vulnerability(f"CVE-2024-000{n}")) for n in range(5)})
    index = store.index
    assert store.reads == 5

    store.load()
    assert store.reads == 5
    assert store.index is index

    folder.write({"web/3.json": reports.trivy()})
    store.load()
    assert store.reads == 6
    assert len(store.index.findings) == 4


def test_a_file_that_goes_takes_its_findings_with_it(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability())})
    (folder.root / "web/a.json").unlink()
    store.load()

    assert store.index.findings == ()
    assert store.index.documents == ()


def test_a_truncated_file_keeps_what_it_said_and_is_stale_until_it_is_whole(folder: Any, reports: Any, component: Any) -> None:
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability()), "web/b.json": reports.trivy()})
    whole = (folder.root / "web/a.json").read_bytes()

    for cut in (whole[:50], b""):
        (folder.root / "web/a.json").write_bytes(cut)
        store.load()
        standing = store.index.of(component("web"))
        assert [f.identifier for f in standing.findings] == ["CVE-2024-0001"]
        assert standing.summary.stale
        assert rules(store) == ["security.not-json"]

    (folder.root / "web/a.json").write_bytes(whole)
    store.load()
    assert not store.index.of(component("web")).summary.stale
    assert rules(store) == []


def test_a_file_that_becomes_something_else_loses_what_it_said(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability())})
    folder.write({"web/a.json": {"name": "package"}})
    store.load()

    assert store.index.findings == ()
    assert rules(store) == ["security.unknown-format"]


def test_a_broken_document_says_where_and_costs_only_itself(folder: Any, reports: Any) -> None:
    store = folder.store(
        {"web/a.json": b'{\n "SchemaVersion": 2,\n  oops\n}', "web/b.json": reports.trivy(reports.vulnerability())}
    )
    [problem] = store.sources[0].problems

    assert (problem.rule, problem.file, problem.line) == ("security.not-json", "web/a.json", 3)
    assert "column 3" in problem.message
    assert problem.remedy
    assert len(store.index.findings) == 1


def test_a_broken_entry_says_its_line_and_costs_only_itself(folder: Any, reports: Any) -> None:
    report = reports.trivy(reports.vulnerability(), {"PkgName": "nameless"}, reports.vulnerability("CVE-2024-0002", Title=["no"]))
    store = folder.store({"web/a.json": report})
    lines = (folder.root / "web/a.json").read_text().splitlines()

    assert [f.identifier for f in store.index.findings] == ["CVE-2024-0001"]
    assert rules(store) == ["security.bad-entry"] * 2
    first = store.sources[0].problems[0]
    assert "nameless" in "".join(lines[first.line - 1 : first.line + 2])
    assert "VulnerabilityID" in first.message


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"[]", "security.wrong-shape"),
        (b"{}", "security.unknown-format"),
        (b"null", "security.wrong-shape"),
        (b"\xff\xfe{\x00}\x00", "security.not-json"),
        (b'{"runs": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "security.too-deep"),
        (b'{"runs": 5, "version": "2.1.0"}', "security.wrong-shape"),
        (b'{"bomFormat": "CycloneDX", "metadata": {"component": 7}}', "security.wrong-shape"),
        (b"x" * 5_000, "security.too-large"),
    ],
)
def test_what_can_not_be_read_is_a_problem_with_a_remedy(folder: Any, content: bytes, rule: str) -> None:
    limit = 2_000_000 if rule == "security.too-deep" else 2_000
    store = folder.store({"web/a.json": content}, settings={"max_bytes": limit})
    [problem] = store.sources[0].problems

    assert (problem.rule, problem.file) == (rule, "web/a.json")
    assert problem.remedy
    assert store.index.documents[0].content is None


def test_another_sarif_version_is_read_with_a_warning(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.json": {**reports.sarif(reports.result("r")), "version": "2.0.0"}})

    assert len(store.index.findings) == 1
    assert rules(store) == ["security.sarif-version"]


def test_limits_leave_out_what_is_beyond_them_and_say_so(folder: Any, reports: Any) -> None:
    many = [reports.vulnerability(f"CVE-2024-{n:04}") for n in range(30)]
    store = folder.store(
        {"web/a.json": reports.trivy(*many), "web/b.json": reports.trivy()}, settings={"max_findings": 10, "max_documents": 1}
    )

    assert len(store.index.findings) == 10
    assert sorted(rules(store)) == ["security.too-many", "security.too-many-documents"]


def test_a_document_has_at_most_twenty_problems_and_the_last_counts_the_rest(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.json": reports.trivy(*({"PkgName": str(n)} for n in range(40)))})

    assert len(store.sources[0].problems) == 20
    assert store.sources[0].problems[-1].message == "21 more problems in this document"


def test_components_that_nest_too_deeply_are_left_out(folder: Any, reports: Any) -> None:
    inner: dict[str, Any] = {"name": "leaf"}
    for _ in range(100):
        inner = {"name": "branch", "components": [inner]}
    store = folder.store({"web/a.json": reports.cyclonedx(components=[], **{"metadata": {}}) | {"components": [inner]}})

    assert rules(store) == ["security.too-deep"]
    assert store.index.documents[0].content.components == 51


def test_a_symbolic_link_leads_nowhere(folder: Any, reports: Any, tmp_path: Path) -> None:
    folder.write({"web/a.json": reports.trivy()})
    (tmp_path / "outside.json").write_bytes((folder.root / "web/a.json").read_bytes())
    os.symlink(tmp_path / "outside.json", folder.root / "web/link.json")
    os.symlink(tmp_path, folder.root / "up")
    store = folder.store()

    assert [d.path for d in store.index.documents] == ["web/a.json"]


def test_a_missing_folder_is_a_problem_and_fills_up_when_it_comes(tmp_path: Path, folder: Any, reports: Any) -> None:
    root, folder.root = folder.root, tmp_path / "later"
    store = folder.store()
    assert rules(store) == ["security.no-such-folder"]
    assert root.is_dir()

    folder.write({"web/a.json": reports.trivy(reports.vulnerability())})
    store.load()
    assert rules(store) == []
    assert len(store.index.findings) == 1


async def test_a_change_is_seen_while_the_gateway_runs(folder: Any, reports: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(_seconds: float) -> None:
        await turns.get()

    monkeypatch.setattr("callboard_security.store.asyncio", SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread))
    settings = SecuritySettings.model_validate({"sources": [{"path": folder.root}]})
    opened = store_resource(settings)
    store = await anext(opened)
    assert store.index.findings == ()

    folder.write({"web/a.json": reports.trivy(reports.vulnerability())})
    turns.put_nowait(None)
    turns.put_nowait(None)
    async with asyncio.timeout(20):
        while not store.index.findings:
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(lambda: None))])
    await opened.aclose()
    assert len(store.index.findings) == 1


async def test_a_load_that_fails_leaves_the_last_good_index_and_the_watch_going(
    folder: Any, reports: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability())})
    calls: list[int] = []

    def load() -> None:
        calls.append(1)
        raise OSError("a text that should not be shown")

    async def sleep(_seconds: float) -> None:
        if len(calls) == 2:
            raise asyncio.CancelledError

    monkeypatch.setattr(store, "load", load)
    monkeypatch.setattr("callboard_security.store.asyncio", SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread))
    with pytest.raises(asyncio.CancelledError):
        await store.watch()

    assert len(calls) == 2
    assert len(store.index.findings) == 1
    assert "OSError" in caplog.text
    assert "should not be shown" not in caplog.text


def test_a_change_elsewhere_leaves_what_is_known_as_it_is(folder: Any, reports: Any, component: Any) -> None:
    store = folder.store({f"{name}/a.json": reports.trivy(reports.vulnerability()) for name in ("web", "pay")})
    before = {name: store.index.of(component(name)) for name in ("web", "pay")}
    folder.write({"pay/a.json": reports.trivy()})
    store.load()

    assert store.index.of(component("web")) is before["web"]
    assert store.index.of(component("pay")).findings == ()


def test_an_alias_learned_elsewhere_changes_what_is_known_here(folder: Any, reports: Any, component: Any) -> None:
    advisory = "GHSA-aaaa-bbbb-cccc"
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(advisory))})
    folder.write({"pay/a.json": reports.trivy(reports.vulnerability("CVE-2024-0001", VendorIDs=[advisory]))})
    store.load()

    assert [f.identifier for f in store.index.of(component("web")).findings] == ["CVE-2024-0001"]


def test_an_sbom_that_comes_later_gives_a_statement_its_element(folder: Any, reports: Any, component: Any) -> None:
    purl = "pkg:apk/alpine/openssl@3.0.1"
    vex = reports.cyclonedx(reports.statement("not_affected", "urn:cdx:abc/1#seven"))
    store = folder.store({"web/a.json": reports.trivy(reports.vulnerability(purl=purl)), "web/vex.json": vex})
    assert store.index.of(component("web")).summary.open_count == 1

    sbom = reports.cyclonedx(components=[purl], serialNumber="urn:uuid:abc")
    sbom["components"][0]["bom-ref"] = "seven"
    folder.write({"elsewhere/bom.json": sbom})
    store.load()
    assert store.index.of(component("web")).summary.open_count == 0
