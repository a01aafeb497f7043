"""How a plugin declares a subscription: what is read of it, what is refused, and what the graph makes of it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
import strawberry
from callboard_sdk import Access, Catalog, Page, Plugin, RegistrationError, Viewer
from gateway.fragments import written_fragment
from gateway.planning.explain import explain
from gateway.planning.plans import Plans
from gateway.testing import running_gateway
from graphql import print_type
from resolvers.core import Whole, core_plugin
from resolvers.errors import PluginUnavailable
from resolvers.plugins import injected_types
from schema import StandIn, StitchError, Supergraph, read_fragment, stitch

from .newsroom import Newsroom, newsroom


def stitched(plugin: Plugin[Any]) -> Supergraph:
    chosen = [core_plugin(Whole()), plugin]
    return stitch(chosen, {one.name: injected_types(one) for one in chosen})


def declared(function: Callable[..., Any], shown: Callable[..., Any] | None = None) -> Supergraph:
    plugin: Plugin[Any] = Plugin("news", permissions={"news.read": "Read."})
    plugin.subscription(permission="news.read", shown=shown)(function)
    return stitched(plugin)


To = Annotated[str, strawberry.argument(description="How far.")]


async def plain(to: To) -> AsyncIterator[int]:
    """Numbers."""
    yield 1


async def shows(event: int, to: To, access: Access, catalog: Catalog, viewer: Viewer) -> str | None:
    return str(event)


def test_its_field_is_of_the_type_of_its_events_and_nullable() -> None:
    graph = declared(plain)
    assert "plain(" not in print_type(graph.schema.query_type)
    field = graph.schema.subscription_type.fields["plain"]
    assert (str(field.type), field.description, list(field.args)) == ("Int", "Numbers.", ["to"])
    assert graph.guards["Subscription.plain"].action == "read"
    assert graph.schema.subscription_type.description == "What can be watched."


def test_what_shows_an_event_says_the_type() -> None:
    assert str(declared(plain, shows).schema.subscription_type.fields["plain"].type) == "String"


async def not_a_generator() -> AsyncIterator[int]:
    """Numbers."""
    raise NotImplementedError


async def without_a_type():
    """Numbers."""
    yield 1


async def of_maybe() -> AsyncIterator[int | None]:
    """Numbers."""
    yield None


async def with_access(access: Access) -> AsyncIterator[int]:
    """Numbers."""
    yield 1


async def with_catalog(where: Catalog) -> AsyncIterator[int]:
    """Numbers."""
    yield 1


async def with_a_page(page: Page) -> AsyncIterator[int]:
    """Numbers."""
    yield 1


async def undescribed() -> AsyncIterator[int]:
    yield 1


async def unannotated(to) -> AsyncIterator[int]:
    """Numbers."""
    yield 1


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (not_a_generator, "is no async generator"),
        (without_a_type, "doesn't say what its events are"),
        (of_maybe, "yields events that may be None"),
        (with_access, "asks for Access as 'access', and a stream outlives the rules"),
        (with_catalog, "asks for Catalog as 'where'"),
        (with_a_page, "asks for a Page"),
        (undescribed, "has no docstring"),
        (unannotated, "parameter 'to' has no annotation"),
    ],
)
def test_a_mistake_of_its_source_names_the_place_and_the_remedy(function, says: str) -> None:
    with pytest.raises(StitchError) as caught:
        declared(function)
    told = str(caught.value)
    assert says in told and f"subscription {function.__name__}" in told and "test_declaring.py:" in told


async def shows_nothing() -> int | None:
    return None


async def shows_always(event: int) -> int:
    return 1


async def shows_another(event: int, to: int) -> int | None:
    return 1


async def shows_unknown(event: int, topic: str) -> int | None:
    return 1


async def shows_untyped(event: int):
    return 1


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (shows_nothing, "doesn't take the event first"),
        (shows_always, "never null"),
        (shows_another, "takes 'to', which is neither handed to it nor an argument"),
        (shows_unknown, "takes 'topic', which is neither"),
        (shows_untyped, "has no return annotation"),
    ],
)
def test_a_mistake_of_what_shows_its_events_names_the_place_and_the_remedy(shown, says: str) -> None:
    with pytest.raises(StitchError) as caught:
        declared(plain, shown)
    assert says in str(caught.value) and shown.__name__ in str(caught.value)


def test_a_permission_that_is_not_declared_and_an_action_that_is_none_are_refused() -> None:
    plugin: Plugin[Any] = Plugin("news", permissions={"news.read": "Read."})
    with pytest.raises(RegistrationError, match=r"permission 'news.other'"):
        plugin.subscription(permission="news.other")(plain)
    with pytest.raises(RegistrationError, match="no action 'watch'"):
        plugin.subscription(permission="news.read", action="watch")(plain)


def test_two_plugins_with_one_subscription_are_refused() -> None:
    one, other = (Plugin[Any](name, permissions={f"{name}.read": "Read."}) for name in ("one", "other"))
    for plugin in (one, other):
        plugin.subscription(permission=f"{plugin.name}.read")(plain)
    chosen = [core_plugin(Whole()), one, other]
    with pytest.raises(StitchError, match="both add Subscription.plain"):
        stitch(chosen, {plugin.name: injected_types(plugin) for plugin in chosen})


def test_its_fragment_stands_in_for_it_in_a_graph_with_the_same_fields() -> None:
    plugin, _ = newsroom()
    text = written_fragment(plugin)
    assert "extend type Subscription {" in text
    core = core_plugin(Whole())
    stand_in = StandIn(read_fragment("news", text), lambda: PluginUnavailable("news", "it is away"))
    graph = stitch([core], {core.name: injected_types(core)}, stand_ins=[stand_in])
    whole = stitched(plugin)
    ours, theirs = (one.schema.subscription_type for one in (graph, whole))
    assert sorted(print_type(ours).splitlines()) == sorted(print_type(theirs).splitlines())
    assert graph.guards["Subscription.news"] == whole.guards["Subscription.news"]


async def test_to_watch_what_a_fragment_stands_in_for_says_why_not(room: Newsroom) -> None:
    plugin, _ = newsroom()
    core = core_plugin(Whole())
    stand_in = StandIn(read_fragment("news", written_fragment(plugin)), lambda: PluginUnavailable("news", "it is away"))
    graph = stitch([core], {core.name: injected_types(core)}, stand_ins=[stand_in])
    pipeline = room.harness.gateway.pipeline
    streams = dataclasses.replace(room.harness.gateway.streams, pipeline=dataclasses.replace(pipeline, plans=Plans(graph.schema)))
    object.__setattr__(room.harness.gateway, "streams", streams)
    told = await room.listen("subscription { news { text } }").next()
    assert told["errors"][0]["message"].startswith("plugin 'news' is not available: it is away")


async def test_a_source_whose_plugin_did_not_start_opens_nothing(tmp_path) -> None:
    plugin: Plugin[Any] = Plugin("news", permissions={"news.read": "Read."})
    plugin.subscription(permission="news.read")(plain)

    @plugin.resource
    async def store() -> AsyncIterator[dict]:
        raise OSError("down")
        yield {}

    async with running_gateway(tmp_path, plugins=[plugin]) as harness:
        room = Newsroom(harness, None)  # type: ignore[arg-type]
        told = await room.listen('subscription { plain(to: "x") }', "admin").next()
        assert told["errors"][0]["extensions"]["code"] == "PLUGIN_UNAVAILABLE"


async def test_its_plan_says_what_is_watched(room: Newsroom) -> None:
    plan, _ = await room.harness.plan("subscription { news { text } }", ["admin"])
    assert "watch news = news.news: one watch" in explain(plan)
