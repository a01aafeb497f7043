"""Selectors choose what the Kubernetes API documentation says they choose."""

from __future__ import annotations

import pytest

from demo.servers.selectors import SelectorError, field_selector, label_selector

LABELS = {"app": "seat-map-api", "tier": "critical", "backstage.io/kubernetes-id": "seat-map-api", "weight": "7", "empty": ""}


@pytest.mark.parametrize(
    "chosen",
    [
        "",
        "app=seat-map-api",
        "app==seat-map-api",
        " app = seat-map-api , tier = critical ",
        "backstage.io/kubernetes-id=seat-map-api",
        "tier!=ordinary",
        "absent!=anything",
        "tier in (critical,important)",
        "tier in (critical, important),app",
        "tier notin (ordinary)",
        "absent notin (anything)",
        "app",
        "!absent",
        "! absent",
        "weight>6",
        "weight<8",
        "empty=",
        "empty in (,x)",
    ],
)
def test_the_labels_are_chosen_by(chosen: str) -> None:
    assert label_selector(chosen).matches(LABELS)


@pytest.mark.parametrize(
    "passed_over",
    [
        "app=seat",
        "app=",
        "absent=",
        "tier!=critical",
        "tier in (important,ordinary)",
        "tier notin (critical)",
        "absent",
        "!app",
        "app,absent",
        "weight>7",
        "weight<7",
        "app>1",
        "absent>1",
    ],
)
def test_the_labels_are_passed_over_by(passed_over: str) -> None:
    assert not label_selector(passed_over).matches(LABELS)


@pytest.mark.parametrize(
    "text", ["app=a b", "=x", "app in seat", "app in (a", "app = = b", "a b", "app=-x", "!", "tier>high", "a=b;c=d"]
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(SelectorError, match="unable to parse requirement"):
        label_selector(text)


def test_a_selector_that_requires_nothing_is_false() -> None:
    assert not label_selector(" , ")
    assert label_selector("app")


def test_fields_are_compared_whole() -> None:
    known = frozenset({"metadata.name", "status.phase"})
    fields = {"metadata.name": "seat-map-api-0", "status.phase": "Running"}
    assert field_selector("metadata.name=seat-map-api-0,status.phase!=Failed", known).matches(fields)
    assert not field_selector("metadata.name=seat-map-api", known).matches(fields)
    assert not field_selector("status.phase!=Running", known).matches(fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [("spec.secret=1", "field label not supported: spec.secret"), ("metadata.name", "can't understand 'metadata.name'")],
)
def test_an_unknown_field_is_refused(text: str, message: str) -> None:
    with pytest.raises(SelectorError, match=message):
        field_selector(text, frozenset({"metadata.name"}))
