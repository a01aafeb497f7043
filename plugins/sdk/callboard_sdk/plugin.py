"""The plugin: what one distribution adds to the graph, declared at import and checked when the gateway loads it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from strawberry.types.base import get_object_definition

from .database import Migrations
from .docs import where
from .endpoints import Endpoint
from .entities import Entity, Node
from .errors import RegistrationError
from .fields import ACTIONS, MUTATE, READ, FieldSpec
from .hooks import HookSpec
from .predicates import PredicateSpec
from .settings import Settings
from .sources import Events, SourceSpec
from .streams import StreamSpec
from .upstream import Upstream

S = TypeVar("S", bound=Settings)
F = TypeVar("F", bound=Callable[..., Any])

QUERY = "Query"
MUTATION = "Mutation"
SUBSCRIPTION = "Subscription"


class Plugin(Generic[S]):
    """What one distribution adds to the graph; named by its entry point in the group `callboard.plugins`.

    `permissions` maps each permission the plugin's fields use to what it lets a viewer do. `upstreams` makes, from
    the settings, the external systems it talks to. `types` are further GraphQL types that no field names, such as
    implementers of an interface; `kinds` further entity types, by the descriptor kind in their `KIND`. `endpoints` makes, from
    the settings, what it answers over plain HTTP under `/api/NAME/`.
    `migrations` has the versions of what it stores in the gateway's database.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: type[S] | None = None,
        permissions: Mapping[str, str] | None = None,
        upstreams: Callable[[S], Iterable[Upstream]] | None = None,
        types: Sequence[type] = (),
        kinds: Sequence[type[Entity]] = (),
        endpoints: Callable[[S], Iterable[Endpoint]] | None = None,
        migrations: Migrations | None = None,
    ) -> None:
        self.name = name
        self.settings: type[Settings] = settings or Settings
        self.permissions: Mapping[str, str] = MappingProxyType(dict(permissions or {}))
        for permission in self.permissions:
            if not permission.startswith(f"{name}."):
                raise RegistrationError(
                    f"Plugin({name!r})",
                    f"permission {permission!r} doesn't start with the plugin's name",
                    f"Write {name}.{permission!s}.",
                )
        self.upstreams = upstreams
        self.endpoints = endpoints
        self.types = tuple(types)
        self.kinds = tuple(kinds)
        self.migrations = migrations
        self._fields: list[FieldSpec] = []
        self._loaders: list[FieldSpec] = []
        self._conditions: list[PredicateSpec] = []
        self._sources: list[SourceSpec] = []
        self._hooks: list[HookSpec] = []
        self._resources: list[Callable[..., AsyncIterator[Any]]] = []

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields declared so far, in order."""
        return tuple(self._fields)

    @property
    def loaders(self) -> tuple[FieldSpec, ...]:
        """The loaders declared so far, in order; each is named for the type that it loads."""
        return tuple(self._loaders)

    @property
    def conditions(self) -> tuple[PredicateSpec, ...]:
        """The predicates declared so far, in order."""
        return tuple(self._conditions)

    @property
    def sources(self) -> tuple[SourceSpec, ...]:
        """The sources of entities declared so far, in order."""
        return tuple(self._sources)

    @property
    def hooks(self) -> tuple[HookSpec, ...]:
        """The hooks declared so far, in order."""
        return tuple(self._hooks)

    @property
    def resources(self) -> tuple[Callable[..., AsyncIterator[Any]], ...]:
        """The resources declared so far, in order."""
        return tuple(self._resources)

    def field(self, on: type, *, permission: str, name: str | None = None, asks: str = "") -> Callable[[F], F]:
        """Add a batch field to a type, or once to an interface for all its implementers.

        The function takes the batch of parents first and returns a list with one item per parent, in order. Further
        parameters are GraphQL arguments, but for those annotated with what a resolver may ask for: the plugin's
        settings, `Client`, `Clients`, `Catalog`, `Viewer`, `Access`, `Page`, or a resource of the plugin. `asks` says, for
        `callboard explain`, what one call asks of upstreams: "one list per (cluster, kind, namespace)".
        """
        return self._add(on, permission, name, asks, batched=True)

    def query(self, *, permission: str, name: str | None = None, asks: str = "", action: str = READ) -> Callable[[F], F]:
        """Add a field to Query; its function takes no parents and returns the value itself.

        `action` "administer" is for what only administrators may ask: a rule that allows reading doesn't allow it.
        """
        return self._add(QUERY, permission, name, asks, batched=False, action=action)

    def mutation(self, *, permission: str, name: str | None = None, asks: str = "", action: str = MUTATE) -> Callable[[F], F]:
        """Add a field to Mutation: one `input` argument, and a payload with the changed node and errors as data.

        `action` "administer" is for what only administrators may change.
        """
        return self._add(MUTATION, permission, name, asks, batched=False, action=action)

    def subscription(
        self,
        *,
        permission: str,
        name: str | None = None,
        asks: str = "",
        action: str = READ,
        shown: Callable[..., Any] | None = None,
    ) -> Callable[[F], F]:
        """Add a field to Subscription; its function is an async generator of events, `-> AsyncIterator[X]`.

        It takes what a query does, but neither `Access` nor `Catalog`, for a stream outlives the rules. It is closed when nobody
        listens any more. `shown` is a function that is asked of each event: it takes the event first, then what it is handed
        (`Access`, `Catalog` and `Viewer` as they are at that moment) and arguments of the subscription, and gives what to send,
        `-> X | None`, or None for nothing: so a change of what the viewer may not see looks like no change.
        """

        def register(function: F) -> F:
            self._fields.append(self._stream(function, permission, name, asks, action, shown))
            return function

        return register

    def _stream(
        self, function: F, permission: str, name: str | None, asks: str, action: str, shown: Callable[..., Any] | None
    ) -> StreamSpec:
        plain = self._spec(function, SUBSCRIPTION, permission, name, asks, batched=False, action=action)
        return StreamSpec(**vars(plain), show=shown)

    def condition(self, function: F | None = None, /, *, name: str | None = None) -> Any:
        """Add a predicate that the conditions of rules may name: `plugin.isOnCall` for a function `is_on_call`.

        The function, async or not, gives an `Expression` (`callboard_sdk.conditions`) for one viewer: what an entity must
        say of itself. Its parameters are what a rule gives, as JSON, but for those annotated with what it is handed: `Viewer`,
        `Groups`, `Catalog`, `Client`, `Clients`, the plugin's settings or a resource of it. It is asked once a request.
        Where it fails, it allows nothing and denies everything.
        """

        def register(function: F) -> F:
            self._conditions.append(PredicateSpec(self.name, function, name))
            return function

        return register if function is None else register(function)

    def source(self, name: str | None = None, *, every: float) -> Callable[[Callable[..., Events]], Callable[..., Events]]:
        """Bring entities into the catalog: an async generator of what is there, read again `every` so many seconds.

        One parameter is annotated `Known`, what the catalog knows of the source already; the others with what a reading may
        ask for: `Client`, `Clients`, `Database`, the plugin's settings or a resource of it. It yields events
        (`callboard_sdk.sources`), and ends with `Whole` only when it has named everything that there is. What it raises
        costs that reading, and nothing that is known.
        """

        def register(function: Callable[..., Events]) -> Callable[..., Events]:
            self._sources.append(SourceSpec(self.name, function, name, every))
            return function

        return register

    def hook(self, path: str, *, body_bytes: int = 1024 * 1024) -> Callable[[F], F]:
        """Take what other systems post to an address under `/hooks/NAME/` when something of theirs changed.

        One parameter is annotated `Delivery`; the others with what a reading of a source may ask for. The function proves by the
        delivery alone who sent it, for nobody else looks, and gives an `HttpReply`; what it doesn't take it refuses with
        `HttpError`, in the same words whatever is wrong with the proof. A body has at most `body_bytes`.
        """

        def register(function: F) -> F:
            self._hooks.append(HookSpec(self.name, path, function, body_bytes))
            return function

        return register

    def loader(self, of: type[Node], *, permission: str) -> Callable[[F], F]:
        """Say how objects of a node type are found again by their ids, for `node(id:)` and `nodes(ids:)`.

        The function takes a batch of keys, all that a request asks for of this type at once, and returns a list with the
        object of each (what its `node_key` gave), in order: None for a key that names nothing, or can't be read, for ids come
        from clients. It may ask for what a field may, and has no GraphQL arguments. Without the permission it isn't called.
        """

        def register(function: F) -> F:
            if not issubclass(of, Node):
                raise RegistrationError(
                    where(function),
                    f"plugin {self.name!r} loads {of.__name__}, which is no Node",
                    f"Write `class {of.__name__}(Node)`, with a method node_key.",
                )
            name = get_object_definition(of, strict=True).name
            self._loaders.append(self._spec(function, of, permission, name, "", batched=True))
            return function

        return register

    def resource(self, function: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        """Declare what lives as long as the gateway (a store, a watcher): an async generator that yields it once.

        It is found by the type it yields (`AsyncIterator[Store]` is injected wherever `Store` is annotated), may
        ask for the same things as a field (not `Page`, `Viewer` or `Access`), and cleans up after its `yield`.
        """
        self._resources.append(function)
        return function

    def _add(
        self, on: type | str, permission: str, name: str | None, asks: str, *, batched: bool, action: str = READ
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            self._fields.append(self._spec(function, on, permission, name, asks, batched=batched, action=action))
            return function

        return register

    def _spec(
        self,
        function: Callable[..., Any],
        on: type | str,
        permission: str,
        name: str | None,
        asks: str,
        *,
        batched: bool,
        action: str = READ,
    ) -> FieldSpec:
        if action not in ACTIONS:
            raise RegistrationError(
                where(function), f"plugin {self.name!r} has no action {action!r} to give", f"Write {', '.join(ACTIONS)}."
            )
        if permission not in self.permissions:
            raise RegistrationError(
                where(function),
                f"plugin {self.name!r} uses permission {permission!r} and doesn't declare it",
                f'Write Plugin("{self.name}", permissions={{"{permission}": "What it lets a viewer do."}}).',
            )
        return FieldSpec(self.name, on, permission, function, name, batched, asks, action)

    def __repr__(self) -> str:
        return f"Plugin({self.name!r})"
