"""The policy in force: replaced as a whole, one version a request; what plugins say of groups and predicates."""

from collections.abc import AsyncIterator

import pytest
from callboard_sdk import Access, EntityRef, Groups, Plugin, RegistrationError, Settings, Viewer, ViewerKind
from callboard_sdk.conditions import Expression, Has, Mark
from company import make_company
from gateway.fragments import written_fragment
from gateway.pipeline import GraphQLRequest
from gateway.testing import running_gateway
from policies import Policies, PolicyError, Rule, Rules
from policies.csv_form import read_csv
from resolvers.asking import asking, groups_above
from resolvers.core import Whole, core_plugin
from resolvers.errors import RolesUnknown
from resolvers.plugins import injected_types
from schema import StitchError, read_fragment, stitch

TEAM, ALL = EntityRef.parse("group:team"), EntityRef.parse("group:all")
RULES = "p, reader, permission:core.viewer, read, allow\nm, group:all, reader\n"


class Directory:
    """Knows that the team is in all."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken

    async def above(self, refs):
        if self.broken:
            raise OSError("password=hunter2")
        return frozenset(refs) | ({ALL} if TEAM in refs else set())

    async def below(self, refs):
        return frozenset(refs) | ({TEAM} if ALL in refs else set())


class DirectorySettings(Settings):
    """How it behaves."""

    broken: bool = False
    """Whether it fails."""
    starts: bool = True
    """Whether it starts."""


def directory() -> Plugin[DirectorySettings]:
    plugin: Plugin[DirectorySettings] = Plugin("directory", settings=DirectorySettings)

    @plugin.resource
    async def groups(settings: DirectorySettings) -> AsyncIterator[Directory]:
        if not settings.starts:
            raise OSError("down")
        yield Directory(broken=settings.broken)

    @plugin.condition
    async def knows(name: str, groups: Groups, own: Directory, settings: DirectorySettings, viewer: Viewer) -> Expression:
        """The viewer's groups are tags."""
        if name == "odd":
            return 7  # type: ignore[return-value]
        return Has(Mark.TAG, f"{name} {viewer.subject} {len(await groups.above(viewer.groups))} {own.broken} {settings.starts}")

    return plugin


def gateway(tmp_path, rules: str = RULES, **settings: object):
    (tmp_path / "rules.csv").write_text(rules)
    own = {"policies": {"rules": [str(tmp_path / "rules.csv")]}, "plugins": {"directory": settings}, "limits": {"seconds": 1}}
    return running_gateway(tmp_path, own, plugins=[make_company()[0], directory()])


def token(harness, *groups: EntityRef) -> str:
    from gateway.auth import LocalIssuer

    auth = harness._auth
    return "Bearer " + LocalIssuer(auth.local, auth.audience).create(
        "bob", ["own"], seconds=60, groups=[str(one) for one in groups]
    )


async def ask(harness, *groups: EntityRef, query: str = "{ viewer { roles } }") -> bytes:
    response = await harness.gateway.pipeline.answer(GraphQLRequest(query, authorization=[token(harness, *groups)]))
    return response.body


async def test_a_member_of_a_group_within_the_group_has_the_role(tmp_path):
    async with gateway(tmp_path) as harness:
        assert b'"roles":["own","reader"]' in await ask(harness, TEAM)
        assert b"FORBIDDEN" in await ask(harness, EntityRef.parse("group:other"))


@pytest.mark.parametrize("settings", [{"broken": True}, {"starts": False}])
async def test_where_the_groups_are_not_known_the_request_is_refused_for_a_role_might_deny(tmp_path, settings):
    async with gateway(tmp_path, **settings) as harness:
        body = await ask(harness, TEAM)
        assert b"ROLES_UNKNOWN" in body and b"hunter2" not in body
        assert b"FORBIDDEN" in await ask(harness)  # without groups there is nothing to know
        with pytest.raises(RolesUnknown):
            await groups_above(harness.gateway.plugins, Viewer("b", ViewerKind.PERSON, frozenset(), None, frozenset({TEAM})))


async def test_rules_without_members_by_group_ask_nothing(tmp_path):
    async with gateway(tmp_path, "p, own, permission:core.viewer, read, allow\n", broken=True) as harness:
        assert b'"roles":["own"]' in await ask(harness, TEAM)


async def test_a_request_keeps_the_version_that_it_began_with(tmp_path):
    async with gateway(tmp_path) as harness:
        policies = harness.gateway.policies
        began = policies.current
        identify = harness.gateway.pipeline.identify

        async def slowly(authorization, session):
            await policies.replace(Rules())
            return await identify(authorization, session)

        object.__setattr__(harness.gateway.pipeline, "identify", slowly)
        assert b'"roles":["own","reader"]' in await ask(harness, TEAM)
        assert policies.current is not began
        object.__setattr__(harness.gateway.pipeline, "identify", identify)
        assert b"FORBIDDEN" in await ask(harness, TEAM)


async def test_rules_that_are_refused_leave_the_last_good_ones_in_force():
    core = core_plugin(Whole())
    graph = stitch([core], {"core": injected_types(core)})
    policies = Policies(graph, Rules((Rule("a", "*", "read", "allow"),)))
    good = policies.current
    with pytest.raises(PolicyError):
        await policies.replace(Rules((Rule("a", "Component.titel", "read", "allow"),)))
    assert policies.current is good
    await policies.replace(Rules())
    assert not any(d.allowed for d in policies.current.decide(frozenset({"a"}), graph.guards).values())
    with pytest.raises(PolicyError):
        Policies(graph, Rules((Rule("a", "nothing", "read", "allow"),)))


async def test_with_no_rules_everything_is_denied():
    core = core_plugin(Whole())
    nothing = Policies(stitch([core], {"core": injected_types(core)})).current
    decisions = nothing.decide(frozenset({"admin"}), ["Query.viewer", "Query.node"])
    assert decisions and not any(one.allowed for one in decisions.values())


async def test_a_plugin_s_predicate_is_handed_what_it_asks_for_and_what_the_rule_gives(tmp_path):
    async with gateway(tmp_path) as harness:
        viewer = Viewer("bob", ViewerKind.PERSON, frozenset(), None, frozenset({TEAM}))
        asked = asking(harness.gateway.plugins, harness.gateway.supergraph.predicates, viewer)
        assert await asked("directory.knows", '{"name":"a"}') == Has(Mark.TAG, "a bob 2 False True")


async def test_a_predicate_that_fails_says_nothing_and_its_plugin_s_health_says_why(tmp_path, capsys):
    async with gateway(tmp_path, broken=True) as harness:
        viewer = Viewer("bob", ViewerKind.PERSON, frozenset(), None, frozenset({TEAM}))
        asked = asking(harness.gateway.plugins, harness.gateway.supergraph.predicates, viewer)
        assert await asked("directory.knows", '{"name":"a"}') is None
        assert await asked("directory.knows", '{"name":"odd"}') is None
        assert await asked("pager.isOnCall", "{}") is None
        assert harness.gateway.plugins.runtimes["directory"].health.errors() == {
            "directory.knows": "directory.knows raised TypeError"
        }


def test_a_predicate_that_asks_for_what_conditions_decide_is_refused():
    plugin = Plugin("odd")

    @plugin.condition
    def circular(access: Access) -> Expression:
        """Asks what it decides."""

    plugins = [core_plugin(Whole()), plugin]
    with pytest.raises(StitchError, match="asks for 'access', which isn't there before conditions are decided"):
        stitch(plugins, {one.name: injected_types(one) for one in plugins})


async def test_administration_needs_its_own_action(tmp_path):
    plugin = Plugin("office", permissions={"office.run": "Run it."})

    @plugin.query(permission="office.run", action="administer")
    async def secrets() -> str | None:
        """What only administrators may ask."""

    core = core_plugin(Whole())
    graph = stitch([core, plugin], {one.name: injected_types(one) for one in (core, plugin)})
    text = "p, a, *, read, allow\np, a, *, mutate, allow\np, b, permission:office.run, administer, allow\n"
    policy = Policies(graph, read_csv("r", text)).current
    assert not policy.decide(frozenset({"a"}), ["Query.secrets"])["Query.secrets"].allowed
    assert policy.decide(frozenset({"b"}), ["Query.secrets"])["Query.secrets"].allowed


def test_the_action_of_a_field_survives_its_plugin_s_fragment():
    plugin = Plugin("office", permissions={"office.run": "Run it."})

    @plugin.query(permission="office.run", action="administer")
    async def secrets() -> str | None:
        """What only administrators may ask."""

    @plugin.mutation(permission="office.run")
    async def paint() -> str | None:
        """Change something."""

    text = written_fragment(plugin)
    assert '@guarded(permission: "office.run", action: "administer")' in text and text.count("action:") == 1
    fragment = read_fragment("office", text)
    assert (fragment.guard("Query.secrets").action, fragment.guard("Mutation.paint").action) == ("administer", "mutate")
    with pytest.raises(StitchError, match="'run', which there isn't"):
        read_fragment("office", text.replace('action: "administer"', 'action: "run"'))
    with pytest.raises(RegistrationError, match="has no action 'run'"):
        plugin.query(permission="office.run", action="run")(secrets)
