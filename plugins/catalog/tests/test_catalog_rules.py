"""Every rule has one small example that breaks it and, beside what follows from it, nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from callboard_catalog.descriptors.descriptor import Place, Reading
from callboard_catalog.descriptors.rules import RULES

HEAD = "apiVersion: a/v1\nkind: Printer\nmetadata:\n  name: a\n"
LOCATION = HEAD.replace("Printer", "Location")
EXAMPLES = {
    "source": None,
    "unreadable": None,
    "encoding": b"\xff",
    "too-large": "a: " + "x" * 2_000,
    "too-many-files": None,
    "outside-root": LOCATION + "spec: {target: /x.yaml}",
    "unanswered": None,
    "incomplete": None,
    "empty": None,
    "missing": None,
    "account": None,
    "yaml": "a: b: c",
    "not-an-entity": "[]",
    "api-version": HEAD.replace("a/v1", "''"),
    "kind": HEAD.replace("Printer", "''"),
    "metadata": "apiVersion: v1\nkind: Printer\nmetadata: x",
    "name": HEAD.replace("name: a", "name: '-'"),
    "namespace": HEAD + "  namespace: '-'",
    "duplicate": HEAD + "---\n" + HEAD,
    "kind-spelling": HEAD.replace("Printer", "Componnet"),
    "version": HEAD.replace("a/v1", "backstage.io/v9"),
    "duplicate-key": HEAD + "  title: x\n  title: y",
    "characters": HEAD + '  title: "\\0"',
    "number": HEAD + "spec: {x: .inf}",
    "placeholder": HEAD + "spec: {x: {$text: none}}",
    "title": HEAD + "  title: 1",
    "description": HEAD + "  description: []",
    "labels": HEAD + "  labels: {a: 1}",
    "annotations": HEAD + "  annotations: {a: 1}",
    "tags": HEAD + "  tags: [A]",
    "links": HEAD + "  links: [{}]",
    "spec": HEAD + "spec: []",
    "required": HEAD.replace("Printer", "User"),
    "reference": HEAD + "spec: {owner: '::'}",
    "dangling-reference": HEAD + "spec: {owner: x}",
    "missing-target": LOCATION + "spec: {target: ./y.yaml}",
    "target": LOCATION + "spec: {target: 1}",
    "remote-target": LOCATION + "spec: {target: 'https://example.com/x.yaml'}",
    "orphaned": None,
    "removal-held": None,
    "source-failed": None,
    "kept": None,
}


def test_there_is_an_example_for_every_rule():
    assert list(EXAMPLES) == list(RULES)


@pytest.mark.parametrize("rule", [rule for rule, example in EXAMPLES.items() if example])
def test_the_example_breaks_its_rule_alone(keep, rule):
    [problem] = keep({"x.yaml": EXAMPLES[rule]}, max_file_bytes=1_500).problems
    assert (problem.rule, problem.severity, problem.file) == (f"catalog.{rule}", RULES[rule].severity, "x.yaml")
    assert problem.message and problem.remedy


def test_what_is_about_no_document_breaks_its_rule_too(read, root):
    assert [p.rule for p in read({}, "none").problems] == ["catalog.source"]
    (root / "gone.yaml").symlink_to("nothing")
    assert [p.rule for p in read({}).problems] == ["catalog.unreadable"]
    assert [p.rule for p in read({f"{n}.yaml": HEAD + f"  namespace: n{n}" for n in range(3)}, max_files=2).problems] == [
        "catalog.too-many-files"
    ]
