"""Which files are read: paths of the settings, targets of Locations, placeholders; and that nothing outside the root is."""

from __future__ import annotations

import asyncio
import os

import pytest
from callboard_catalog.descriptors.files import matcher

from .conftest import kept

PRINTER = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: %s}\n"
LOCATION = "apiVersion: a/v1\nkind: Location\nmetadata: {name: all}\nspec:\n  %s\n"
API = "apiVersion: a/v1\nkind: API\nmetadata: {name: a}\nspec:\n  type: openapi\n  lifecycle: x\n  owner: g\n  definition:\n    %s\n"


def names(reading):
    return {ref.name for ref in reading.descriptors}


def told(reading):
    return [(p.rule.removeprefix("catalog."), p.file, p.line, p.message) for p in reading.problems]


def printers(*files):
    return {file: PRINTER % f"p{number}" for number, file in enumerate(files)}


TREE = printers("a.yaml", "b.yml", "c.txt", "sub/d.yaml", "sub/deep/e.yaml", ".hidden/f.yaml", "[g].yaml")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".", {"p0", "p1", "p3", "p4", "p5", "p6"}),
        ("sub", {"p3", "p4"}),
        ("a.yaml", {"p0"}),
        ("c.txt", {"p2"}),
        ("[g].yaml", {"p6"}),
        ("*.yaml", {"p0", "p6"}),
        ("?.y*ml", {"p0", "p1"}),
        ("[ab].y*", {"p0", "p1"}),
        ("[!ab].*", {"p2"}),
        ("{a,sub/d}.yaml", {"p0", "p3"}),
        ("**/*.yaml", {"p0", "p3", "p4", "p5", "p6"}),
        ("sub/**", {"p3", "p4"}),
        ("**/deep/*", {"p4"}),
        ("*/*.yaml", {"p3", "p5"}),
    ],
)
def test_a_path_of_the_settings_is_a_file_a_folder_or_a_glob(read, path, found):
    assert names(read(TREE, path)) == found


JSON = '{"apiVersion": "a/v1",\n "kind": "Printer", "metadata": {"name": "%s"}, "spec": {"x": "%s"}}'
ODD = "\u2028 \x7f \x85 \ufeff \U0001f600"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            JSON % ("a", r"a\/b \ud83d\ude00 \\ud83d " + ODD),
            [rf"a/b \U0001f600 \ud83d {ODD}".replace(r"\U0001f600", "\U0001f600")],
        ),
        (f" [{JSON % ('a', 'x')},\n\t{JSON % ('b', ODD)} ]\n", ["x", ODD]),
        ("[]", []),
    ],
)
def test_a_file_of_json_is_one_descriptor_or_an_array_of_them(read, text, found):
    reading = read({"a.json": text}, "*.json")
    assert ([one.spec["x"] for one in reading.descriptors.values()], told(reading)) == (found, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[%s,\n {"kind":\n"x"}]', ("api-version", 3, 2)),
        ('[%s, {"apiVersion": "a/v1", "kind": "?"}]', ("kind", 2, 92)),
        ("[%s,\n 7]", ("not-an-entity", 3, 2)),
        ("[%s,\n {'kind': 1}]", ("yaml", 3, 3)),
        ("[%s,\n]", ("yaml", 3, 1)),
        ("[%s\n{}]", ("yaml", 3, 1)),
        ("[%s] {}", ("yaml", 2, 69)),
        ("[%s", ("yaml", 2, 67)),
        ("[%s, " + "[" * 100_000, ("yaml", 2, 69)),
        ("[%s, " + "1" * 5_000 + "]", ("yaml", 2, 69)),
        ('[%s, "\\ud83d"]', ("yaml", 2, 72)),
    ],
)
def test_what_is_wrong_in_an_array_is_told_at_its_place_and_costs_nothing_before_it(read, text, problem):
    reading = read({"a.json": text % (JSON % ("a", "x"))}, "a.json")
    assert names(reading) == {"a"}
    assert problem in [(p.rule.removeprefix("catalog."), p.line, p.column) for p in reading.problems]


def test_of_a_folder_with_files_of_json_alone_it_is_told_how_to_name_them(read, root):
    [problem] = read({"files/a.json": JSON % ("a", "x")}, "files").problems
    assert problem.message == f"{root / 'files'} has no file of YAML"
    assert problem.remedy == f"Name its files of JSON by a glob: {root / 'files' / '**' / '*.json'}."


def test_a_file_is_read_once_however_often_it_is_named(read, root):
    root.mkdir()
    (root / "link.yaml").symlink_to("a.yaml")
    reading = read({"a.yaml": PRINTER % "a"}, "a.yaml", ".", "*.yaml")
    assert (reading.files, told(reading)) == (1, [])


@pytest.mark.parametrize("path", ["none.yaml", "none/*.yaml", "*.json", "none"])
def test_a_path_that_names_no_file_is_told(read, root, path):
    reading = read({"a.yaml": PRINTER % "a"}, "a.yaml", path)
    assert told(reading) == [("source", None, None, f"{root / path} names no file")]
    assert names(reading) == {"a"}


def test_several_documents_of_a_file_are_read_and_empty_ones_are_nothing(read):
    reading = read({"a.yaml": "---\n" + PRINTER % "a" + "---\n---\n# nothing\n---\n" + PRINTER % "b" + "...\n"})
    assert (names(reading), reading.documents, told(reading)) == ({"a", "b"}, 2, [])


@pytest.mark.parametrize(
    ("name", "content", "rule", "line", "message"),
    [
        ("x.yaml", b"a: 1\nb: \xff\n", "encoding", 2, "the file is not UTF-8: byte 4 of line 2"),
        ("x.yaml", "a: 1\n".encode("utf-16"), "encoding", 1, "the file is not UTF-8: byte 1 of line 1"),
        ("x.yaml", b"a: " + b"x" * 2_000, "too-large", None, "the file is larger than 1500 bytes"),
        ("x.yaml", b"a: \x07\n", "yaml", 1, "the document is not YAML: the character U+0007 is not allowed: remove it, or write it as an escape in quotes"),
    ],
)  # fmt: skip
def test_a_file_that_can_not_be_read_is_told_and_stops_nothing(read, name, content, rule, line, message):
    reading = read({name: content, "y.yaml": PRINTER % "fine"}, max_file_bytes=1_500)
    assert told(reading) == [(rule, name, line, message)]
    assert names(reading) == {"fine"}


def test_a_byte_order_mark_and_other_line_ends_are_no_trouble(read):
    reading = read({"a.yaml": b"\xef\xbb\xbf" + (PRINTER % "a" + "---\nx: y: z\n").replace("\n", "\r\n").encode()})
    assert names(reading) == {"a"}
    assert [(rule, line) for rule, _, line, _ in told(reading)] == [("yaml", 5)]


def test_a_pipe_a_circle_of_links_and_a_link_to_nothing_hold_nothing_up(read, root):
    root.mkdir()
    os.mkfifo(root / "pipe.yaml")
    (root / "circle.yaml").symlink_to("circle.yaml")
    (root / "gone.yaml").symlink_to("nothing.yaml")
    (root / "folder.yaml").mkdir()
    reading = read({"z.yaml": PRINTER % "fine"})
    assert names(reading) == {"fine"}
    assert told(reading) == [
        ("unreadable", "circle.yaml", None, "the file can't be read: Too many levels of symbolic links"),
        ("unreadable", "gone.yaml", None, "the file can't be read: No such file or directory"),
        ("unreadable", "pipe.yaml", None, "the file is no regular file"),
    ]


def test_a_file_name_that_is_no_text_is_shown_with_escapes(read, root):
    root.mkdir()
    (root / os.fsdecode(b"\xff.yaml")).write_text("text")
    assert told(read({}))[0][:2] == ("not-an-entity", "\\udcff.yaml")


def test_a_folder_that_can_not_be_listed_is_told(read, monkeypatch, root):
    listed = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    reading = read(printers("a.yaml", "closed/b.yaml"))
    assert names(reading) == {"p0"}
    assert told(reading) == [("unreadable", "closed", None, "the folder can't be listed: Permission denied")]


def test_a_source_has_at_most_max_files(read):
    reading = read(printers(*(f"{n:03}.yaml" for n in range(20))), max_files=5)
    assert len(reading.descriptors) == 5
    assert told(reading) == [("too-many-files", None, None, "source test has more than 5 files")]


def test_of_two_sources_with_one_entity_the_first_stands(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(PRINTER % "Same")
    reading = asyncio.run(kept([{"name": name, "paths": [str(tmp_path / name)]} for name in ("one", "two")]))
    assert told(reading) == [("duplicate", "a.yaml", 1, "printer:default/same stands in a.yaml of source one already")]


def test_two_sources_can_not_share_a_name():
    from callboard_catalog.settings import CatalogSettings

    with pytest.raises(ValueError, match="two sources are named 'a': give each a name of its own"):
        CatalogSettings(sources=[{"name": "a", "paths": ["x"]}, {"name": "a", "paths": ["y"]}])


TARGETS = [
    ("target: ./parts/a.yaml", {"p0"}),
    ("target: parts/a.yaml", {"p0"}),
    ("targets: [./parts/a.yaml, ./parts/b.yml]", {"p0", "p1"}),
    ("targets: ['./parts/*.yaml']", {"p0"}),
    ("targets: ['./**/*.y*ml']", {"p0", "p1", "p2"}),
    ("targets: ['./parts/{a,deep/c}.yaml']", {"p0", "p2"}),
    ("targets: ['../up.yaml']", {"p3"}),
    ("targets: ['./parts/../parts/a.yaml']", {"p0"}),
]


@pytest.mark.parametrize(("line", "found"), TARGETS)
def test_a_locations_targets_are_files_and_globs_from_its_own_folder(read, line, found):
    files = printers("x/parts/a.yaml", "x/parts/b.yml", "x/parts/deep/c.yaml", "up.yaml")
    reading = read({**files, "x/all.yaml": LOCATION % line}, "x/all.yaml")
    assert names(reading) - {"all"} == found
    assert told(reading) == []


def test_locations_lead_to_locations_and_circles_end(read):
    chain = {f"{n}.yaml": LOCATION.replace("all", f"l{n}") % f"target: ./{(n + 1) % 4}.yaml" for n in range(4)}
    reading = read({**chain, **printers("p.yaml")}, "0.yaml")
    assert (names(reading), reading.files, told(reading)) == ({"l0", "l1", "l2", "l3"}, 4, [])


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("target: https://example.com/a.yaml", "remote-target", "target 'https://example.com/a.yaml' is not read"),
        ("target: ./none.yaml", "missing-target", "target './none.yaml' names no file"),
        ("target: ./none/*.yaml", "missing-target", "target './none/*.yaml' names no file"),
        ("target: ./", "missing-target", "target './' names no file"),
        ("target: ../secret.yaml", "outside-root", "target '../secret.yaml' leads outside the source's root"),
        ("target: ../*.yaml", "outside-root", "target '../*.yaml' leads outside the source's root"),
        ("target: /etc/*.yaml", "outside-root", "target '/etc/*.yaml' leads outside the source's root"),
        ("target: '*/../../*.yaml'", "target", "target '*/../../*.yaml' leads out of its folder after a wildcard"),
        ("target: '{/,x}/**'", "target", "target '{/,x}/**' leads out of its folder after a wildcard"),
        ("target: ./link.yaml", "outside-root", "target './link.yaml' leads outside the source's root"),
        ("target: ./linked/secret.yaml", "outside-root", "target './linked/secret.yaml' leads outside the source's root"),
        ("target: '{1..2000}.yaml'", "target", "target '{1..2000}.yaml' stands for more than 100 patterns"),
        ("target: 7", "target", "a target is no path"),
        ('target: "a\\0.yaml"', "characters", None),
        ("target: ''", "target", "a target is no path"),
    ],
)
def test_a_target_that_can_not_be_followed_is_told_where_it_stands(read, root, line, rule, message):
    root.mkdir()
    (root.parent / "secret.yaml").write_text(PRINTER % "secret")
    (root / "link.yaml").symlink_to(root.parent / "secret.yaml")
    (root / "linked").symlink_to(root.parent)
    reading = read({"all.yaml": LOCATION % line}, "all.yaml")
    assert names(reading) == {"all"}
    assert told(reading)[0] == (rule, "all.yaml", 5, message or told(reading)[0][3])


def test_a_link_out_of_the_root_is_not_read_from_a_folder_either(read, root):
    root.mkdir()
    (root.parent / "secret.yaml").write_text(PRINTER % "secret")
    (root / "link.yaml").symlink_to(root.parent / "secret.yaml")
    (root / "linked").symlink_to(root.parent)
    reading = read({"a.yaml": PRINTER % "a"})
    assert names(reading) == {"a"}
    assert told(reading) == [("outside-root", "link.yaml", None, "the file leads outside the source's root")]


def test_an_optional_target_may_be_missing(read):
    assert told(read({"all.yaml": LOCATION % "presence: optional\n  target: ./none.yaml"})) == []


def test_a_location_has_at_most_a_thousand_targets(read):
    reading = read({"all.yaml": LOCATION % f"targets: [{'a.yaml,' * 1_200}]", "a.yaml": PRINTER % "a"}, "all.yaml")
    assert told(reading) == [("target", "all.yaml", 5, "a Location has more than 1000 targets")]
    assert names(reading) == {"all", "a"}


@pytest.mark.parametrize(
    ("placeholder", "files", "definition"),
    [
        ("$text: ./x.txt", {"x.txt": "hello: [\n"}, "hello: [\n"),
        ("$text: deep/../x.txt", {"x.txt": "hello", "deep/y": ""}, "hello"),
        ("$json: ./x.json", {"x.json": '"hello"'}, "hello"),
        ("$yaml: ./x.yaml", {"x.yaml": "'hello'"}, "hello"),
    ],
)
def test_a_placeholder_is_filled_from_a_file(read, placeholder, files, definition):
    reading = read({"a.yaml": API % placeholder, **files}, "a.yaml")
    [api] = reading.descriptors.values()
    assert api.spec["definition"] == definition
    assert told(reading) == []


def test_placeholders_stand_anywhere_below_the_top_and_are_not_followed_further(read):
    text = "apiVersion: a/v1\nkind: Printer\nmetadata:\n  name: a\n  description: {$text: ./x.txt}\nspec:\n  list: [{$yaml: ./x.yaml}]\n"
    reading = read({"a.yaml": text, "x.txt": "hello", "x.yaml": "a: {$text: ./x.txt}\n"}, "a.yaml")
    [printer] = reading.descriptors.values()
    assert printer.description == "hello"
    assert printer.spec == {"list": [{"a": {"$text": "./x.txt"}}]}


def test_a_mapping_with_more_than_a_placeholder_is_a_mapping(read):
    text = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: a}\nspec: {x: {$text: a, y: b}, ref: {$ref: '#/a'}}\n"
    [printer] = read({"a.yaml": text}).descriptors.values()
    assert printer.spec == {"x": {"$text": "a", "y": "b"}, "ref": {"$ref": "#/a"}}


@pytest.mark.parametrize(
    ("placeholder", "message"),
    [
        ("$text: ../../etc/passwd", "$text '../../etc/passwd' leads outside the source's root"),
        ("$text: ../secret.txt", "$text '../secret.txt' leads outside the source's root"),
        ("$text: /etc/passwd", "$text '/etc/passwd' leads outside the source's root"),
        ("$text: ./link.txt", "$text './link.txt' leads outside the source's root"),
        ("$text: ./linked/secret.txt", "$text './linked/secret.txt' leads outside the source's root"),
        ("$text: ./none.txt", "$text './none.txt' can't be read: No such file or directory"),
        ("$text: ./", "$text './' can't be read: Is a directory"),
        ("$text: ./pipe", "$text './pipe' is no regular file"),
        ("$text: ./binary", "$text './binary' is not UTF-8: byte 1 of line 1"),
        ("$text: ./large", "$text './large' is larger than 2000 bytes"),
        ("$text: https://example.com/x", "$text 'https://example.com/x' lies on another machine, and only files are read"),
        ("$text: [a]", "$text \"['a']\" is no path"),
        ("$json: ./text", "$json './text' is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("$json: ./nan", "$json './nan' is not JSON: NaN is no JSON value"),
        ("$json: ./deep", "$json './deep' nests more than 64 levels"),
        ("$yaml: ./broken", "$yaml './broken' is not YAML: mapping values are not allowed in this context, line 2"),
        ("$yaml: ./two", "$yaml './two' has 2 documents: one is needed"),
        ("$openapi: ./text", "$openapi './text' is not read: only $text, $json and $yaml are"),
    ],
)
def test_a_placeholder_that_can_not_be_filled_stays_and_is_told(read, root, placeholder, message):
    root.mkdir()
    (root.parent / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(root.parent / "secret.txt")
    (root / "linked").symlink_to(root.parent)
    os.mkfifo(root / "pipe")
    files = {
        "text": "text", "nan": "[NaN]", "deep": "[" * 100 + "]" * 100, "broken": "a: 1\nb: c: d", "two": "a: 1\n---\nb: 1\n",
        "binary": b"\xff", "large": "x" * 3_000,
    }  # fmt: skip
    reading = read({"a.yaml": API % placeholder, **files}, "a.yaml", max_file_bytes=2_000)
    [api] = reading.descriptors.values()
    name, _, target = placeholder.partition(": ")
    assert api.spec["definition"] == {name: ["a"] if target == "[a]" else target}
    found = [(rule, line, text) for rule, _, line, text in told(reading) if rule != "dangling-reference"]
    assert found == [("placeholder", 8, message)]


def test_the_placeholders_of_one_document_add_up_to_one_file_at_most(read):
    text = "apiVersion: a/v1\nkind: Printer\nmetadata: {name: a}\nspec: {x: [" + "{$text: ./x.txt}," * 50 + "]}\n"
    reading = read({"a.yaml": text, "x.txt": "y" * 1_000}, "a.yaml", max_file_bytes=3_000)
    [printer] = reading.descriptors.values()
    assert [found == "y" * 1_000 for found in printer.spec["x"]] == [True] * 3 + [False] * 47


@pytest.mark.parametrize(
    ("pattern", "fits", "others"),
    [
        ("**", ["a", "a/b"], []),
        ("**/a", ["a", "x/a", "x/y/a"], ["a/x", "xa"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["b", "a/x"]),
        ("**/**/a/**/*.c", ["a/x.c", "b/a/d/x.c"], ["x.c", "a.c"]),
        ("a*", ["a", "ab"], ["a/b", "ba"]),
        ("./a", ["a"], ["b"]),
        ("*" + "*a" * 30 + "b", [], ["a" * 250]),
        ("**/a/" * 30 + "b", [], ["a/" * 200]),
    ],
)
def test_a_glob_fits_whole_paths_in_bounded_time(pattern, fits, others):
    found = matcher(pattern)
    assert [path for path in (*fits, *others) if found(path)] == fits
