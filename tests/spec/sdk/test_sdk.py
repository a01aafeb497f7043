"""The SDK's small parts: refs and ids."""

import pytest
from callboard_sdk import BadArgument, EntityRef, InvalidRef, decode_id, encode_id
from hypothesis import given
from hypothesis import strategies as st

part = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20).filter(lambda s: s.lower().lower() == s.lower())


@given(part, part, part)
def test_a_ref_survives_printing_and_reading(kind, namespace, name):
    ref = EntityRef(kind, namespace, name)
    assert EntityRef.parse(str(ref)) == ref
    assert decode_id(encode_id("Entity", str(ref))).key == str(ref)


@given(st.text(max_size=10), st.text(max_size=10), st.text(max_size=10))
def test_what_can_be_made_can_be_printed_and_read(kind, namespace, name):
    try:
        ref = EntityRef(kind, namespace, name)
    except InvalidRef:
        return
    assert EntityRef.parse(str(ref)) == ref


@pytest.mark.parametrize("parts", [("", "a", "b"), ("a:b", "c", "d"), ("a", "b/c", "d"), ("a", "b", "c/d"), ("a", "b", " c")])
def test_a_part_with_a_separator_or_spaces_around_it_is_refused(parts):
    with pytest.raises(InvalidRef):
        EntityRef(*parts)


@given(st.text(max_size=200_000))
def test_a_refusal_quotes_no_more_than_the_beginning(text):
    try:
        EntityRef.parse(text)
    except InvalidRef as error:
        assert len(str(error)) < 600


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
