"""The whole contract between Callboard and a plugin: import from here and from `callboard_sdk.entities`."""

from .access import EVERYTHING, Access, Readable
from .audit import Audit
from .batch import Batch
from .catalog import Catalog
from .connections import Connection, Edge, Page, PageInfo, connect, decode_cursor, encode_cursor, paginate
from .database import Database, Migrations
from .endpoints import Ask, Endpoint, HttpError, HttpReply, HttpRequest, Told
from .entities import Entity, Node
from .errors import BadArgument, CallboardError, ClientError, NotFound, RegistrationError, UpstreamError
from .filtering import Filters, filters
from .groups import Groups
from .hooks import Delivery
from .ids import NodeKey, decode_id, encode_id
from .plugin import Plugin
from .ref import EntityRef, InvalidRef
from .settings import Secret, Settings
from .sources import Event, Files, Gone, Item, Known, Part, Same, Sources, Tree, Unread, Unreadable, Whole
from .types import computed, enum, field, input, node, value  # noqa: A004  the GraphQL word
from .upstream import Client, Clients, Params, Reply, Upstream
from .values import Freshness, KeyValue, Link, Money, Problem, Severity, UserError
from .viewer import TokenLimits, Viewer, ViewerKind

__all__ = [
    "EVERYTHING",
    "Access",
    "Ask",
    "Audit",
    "BadArgument",
    "Batch",
    "CallboardError",
    "Catalog",
    "Client",
    "ClientError",
    "Clients",
    "Connection",
    "Database",
    "Delivery",
    "Edge",
    "Endpoint",
    "Entity",
    "EntityRef",
    "Event",
    "Files",
    "Filters",
    "Freshness",
    "Gone",
    "Groups",
    "HttpError",
    "HttpReply",
    "HttpRequest",
    "InvalidRef",
    "Item",
    "KeyValue",
    "Known",
    "Link",
    "Migrations",
    "Money",
    "Node",
    "NodeKey",
    "NotFound",
    "Page",
    "PageInfo",
    "Params",
    "Part",
    "Plugin",
    "Problem",
    "Readable",
    "RegistrationError",
    "Reply",
    "Same",
    "Secret",
    "Settings",
    "Severity",
    "Sources",
    "TokenLimits",
    "Told",
    "Tree",
    "Unread",
    "Unreadable",
    "Upstream",
    "UpstreamError",
    "UserError",
    "Viewer",
    "ViewerKind",
    "Whole",
    "computed",
    "connect",
    "decode_cursor",
    "decode_id",
    "encode_cursor",
    "encode_id",
    "enum",
    "field",
    "filters",
    "input",
    "node",
    "paginate",
    "value",
]
