"""YAML with positions: what is read, where it stands, and that no text does harm."""

import json
import math

import callboard_sdk.yaml as module
import pytest
import yaml
from callboard_sdk.yaml import Mark, YamlError, read_all, read_documents
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.fixture(params=["C", "Python"], autouse=True, scope="module")
def parser(request):
    """Every test runs with libyaml's parser and with the one that stands in where it is missing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LOADER", yaml.CBaseLoader if request.param == "C" else yaml.BaseLoader)
        yield


def refusal(text):
    with pytest.raises(YamlError) as caught:
        list(read_documents(text))
    return str(caught.value), caught.value.mark


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("2020-01-01", "2020-01-01"),
        ("true", True),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("1_000", "1_000"),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int 1", 1),
        ("!unknown 1", "1"),
        ("|\n  1\n", "1\n"),
        ("[~, null, 'null']", [None, None, "null"]),
    ],
)
def test_plain_values_are_those_of_the_core_schema(text, value):
    assert next(read_documents(f"a: {text}")).value == {"a": value}


def test_every_value_has_its_place():
    document = next(read_documents("a: yes\nb:\n  - 1\n  - two\n", line=10))
    assert document.at(("b", 1)) == Mark(14, 5)
    assert document.at(("b", 1, "deeper", "still")) == Mark(14, 5)
    assert document.at(("b",)) == Mark(12, 1)


def test_a_key_that_stands_twice_is_told_and_the_last_one_counts():
    document = next(read_documents("a: 1\nb: {c: 1, c: 2}\n"))
    assert document.value == {"a": 1, "b": {"c": 2}}
    assert document.duplicates == ((("b", "c"), Mark(2, 11)),)


def test_an_alias_gives_what_its_anchor_names_at_its_own_place():
    document = next(read_documents("a: &x {k: [1, 2]}\nb: *x\n"))
    assert document.value == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}
    assert document.at(("b", "k", 1)) == Mark(2, 1)


def test_of_merged_parts_the_first_stands_and_the_mapping_itself_above_all():
    text = "one: &one {a: 1, b: 1}\ntwo: &two {a: 2, c: 2}\nboth: {<<: [*one, *two], c: 3}\n"
    assert next(read_documents(text)).value["both"] == {"a": 1, "b": 1, "c": 3}


words = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20)  # a \u escape names no more
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(json_values.filter(lambda value: value is not None))
def test_json_is_read_as_it_was_written(value):
    [document] = read_documents(json.dumps(value))
    assert document.value == value


class Quoting(yaml.SafeDumper):
    """Puts in quotes what begins as a number does: `0E0` and `0o7` are none in YAML 1.1, which it writes, and are in 1.2."""

    def text(self, value: str) -> yaml.ScalarNode:
        style = "'" if value[:1] in "0123456789+-." else None
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Quoting.add_representer(str, Quoting.text)


@given(json_values.filter(lambda value: value is not None))
@example("0E0")
@example({"0o7": ["+1e3"]})
def test_yaml_is_read_as_it_was_written(value):
    [document] = read_documents(yaml.dump(value, allow_unicode=False, Dumper=Quoting))
    assert document.value == value


@given(st.text(max_size=200) | st.text("[]{}:-?&*!|>'\"%@`,# \n\tab01", max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text):
    for found in read_all(text):
        if isinstance(found, YamlError):
            assert found.mark.line >= 1 and found.mark.column >= 1 and str(found)


fine = st.dictionaries(st.sampled_from("abc"), st.integers(), min_size=1).map(lambda value: yaml.safe_dump(value))
broken = st.sampled_from(["a: b: c\n", "a: [1\n", "'\n", "\tx: 1\n", "*no\n", "a: \x01\n", "? {a: 1}\n: 2\n", "%TAG ! x\n"])


@given(st.lists(fine | broken, min_size=1, max_size=8))
def test_a_broken_document_costs_only_itself_and_each_keeps_its_own_lines(parts):
    text = "".join(f"---\n{part}" for part in parts)
    found = list(read_all(text))
    assert len(found) == len(parts)
    line = 1
    for part, result in zip(parts, found, strict=True):
        lines = part.count("\n") + 1
        assert line <= result.mark.line <= line + lines
        if not isinstance(result, YamlError):
            assert result.value == yaml.safe_load(part)
        line += lines


def test_directives_belong_to_the_document_after_them():
    text = "%YAML 1.2\n---\na: 1\n...\n# the next one\n%TAG ! tag:example.com,2000:\n---\nb: !x 2\n"
    assert [document.value for document in read_all(text)] == [{"a": 1}, {"b": "2"}]


def chain(levels, width):
    names = [f"a{n}" for n in range(levels)]
    lines = [f"{names[0]}: &{names[0]} [{','.join('x' * width)}]"]
    lines += [f"{new}: &{new} [{','.join([f'*{old}'] * width)}]" for old, new in zip(names, names[1:], strict=False)]
    return "\n".join(lines)


NEST = "more than 64 levels, 200000 values or 10000000 characters in one document, aliases unfolded: split it"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 200_000, NEST),
        ("{a: " * 200_000, NEST),
        ("- " * 200_000, NEST),
        ("".join(" " * n + "a:\n" for n in range(500)), NEST),
        (chain(9, 9), NEST),
        (chain(200, 1), NEST),
        ("a: &a " + "x" * 1_000_000 + "\nb: [" + "*a," * 1_000 + "]", NEST),
        ("- x\n" * 200_001, NEST),
        ("a: &a [*a]", "the alias *a stands inside what it names: write the value out"),
        ("a: *b", "the alias *b has no anchor before it in its document: write the value out"),
        ("a: " + "9" * 5_000, "a number of more than 400 digits: put it in quotes"),
        ("a: 0x" + "f" * 5_000, "a number of more than 400 digits: put it in quotes"),
        ("? [a]\n: b", "a key is a mapping or a list: keys are texts"),
        ("a: b\x07", "the character U+0007 is not allowed: remove it, or write it as an escape in quotes"),
        ("a: \ud800", "the character U+D800 is not allowed: remove it, or write it as an escape in quotes"),
    ],
    ids=range(15),
)
def test_what_would_unfold_without_end_is_refused_with_its_place(text, message):
    found, mark = refusal(text)
    assert found == message
    assert mark.line >= 1


@pytest.mark.parametrize(
    "text",
    [
        "<<: [" + ",".join(f"{{a{n}: 1}}" for n in range(60_000)) + "]",
        "---\na: b: c\n" * 20_000,
        "%\n" * 200_000,
        "".join(f"- &a{n} x\n" for n in range(60_000)),
        '"' + "\\n" * 1_000_000 + '"',
    ],
    ids=["merges", "broken documents", "directives", "anchors", "a huge text"],
)
def test_large_texts_are_read_in_time_that_grows_as_they_do(text):
    """What took time squared would run into the suite's own limit here."""
    assert list(read_all(text))
