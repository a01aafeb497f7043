"""A secret's text is nowhere: not in findings, problems, errors, logs, or the repr of anything that is kept."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import msgspec
import pytest
from callboard_security.model import FindingKind
from callboard_security.store import Store

PLANTED = "hunter2-AKIAPLANTEDSECRETVALUE"


def everything(store: Store) -> str:
    return repr([store.sources, store.index.documents, store.index.findings, vars(store), vars(store.index)])


def trivy_secret(**more: Any) -> dict[str, Any]:
    return {
        "RuleID": "aws-access-key-id",
        "Category": "AWS",
        "Severity": "CRITICAL",
        "Title": "AWS Access Key ID",
        "StartLine": 4,
        "Code": {"Lines": [{"Number": 4, "Content": PLANTED}]},
        "Match": PLANTED,
        **more,
    }


def test_trivys_secrets_are_found_and_their_text_is_not_kept(folder: Any, reports: Any) -> None:
    modified = {"Type": "secret", "Status": "ignored", "Finding": trivy_secret(StartLine=9)}
    store = folder.store({"web/a.json": reports.trivy(Secrets=[trivy_secret()], ExperimentalModifiedFindings=[modified])})

    assert [(f.kind, f.title) for f in store.index.findings] == [(FindingKind.SECRET, "AWS Access Key ID")] * 2
    assert PLANTED not in everything(store)


@pytest.mark.parametrize("tool", ["gitleaks", "Trivy", "Some Secret Scanner"])
def test_sarifs_secrets_are_found_and_their_text_is_not_kept(folder: Any, reports: Any, tool: str) -> None:
    result = reports.result("aws-access-key", f"found {PLANTED}\nFixed Version: {PLANTED}", line=4)
    place = result["locations"][0]["physicalLocation"]
    place["region"]["snippet"] = {"text": PLANTED}
    place["contextRegion"] = {"startLine": 1, "snippet": {"text": PLANTED}}
    result |= {"partialFingerprints": {"secret": PLANTED}, "fixes": [{"description": {"text": PLANTED}}]}
    rule = {"id": "aws-access-key", "fullDescription": {"text": PLANTED}, "help": {"text": PLANTED}}
    store = folder.store({"web/a.json": reports.sarif(result, rules=[rule], tool=tool)})

    [found] = store.index.findings
    assert (found.kind, found.evidence[0].line) == (FindingKind.SECRET, 4)
    assert PLANTED not in everything(store)


@pytest.mark.parametrize("rule", ["tool/secret-in-log", "password-in-url", "jwt-token", "weak-credentials"])
def test_a_weakness_in_code_that_has_to_do_with_secrets_is_shown_without_the_tools_words(
    folder: Any, reports: Any, rule: str
) -> None:
    log = reports.sarif(reports.result(rule, PLANTED), rules=[{"id": rule, "fullDescription": {"text": PLANTED}}])
    store = folder.store({"web/a.json": log})

    assert [f.kind for f in store.index.findings] == [FindingKind.CODE]
    assert PLANTED not in everything(store)


def test_problems_never_quote_the_document(folder: Any, reports: Any, caplog: pytest.LogCaptureFixture) -> None:
    whole = json.dumps(reports.trivy(Secrets=[trivy_secret()])).encode()
    wrong = reports.trivy(Secrets=[trivy_secret(StartLine=PLANTED), PLANTED, {"RuleID": [PLANTED]}])
    with caplog.at_level(logging.DEBUG):
        store = folder.store(
            {
                "web/cut.json": whole[: whole.index(PLANTED.encode()) + len(PLANTED)],
                "web/after.json": whole + PLANTED.encode(),
                "web/wrong.json": wrong,
                "web/shape.json": {"SchemaVersion": 2, "Results": PLANTED, "ArtifactName": [PLANTED]},
                "web/unknown.json": {"password": PLANTED},
            }
        )

    assert {p.rule for p in store.sources[0].problems} == {
        "security.not-json",
        "security.bad-entry",
        "security.wrong-shape",
        "security.unknown-format",
    }
    assert PLANTED not in everything(store)
    assert PLANTED not in caplog.text


def test_nothing_kept_refers_to_the_files_bytes(folder: Any, reports: Any) -> None:
    store = folder.store({"web/a.json": reports.trivy(Secrets=[trivy_secret()])})

    assert not _holds(store, (bytes, bytearray, memoryview, msgspec.Raw), set())


def _holds(thing: Any, kinds: tuple[type, ...], seen: set[int]) -> bool:
    """Whether anything that is reachable from here is of one of these types."""
    if id(thing) in seen or isinstance(thing, type) or callable(thing) or hasattr(thing, "pattern"):
        return False
    seen.add(id(thing))
    if isinstance(thing, kinds):
        return True
    parts: list[Any] = []
    if isinstance(thing, dict):
        parts = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset)):
        parts = list(thing)
    else:
        parts += list(getattr(thing, "__dict__", {}).values())
        parts += [getattr(thing, n, None) for n in getattr(type(thing), "__slots__", ()) if sys.intern(n)]
    return any(_holds(part, kinds, seen) for part in parts)
