"""The descriptor format, rule by rule: what is read, and what each broken rule says."""

from __future__ import annotations

import pytest
from callboard_catalog.descriptors.descriptor import Place
from callboard_catalog.descriptors.format import read_descriptor
from callboard_sdk import Severity

HEAD = "apiVersion: backstage.io/v1alpha1\nkind: Printer\n"


def metadata(lines: str) -> str:
    return f"{HEAD}metadata:\n  name: a\n  {lines}\n"


def only(reading):
    [descriptor] = reading.descriptors.values()
    return descriptor


def told(reading):
    return [(p.rule.removeprefix("catalog."), p.line, p.message) for p in reading.problems]


NAMES = ["a", "A", "9", "web-shop", "web_shop.v2", "a--b", "a" * 63]
BAD_NAMES = {
    "-a": "is '-a': only letters and digits, and - _ . between them",
    "a-": "is 'a-': only letters and digits, and - _ . between them",
    "a b": "is 'a b': only letters and digits, and - _ . between them",
    "a/b": "is 'a/b': only letters and digits, and - _ . between them",
    "ä": "is 'ä': only letters and digits, and - _ . between them",
    "''": "is '': only letters and digits, and - _ . between them",
    "a" * 64: "has 64 characters, at most 63 are allowed",
    "123": "is a number, not text: put it in quotes",
    "true": "is true or false, not text: put it in quotes",
    "[a]": "is a list, not text: put it in quotes",
    "{a: b}": "is a mapping, not text: put it in quotes",
    "~": "is missing",
    "${{ values.name }}": "is '${{ values.name }}': only letters and digits, and - _ . between them",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_has_letters_digits_and_separators_between_them(read, name):
    descriptor = only(read({"a.yaml": f"{HEAD}metadata: {{name: '{name}'}}"}))
    assert (descriptor.name, descriptor.ref.name) == (name, name.lower())


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_broken_name_makes_no_entity_and_says_why(read, name):
    reading = read({"a.yaml": f"{HEAD}metadata:\n  name: {name}\n"})
    assert not reading.descriptors
    assert told(reading) == [("name", 4, f"metadata.name {BAD_NAMES[name]}")]


@pytest.mark.parametrize("namespace", ["payments", "Payments", "a-1", "9", "a" * 63])
def test_a_namespace_is_compared_without_case_and_shown_as_written(read, namespace):
    descriptor = only(read({"a.yaml": metadata(f"namespace: '{namespace}'")}))
    assert (descriptor.namespace, descriptor.ref.namespace) == (namespace, namespace.lower())


@pytest.mark.parametrize("text", ["~", "''"])
def test_without_a_namespace_it_is_default(read, text):
    reading = read({"a.yaml": metadata(f"namespace: {text}")})
    assert told(reading) == (
        [] if text == "~" else [("namespace", 5, "metadata.namespace is '': only letters and digits, and - between them")]
    )
    assert text != "~" or only(reading).ref.namespace == "default"


@pytest.mark.parametrize(
    ("namespace", "reason"),
    [
        ("a.b", "is 'a.b': only letters and digits, and - between them"),
        ("-a", "is '-a': only letters and digits, and - between them"),
        ("a" * 64, "has 64 characters, at most 63 are allowed"),
        ("1", "is a number, not text: put it in quotes"),
    ],
)
def test_a_broken_namespace_makes_no_entity_and_says_why(read, namespace, reason):
    reading = read({"a.yaml": metadata(f"namespace: {namespace}")})
    assert not reading.descriptors
    assert told(reading) == [("namespace", 5, f"metadata.namespace {reason}")]


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("kind: A1", None, None),
        ("kind: Print er", "kind", "kind is 'Print er': only letters and digits, a letter first"),
        ("kind: 1st", "kind", "kind is '1st': only letters and digits, a letter first"),
        ("kind: " + "K" * 64, "kind", "kind has 64 characters, at most 63 are allowed"),
        ("kind: 7", "kind", "kind is a number, not text: put it in quotes"),
        ("apiVersion: v1", None, None),
        ("apiVersion: example.com/v2", None, None),
        ("apiVersion: example_com/v2", "api-version", "apiVersion has 'example_com' before the /, which is no domain"),
        ("apiVersion: a/b/v2", "api-version", "apiVersion has 'a/b' before the /, which is no domain"),
        (
            "apiVersion: example.com/",
            "api-version",
            "apiVersion is '': only a version of letters and digits, after a domain and /",
        ),
        ("apiVersion: 1.0", "api-version", "apiVersion is a number, not text: put it in quotes"),
        ("metadata: []", "metadata", "metadata is no mapping"),
    ],
)
def test_kind_api_version_and_metadata_are_checked_by_themselves(read, line, rule, message):
    parts = {"apiVersion": "apiVersion: example.com/v1", "kind": "kind: Printer", "metadata": "metadata: {name: a}"}
    parts[line.split(":")[0]] = line
    reading = read({"a.yaml": "\n".join(parts.values())})
    assert told(reading) == ([(rule, list(parts).index(line.split(":")[0]) + 1, message)] if rule else [])
    assert bool(reading.descriptors) == (rule is None)


def test_all_that_keeps_a_document_from_being_an_entity_is_told_at_once(read):
    reading = read({"a.yaml": "apiVersion: ''\nkind: 1\nmetadata:\n  name: '-'\n  namespace: .\n"})
    assert [(rule, line) for rule, line, _ in told(reading)] == [("api-version", 1), ("kind", 2), ("name", 4), ("namespace", 5)]


@pytest.mark.parametrize("text", ["just text", "[a, b]", "7", "openapi: 3.0.0\ninfo: {}"])
def test_what_has_nothing_of_an_entity_is_one_problem(read, text):
    reading = read({"a.yaml": text})
    assert [(rule, line) for rule, line, _ in told(reading)] == [("not-an-entity", 1)]


@pytest.mark.parametrize("key", ["tier", "example.com/tier", "a.b-c.example/T_1.x", "k" * 63, "d" * 63 + ".example/k"])
def test_a_label_is_kept(read, key):
    assert only(read({"a.yaml": metadata(f"labels: {{'{key}': front, other: ''}}")})).labels == {key: "front", "other": ""}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("'a b': x", "the key 'a b' is 'a b': only letters and digits, and - _ . between them, after a domain and /"),
        ("'/a': x", "the key '/a' has '' before the /, which is no domain"),
        ("'a_b/c': x", "the key 'a_b/c' has 'a_b' before the /, which is no domain"),
        ("'a/': x", "the key 'a/' is '': only letters and digits, and - _ . between them, after a domain and /"),
        ("'" + "k" * 64 + "': x", f"the key '{'k' * 64}' has 64 characters, at most 63 are allowed"),
        ("a: 1", "the value of a is a number, not text"),
        ("a: true", "the value of a is true or false, not text"),
        ("a: ~", "the value of a is empty, not text"),
        ("a: [b]", "the value of a is a list, not text"),
        (
            "a: 'x y'",
            "the value of label a is 'x y': only letters and digits, and - _ . between them, or nothing",
        ),
        ("a: '" + "x" * 64 + "'", "the value of label a has 64 characters, at most 63 are allowed"),
    ],
)
def test_a_broken_label_is_left_out_alone(read, entry, message):
    reading = read({"a.yaml": metadata(f"labels:\n    good: x\n    {entry}\n")})
    assert only(reading).labels == {"good": "x"}
    assert told(reading) == [("labels", 7, message)]


def test_an_annotation_has_a_labels_key_and_any_text(read):
    reading = read({"a.yaml": metadata('annotations:\n    example.com/x: "any text, http://x y"\n    "a b": x\n    n: 1\n')})
    assert only(reading).annotations == {"example.com/x": "any text, http://x y"}
    assert [(rule, line) for rule, line, _ in told(reading)] == [("annotations", 7), ("annotations", 8)]


@pytest.mark.parametrize("tag", ["java", "c++", "c#", "a:b", "web-shop", "9", "t" * 63])
def test_a_tag_is_kept(read, tag):
    assert only(read({"a.yaml": metadata(f"tags: ['{tag}']")})).tags == (tag,)


FORM = "only lower-case letters, digits and + # :, and single - between them"


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("Java", f"the tag is 'Java': {FORM}"),
        ("a b", f"the tag is 'a b': {FORM}"),
        ("a--b", f"the tag is 'a--b': {FORM}"),
        ("-a", f"the tag is '-a': {FORM}"),
        ("a_b", f"the tag is 'a_b': {FORM}"),
        ("''", f"the tag is '': {FORM}"),
        ("t" * 64, "the tag has 64 characters, at most 63 are allowed"),
        ("7", "the tag is a number, not text: put it in quotes"),
    ],
)
def test_a_broken_tag_is_left_out_alone(read, tag, message):
    reading = read({"a.yaml": metadata(f"tags:\n    - fine\n    - {tag}\n")})
    assert only(reading).tags == ("fine",)
    assert told(reading) == [("tags", 7, message)]


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://a/b?c#d", "mailto:a@example.com", "slack://channel?id=1", "tel:+1"]
)
def test_a_link_is_a_whole_address_with_words_beside_it(read, url):
    link = {"url": url, "title": "T", "icon": "I", "type": "t"}
    assert only(read({"a.yaml": metadata(f"links: [{{url: '{url}', title: T, icon: I, type: t, other: x}}]")})).links == (link,)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("https://example.com", "the link is text, not a mapping"),
        ("{title: x}", "the link's url is missing"),
        ("{url: 1}", "the link's url is a number, not text: put it in quotes"),
        ("{url: /docs}", "the link's url '/docs' is no whole URL"),
        ("{url: example.com}", "the link's url 'example.com' is no whole URL"),
        ("{url: 'https://a b'}", "the link's url 'https://a b' is no whole URL"),
        ("{url: 'https://[x'}", "the link's url 'https://[x' is no URL"),
        ("{url: 'javascript:alert(1)'}", "the link's url begins with javascript:, which a page must not open"),
        ("{url: 'JavaScript:alert(1)'}", "the link's url begins with javascript:, which a page must not open"),
        ('{url: "java\\tscript:alert(1)"}', "the link's url 'java\\tscript:alert(1)' is no whole URL"),
        ("{url: 'data:text/html,x'}", "the link's url begins with data:, which a page must not open"),
    ],
)
def test_a_broken_link_is_left_out_alone(read, link, message):
    reading = read({"a.yaml": metadata(f"links:\n    - url: https://example.com\n    - {link}\n")})
    assert only(reading).links == ({"url": "https://example.com"},)
    assert told(reading) == [("links", 7, message)]


def test_a_broken_word_of_a_link_costs_the_word_alone(read):
    reading = read({"a.yaml": metadata("links:\n    - url: https://example.com\n      title: 7\n      icon: x\n")})
    assert only(reading).links == ({"url": "https://example.com", "icon": "x"},)
    assert told(reading) == [("links", 7, "the link's title is a number, not text")]


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("title: 7", "title", "metadata.title is a number, not text"),
        ("description: [a]", "description", "metadata.description is a list, not text"),
        ("labels: [a]", "labels", "metadata.labels is a list, not a mapping"),
        ("annotations: text", "annotations", "metadata.annotations is text, not a mapping"),
        ("tags: java", "tags", "metadata.tags is text, not a list"),
        ("links: {url: x}", "links", "metadata.links is a mapping, not a list"),
    ],
)
def test_a_part_of_another_form_is_left_out_alone(read, line, rule, message):
    reading = read({"a.yaml": metadata(line)})
    found = only(reading)
    assert (found.title, found.description, found.labels, found.annotations, found.tags, found.links) == (
        None, None, {}, {}, (), (),
    )  # fmt: skip
    assert told(reading) == [(rule, 5, message)]


REQUIRED = {
    "Component": ["type", "lifecycle", "owner"],
    "API": ["type", "lifecycle", "owner", "definition"],
    "Resource": ["type", "owner"],
    "System": ["owner"],
    "Domain": ["owner"],
    "Group": ["type", "children"],
    "User": ["memberOf"],
    "Location": [],
    "Template": ["type", "steps"],
    "Printer": [],
}


@pytest.mark.parametrize("kind", REQUIRED)
def test_each_kind_says_which_fields_of_its_spec_are_missing(read, kind):
    reading = read({"a.yaml": f"apiVersion: a/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{}}\n"})
    assert only(reading).kind == kind
    assert told(reading) == [("required", 4, f"spec.{name} is missing") for name in REQUIRED[kind]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("spec: text", "spec is text, not a mapping"),
        ("spec: {type: [a], steps: []}", "spec.type is a list, not text"),
        ("spec: {type: a, steps: {}}", "spec.steps is a mapping, not a list"),
        ("spec: {type: a, steps: [], lifecycle: 1}", "spec.lifecycle is a number, not text"),
    ],
)
def test_a_field_of_the_spec_of_another_form_is_left_out_alone(read, line, message):
    reading = read({"a.yaml": f"apiVersion: a/v1\nkind: Template\nmetadata: {{name: a}}\n{line}\n"})
    assert ("spec", 4, message) in told(reading)
    assert only(reading).ref.kind == "template"


def test_the_spec_of_an_unknown_kind_may_be_anything(read):
    reading = read({"a.yaml": f"{HEAD}metadata: {{name: a}}\nspec: {{type: [1], steps: x}}\n"})
    assert told(reading) == [] and only(reading).spec == {"type": [1], "steps": "x"}


def test_a_key_that_stands_twice_is_told_where_it_stands_again(read):
    reading = read({"a.yaml": metadata("title: One\n  title: Two")})
    assert only(reading).title == "Two"
    assert told(reading) == [("duplicate-key", 6, "metadata.title stands twice; the last one counts")]


def test_what_can_not_be_kept_is_replaced_and_told(read):
    text = metadata('title: "a\\0b"\nspec:\n  big: 99999999999999999999\n  none: .nan\n  fine: 1.5')
    reading = read({"a.yaml": text})
    assert only(reading).title == "a\ufffdb"
    assert only(reading).spec == {"big": "99999999999999999999", "none": "nan", "fine": 1.5}
    assert [(rule, line) for rule, line, _ in told(reading)] == [("characters", 5), ("number", 7), ("number", 8)]


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("Compnent", "Component"),
        ("component", "Component"),
        ("COMPONET", "Component"),
        ("Componment", "Component"),
        ("Users", "User"),
        ("Gruop", "Group"),
        ("Api", "API"),
        ("Widgte", "Widget"),
        ("Component", None),
        ("Widget", None),
        ("App", None),
        ("AiResource", None),
        ("Printer", None),
    ],
)
def test_a_kind_that_is_nearly_a_known_one_is_told_and_stays(kind, meant):
    value = {"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "a"}}
    descriptor, problems = read_descriptor(value, Place("test", "a.yaml"), kinds=["Widget"])
    assert descriptor is not None and descriptor.kind == kind
    remedies = [(p.severity, p.remedy) for p in problems if p.rule == "catalog.kind-spelling"]
    assert remedies == ([(Severity.LOW, f"Did you mean {meant}?")] if meant else [])


@pytest.mark.parametrize(
    ("version", "meant"),
    [
        ("backstage.io/v9", "backstage.io/v1alpha1 or backstage.io/v1beta1"),
        ("scaffolder.backstage.io/v1beta9", "scaffolder.backstage.io/v1beta3"),
        ("backstage.io/v1alpha1", None),
        ("scaffolder.backstage.io/v1beta3", None),
        ("example.com/v9", None),
        ("v9", None),
    ],
)
def test_a_version_that_a_known_group_doesn_t_have_is_told_and_stays(version, meant):
    value = {"apiVersion": version, "kind": "System", "metadata": {"name": "a"}, "spec": {"owner": "b"}}
    descriptor, problems = read_descriptor(value, Place("test", "a.yaml"))
    assert descriptor is not None and descriptor.api_version == version
    assert [p.rule for p in problems] == (["catalog.version"] if meant else [])
    assert all(meant in (p.remedy or "") for p in problems)


@pytest.mark.parametrize("text", ["spec:\n\towner: a", "a: b\n\tc: d", "a:\n  - b\n  \t- c"])
def test_a_tab_where_spaces_belong_is_called_one(read, text):
    [problem] = read({"a.yaml": text}).problems
    assert problem.message == "the document is not YAML: there is a tab where YAML wants spaces"
    assert (problem.remedy, problem.line) == ("Write spaces in place of the tab.", text.count("\n") + 1)
