"""`POST /hooks/catalog/SOURCE`: has a source read when the system that keeps it says that it changed."""

from __future__ import annotations

from typing import Any

import msgspec
from callboard_sdk import Delivery, HttpError, HttpReply, Plugin

from callboard_catalog.ingestion.ingestion import Ingestion
from callboard_catalog.providers.deliveries import Forged, Malformed
from callboard_catalog.queries.store import CatalogStore
from callboard_catalog.settings import CatalogSettings

_FORGED = (
    "no source takes this delivery: post it to the name of a source that has a hook_secret in the settings, and prove it by that "
    "secret, once: as the secret of a webhook on GitHub or GitLab, or as a bearer token"
)
_MALFORMED = "the delivery can't be read: send a JSON object, as the host of the source makes it"
_NOTHING = "nothing that the source reads changed by this: another branch, another repository, or an event that changes none"


def add_source_hook(plugin: Plugin[Any]) -> None:
    """Declare it on the catalog's plugin."""

    @plugin.hook("/hooks/catalog/{source}")
    async def source_changed(
        delivery: Delivery, store: CatalogStore, ingestion: Ingestion, settings: CatalogSettings
    ) -> HttpReply:
        """Has the source read as soon as a gateway can, however often it is told so until then."""
        name = delivery.parts["source"]
        try:
            matters = ingestion.hooks.matters(name, delivery)
        except Forged:
            raise HttpError(403, _FORGED) from None
        except Malformed:
            raise HttpError(400, _MALFORMED) from None
        if not matters:
            return _reply(200, refreshes=False, reason=_NOTHING)
        row = await store.source(name)
        if row is not None and ingestion.schedule.hastened(row, settings.hook_seconds) is not None:
            async with store.writing() as connection:
                await ingestion.schedule.hasten(connection, name, settings.hook_seconds)
        return _reply(202, refreshes=True)


def _reply(status: int, **told: object) -> HttpReply:
    return HttpReply(msgspec.json.encode(told), status)
