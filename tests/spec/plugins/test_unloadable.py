"""A plugin whose code can't be imported: the fragment in its package stands in, so that clients' documents stay valid."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from callboard_sdk import Batch, Entity, Plugin, encode_id
from company import make_company
from gateway.configuration import read_configuration
from gateway.app import build
from gateway.testing import running_gateway
from graphql import print_type

FRAGMENT = '''
extend schema @permission(name: "pager.read", description: "See who is on call.")

extend schema @permission(name: "pager.page", description: "Call someone.")

extend type Component {
  """The person on call."""
  shift(
    """Which shift."""
    which: PagerShiftKind = NIGHT
  ): PagerShift @guarded(permission: "pager.read")
}

extend interface Entity {
  """How often it called someone."""
  pages: Int @guarded(permission: "pager.read")
}

extend type Mutation {
  """Call someone."""
  page(
    """Whom and why."""
    input: PagerPage!
  ): PagerShift @guarded(permission: "pager.page")
}

"""Whom to call."""
input PagerPage {
  """Why."""
  reason: String!
}

"""A person's turn."""
type PagerShift implements Node @loaded(permission: "pager.read") {
  """Its id."""
  id: ID!
  """Who."""
  person: String @guarded(permission: "pager.read")
  """The component."""
  component: Component
}

"""A kind of shift."""
enum PagerShiftKind {
  """By day."""
  DAY
  """By night."""
  NIGHT
}
'''
RULES = """
p, reader, permission:company.read, read, allow
p, reader, permission:catalog.read, read, allow
p, reader, permission:core.node, read, allow
p, reader, permission:catalog.read, read, allow
p, oncall, Component.shift, read, allow
p, oncall, plugin:pager, read, allow
g, oncall, reader
p, admin, *, read, allow
p, admin, *, mutate, allow
"""
ASK = """{
  components(first: 2) { nodes { name pages shift(which: DAY) { __typename id person component { name } } } }
}"""


def distribution(site: Path, fragment: str | None, code: str = "import a_package_that_nobody_has") -> None:
    """What an installer leaves of a plugin `pager`; its code notes each time it is run."""
    package, info = site / "callboard_pager", site / "callboard_pager-1.2.3.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    note = f"with open({str(site / 'runs')!r}, 'a') as runs: runs.write('x')"
    (package / "__init__.py").write_text(f"{note}\n{code}\n")
    (package / "plugin.py").write_text("")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: callboard-pager\nVersion: 1.2.3\n")
    (info / "entry_points.txt").write_text("[callboard.plugins]\npager = callboard_pager.plugin:plugin\n")
    if fragment is not None:
        (package / "schema.graphql").write_text(fragment)


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "callboard_pager"]:
        del sys.modules[name]


@pytest.fixture
def settings(tmp_path) -> dict[str, object]:
    rules = tmp_path / "pager-rules.csv"
    rules.write_text(RULES)
    return {"policies": {"rules": str(rules)}, "plugins": {"pager": {"base_url": "http://pager"}}}


def without_pager(settings: dict[str, object]) -> dict[str, object]:
    Path(str(settings["policies"]["rules"])).write_text(RULES.replace("p, oncall, Component.shift, read, allow\n", ""))
    return settings


async def test_its_fields_are_null_with_an_error_that_names_it_and_everything_else_answers(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask(ASK, roles=("oncall",))
    nodes = [{"name": name, "pages": None, "shift": None} for name in ("c000", "c001")]
    assert answer.data == {"components": {"nodes": nodes}}
    assert {tuple(error["path"][-2:]) for error in answer.errors} == {(i, f) for i in (0, 1) for f in ("pages", "shift")}
    for error in answer.errors:
        assert error["extensions"] == {"code": "PLUGIN_UNAVAILABLE", "retryable": False, "plugin": "pager"}
        assert "No module named 'a_package_that_nobody_has'" in error["message"]


async def test_denied_stays_forbidden_and_says_nothing_about_the_plugin(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask(ASK, roles=("reader",))
        changed = await harness.ask('mutation { page(input: {reason: "x"}) { person } }', roles=("oncall",))
    assert answer.data["components"]["nodes"][0] == {"name": "c000", "pages": None, "shift": None}
    assert {error["extensions"]["code"] for error in [*answer.errors, *changed.errors]} == {"FORBIDDEN"}
    assert "a_package_that_nobody_has" not in str(answer.errors)


async def test_its_types_are_in_the_schema_even_a_mutation_that_no_other_plugin_has(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    pings = Plugin("pings", permissions={"pings.read": "Read it."})

    @pings.query(permission="pings.read")
    async def ping() -> str | None:
        """Answers."""
        return "pong"

    async with running_gateway(tmp_path, settings, plugins=[pings]) as harness:
        schema = harness.gateway.supergraph.schema
        asked = '{ __type(name: "PagerShift") { fields { name type { kind ofType { name } } } } ping }'
        answer = await harness.ask(asked)
        changed = await harness.ask('mutation { page(input: {reason: "x"}) { person } }')
    assert answer.data["ping"] == "pong"
    assert [field["name"] for field in answer.data["__type"]["fields"]] == ["id", "person", "component"]
    assert "PagerShift" in {kind.name for kind in schema.get_possible_types(schema.type_map["Node"])}
    assert schema.type_map["PagerShift"].fields["component"].type is schema.type_map["Component"]
    assert "guarded" not in harness.gateway.supergraph.sdl
    assert changed.data == {"page": None}
    assert changed.errors[0]["extensions"]["code"] == "PLUGIN_UNAVAILABLE"


async def test_its_objects_ids_answer_with_the_same_error_and_are_unknown_without_the_same_permission(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        document = f'{{ node(id: "{encode_id("PagerShift", "1")}") {{ id }} }}'
        told, silent = [await harness.ask(document, roles=(role,)) for role in ("oncall", "reader")]
    assert [error["extensions"]["code"] for error in told.errors] == ["PLUGIN_UNAVAILABLE"]
    assert (silent.data, silent.errors) == ({"node": None}, [])


async def test_health_says_why_and_policies_know_its_fields(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    async with running_gateway(tmp_path, settings) as harness:
        answer = await harness.ask("{ plugins { name health { state reason } } }")
        graph = harness.gateway.supergraph
    health = next(plugin["health"] for plugin in answer.data["plugins"] if plugin["name"] == "pager")
    assert health["state"] == "QUARANTINED"
    assert health["reason"].startswith("it failed to load: ModuleNotFoundError")
    assert (graph.guards["Component.shift"].plugin, graph.guards["User.pages"].permission) == ("pager", "pager.read")
    assert graph.guards["PagerShift.person"].permission == "pager.read"
    assert graph.permissions["pager.page"].description == "Call someone."
    assert graph.missing == frozenset()


def test_the_code_is_run_once_to_load_it_and_never_to_read_its_fragment(site, settings, tmp_path):
    distribution(site, FRAGMENT)
    file = tmp_path / "callboard.yaml"
    file.write_text(
        f"auth: {{local: null}}\ndatabase: {{url: 'sqlite+aiosqlite:///{tmp_path}/d.sqlite'}}\nplugins: {{pager: }}\n"
    )
    gateway = build(read_configuration(file, {}))
    assert "shift" in print_type(gateway.supergraph.schema.type_map["Component"])
    assert (site / "runs").read_text() == "x"


async def test_a_package_that_only_an_import_hook_finds_has_its_fragment_too(tmp_path, settings, monkeypatch):
    """As editable installs of some build backends have it: the metadata on the path, the package somewhere else."""
    distribution(tmp_path / "source", FRAGMENT)
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "source" / "callboard_pager-1.2.3.dist-info").rename(site / "callboard_pager-1.2.3.dist-info")
    monkeypatch.syspath_prepend(str(site))

    class Hook:
        @staticmethod
        def find_spec(name, path=None, target=None):
            return PathFinder.find_spec(name, [str(tmp_path / "source")]) if name == "callboard_pager" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Hook])
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask(ASK)
    assert {error["extensions"]["code"] for error in answer.errors} == {"PLUGIN_UNAVAILABLE"}


async def test_a_plugin_that_does_not_fit_has_its_fragment_too(site, settings, tmp_path):
    code = "from callboard_sdk import Batch, Plugin\nfrom callboard_sdk.entities import Component\n"
    code += "plugin = Plugin('pager', permissions={'pager.read': 'Read it.'})\n"
    code += "@plugin.field(on=Component, permission='pager.read')\n"
    code += "async def shift(components: Batch[Component]) -> list[str | None]:\n    return []\n"
    distribution(site, FRAGMENT, code)
    (site / "callboard_pager" / "plugin.py").write_text("from callboard_pager import plugin\n")
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask(ASK)
    assert len(answer.errors) == 4
    assert "does not fit into the schema" in answer.errors[0]["message"] and "no docstring" in answer.errors[0]["message"]


async def test_what_is_there_wins_over_a_fragment(site, settings, tmp_path):
    taken = '"""Taken."""\n  onCall: PagerShift @guarded(permission: "pager.read")\n  """The person on call."""'
    distribution(site, FRAGMENT.replace('"""The person on call."""', taken).replace("enum PagerShiftKind", "enum Shift"))
    fragment = (site / "callboard_pager" / "schema.graphql").read_text().replace("which: PagerShiftKind = NIGHT", "which: Int")
    (site / "callboard_pager" / "schema.graphql").write_text(fragment)
    async with running_gateway(tmp_path, settings, plugins=[make_company()[0]]) as harness:
        answer = await harness.ask("{ components(first: 1) { nodes { onCall { person } shift { person } } } }")
    assert answer.data["components"]["nodes"] == [{"onCall": {"person": "p-c000"}, "shift": None}]
    assert [error["path"][-1] for error in answer.errors] == ["shift"]


async def test_without_a_fragment_its_fields_are_missing_and_health_says_so(site, settings, tmp_path):
    distribution(site, None)
    async with running_gateway(tmp_path, without_pager(settings), plugins=[make_company()[0]]) as harness:
        answer = await harness.ask("{ plugins { name health { reason } } }")
        graph = harness.gateway.supergraph
    reason = next(plugin["health"]["reason"] for plugin in answer.data["plugins"] if plugin["name"] == "pager")
    assert reason.endswith("its fields are missing, for it ships no schema.graphql")
    assert "shift" not in graph.schema.type_map["Component"].fields
    assert graph.missing == {"pager"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('pages: Int @guarded(permission: "pager.read")', "pages: Int"), "schema.graphql:16: doesn't guard Entity.pages"),
        (("pages: Int @", "pages: Int! @"), "schema.graphql:16: says that Entity.pages is never null"),
        (
            ('pages: Int @guarded(permission: "pager.read")', 'pages: Int @guarded(permission: "catalog.read")'),
            "doesn't guard Entity.pages",
        ),
        (('name: "pager.read"', 'name: "core.read"'), "declares permission 'core.read', which doesn't start with 'pager'"),
        (("extend type Component", "extend type Spaceship"), "it extends Spaceship, which this gateway doesn't have"),
        (("extend type Component", "extend type PagerShiftKind"), "it extends PagerShiftKind"),
        (("extend type Component", "extend type String"), "doesn't fit into the schema"),
        (("input: PagerPage!", "input: PagerShift!"), "doesn't fit into the schema"),
        (('@loaded(permission: "pager.read")', '@loaded(permission: "core.node")'), "doesn't guard the loader of PagerShift"),
        (("enum PagerShiftKind {", "enum PagerShiftKind"), "is not SDL"),
        (("extend type Mutation", "directive @x on FIELD extend type Mutation"), "defines neither a type nor fields"),
    ],
)
async def test_a_fragment_that_can_not_be_used_is_left_out_and_named(site, settings, tmp_path, change, told):
    assert change[0] in FRAGMENT
    distribution(site, FRAGMENT.replace(*change))
    async with running_gateway(tmp_path, without_pager(settings), plugins=[make_company()[0]]) as harness:
        answer = await harness.ask("{ plugins { name health { reason } } components(first: 1) { totalCount } }")
    reason = next(plugin["health"]["reason"] for plugin in answer.data["plugins"] if plugin["name"] == "pager")
    assert told in reason and "callboard plugin schema pager --write" in reason
    assert answer.data["components"] == {"totalCount": 5}


async def test_what_another_plugin_adds_to_an_interface_is_on_its_types_too(site, settings, tmp_path):
    kind = FRAGMENT + '\n"""A pager."""\ntype Pager implements Node & Entity {\n'
    fields = "id: ID!, ref: EntityRef!, kind: String!, namespace: String!, name: String!, title: String, description: String"
    kind += "".join(f'"""It."""\n{field}\n' for field in fields.split(", "))
    kind += '"""It."""\ntags: [String!]\n"""It."""\nlabels(keys: [String!]): [KeyValue!]\n'
    kind += '"""It."""\nannotations(keys: [String!]): [KeyValue!]\n"""It."""\nlinks: [Link!]\n'
    kind += '"""It."""\npages: Int @guarded(permission: "pager.read")\n}\n'
    distribution(site, kind)
    moods = Plugin("moods", permissions={"moods.read": "Read it."})

    @moods.field(on=Entity, permission="moods.read")
    async def mood(entities: Batch[Entity]) -> list[str | None]:
        """A mood."""
        return ["fine" for _ in entities]

    async with running_gateway(tmp_path, settings, plugins=[make_company()[0], moods]) as harness:
        graph = harness.gateway.supergraph
    assert "mood" in graph.schema.type_map["Pager"].fields
    assert graph.guards["Pager.mood"].permission == "moods.read"
    assert "pages" in graph.schema.type_map["Pager"].fields
