"""Label selectors mean in memory what they mean to an API server."""

from __future__ import annotations

from typing import Any

import pytest
from callboard_kubernetes.selectors import InvalidSelector, Selector
from hypothesis import given
from hypothesis import strategies as st

LABELS = {"app": "web", "tier": "front", "empty": "", "size": "12", "app.kubernetes.io/name": "web"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "app",
        "app=web",
        "app==web",
        "app = web , tier = front",
        "app!=db",
        "missing!=db",
        "!missing",
        "! missing",
        "app in (web, db)",
        "app in(web)",
        "tier notin (back)",
        "missing notin (a,b)",
        "empty=",
        "empty in (,x)",
        "size>11",
        "size<13",
        "app.kubernetes.io/name=web",
    ],
)
def test_it_selects(text: str) -> None:
    assert Selector.parse(text).matches(LABELS)


@pytest.mark.parametrize(
    "text",
    [
        "missing",
        "app=db",
        "app!=web",
        "!app",
        "app in (db)",
        "app notin (web,db)",
        "size>12",
        "size<12",
        "app>1",
        "missing>1",
        "app=",
    ],
)
def test_it_does_not_select(text: str) -> None:
    assert not Selector.parse(text).matches(LABELS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("app=web,", "key is missing at the end"),
        (",app", "key is missing before ','"),
        ("app web", "'web' follows 'app'"),
        ("app in web", "expected `(` before 'web'"),
        ("app in ()", "parentheses are empty"),
        ("app in (web", "expected `)` at the end"),
        ("size>x", "compare integers"),
        ("-app=web", "not a label key"),
        ("a/b/c=web", "not a label key"),
        ("app=" + "x" * 64, "not a label value"),
        ("app=web tier=front", "expected `,` before 'tier'"),
        ("x" * 5000, "at most 4000"),
        (",".join(["app"] * 65), "at most 64"),
    ],
)
def test_a_mistake_is_told_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(InvalidSelector, match=said.replace("(", r"\(").replace(")", r"\)")):
        Selector.parse(text)


KEYS = st.sampled_from(["app", "tier", "size", "example.test/name"])
VALUES = st.sampled_from(["", "web", "db", "7", "12", "a-b_c.d"])
SETS = st.lists(VALUES, min_size=1, max_size=3)


def _spell(draw: Any, key: str, operator: str, values: list[str]) -> str:
    gap = draw(st.sampled_from(["", " "]))
    if operator in ("in", "notin") and values == [""]:
        return f"{key}{'=' if operator == 'in' else '!='}"  # an empty set can't be written with parentheses
    if operator in ("in", "notin"):
        return f"{key} {operator}{gap}({gap}{f'{gap},{gap}'.join(values)}{gap})"
    if operator == "exists":
        return key
    if operator == "absent":
        return f"!{gap}{key}"
    return f"{key}{gap}{operator}{gap}{values[0]}"


@st.composite
def requirements(draw: Any) -> tuple[str, str, list[str], str]:
    key, operator = draw(KEYS), draw(st.sampled_from(["exists", "absent", "=", "==", "!=", "in", "notin", ">", "<"]))
    values = [str(draw(st.integers(-20, 20)))] if operator in "<>" else draw(SETS)
    return key, operator, values, _spell(draw, key, operator, values)


def _holds(key: str, operator: str, values: list[str], labels: dict[str, str]) -> bool:
    """The meaning as Kubernetes documents it, written down naively."""
    there, value = key in labels, labels.get(key, "")
    if operator in ("exists", "absent"):
        return there == (operator == "exists")
    if operator in ("=", "=="):
        return there and value == values[0]
    if operator == "!=":
        return not there or value != values[0]
    if operator == "in":
        return there and any(value == v for v in values)
    if operator == "notin":
        return not there or all(value != v for v in values)
    try:
        number = int(value)
    except ValueError:
        return False
    return there and (number > int(values[0]) if operator == ">" else number < int(values[0]))


@given(st.lists(requirements(), max_size=4), st.dictionaries(KEYS, VALUES))
def test_every_spelling_means_what_the_documentation_says(asked: list[Any], labels: dict[str, str]) -> None:
    selector = Selector.parse(",".join(spelled for *_, spelled in asked))
    expected = all(_holds(key, operator, values, labels) for key, operator, values, _ in asked)
    assert selector.matches(labels) is expected
    assert Selector.parse(str(selector)) == selector, "what is sent to a server means the same"


@given(st.text(alphabet="ab=!(),<> innotin/.-_0é\n", max_size=40))
def test_any_text_is_a_selector_or_a_clear_refusal(text: str) -> None:
    try:
        selector = Selector.parse(text)
    except InvalidSelector as refused:
        assert str(refused)
    else:
        assert Selector.parse(str(selector)) == selector
