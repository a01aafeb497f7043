"""The SDK's small parts: refs, ids, YAML with positions."""

import pytest
from callboard_sdk import BadArgument, EntityRef, InvalidRef, decode_id, encode_id
from callboard_sdk.yaml import YamlError, read_documents
from hypothesis import given
from hypothesis import strategies as st

part = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20).filter(lambda s: s.lower().lower() == s.lower())


@given(part, part, part)
def test_a_ref_survives_printing_and_reading(kind, namespace, name):
    ref = EntityRef(kind, namespace, name)
    assert EntityRef.parse(str(ref)) == ref
    assert decode_id(encode_id("Entity", str(ref))).key == str(ref)


@pytest.mark.parametrize(
    ("text", "ref"), [("web", "component:default/web"), ("Group:Ops/Pay", "group:ops/pay"), ("ops/web", "component:ops/web")]
)
def test_what_a_ref_leaves_out_is_filled_in(text, ref):
    assert str(EntityRef.parse(text, kind="component")) == ref


@pytest.mark.parametrize("text", ["", ":", "/", "a:", ":a", "/a", "a/", "a:b:c", "a/b/c", "a/b:c"])
def test_what_is_no_ref_is_refused(text):
    with pytest.raises(InvalidRef):
        EntityRef.parse(text, kind="component")


@given(st.text(max_size=60))
def test_what_is_no_id_is_refused_and_nothing_else_happens(text):
    try:
        decode_id(text)
    except BadArgument:
        pass


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text):
    try:
        list(read_documents(text))
    except YamlError as error:
        assert str(error)


def test_dates_and_yes_stay_texts_and_every_value_has_its_place():
    document = next(read_documents("a: yes\nb: 2020-01-01\nc:\n  - 1\n  - two\n"))
    assert document.value == {"a": "yes", "b": "2020-01-01", "c": [1, "two"]}
    assert document.at(("c", 1)).line == 5


def test_aliases_that_unfold_without_end_are_refused():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(YamlError):
        list(read_documents(bomb))
