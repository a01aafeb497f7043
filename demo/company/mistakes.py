"""The deliberate mistakes: what a small company that Proscenia bought last year brought along in its own catalog files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FOLDER = "mirrorball/catalog"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in the demo catalog.

    `document` is its place in the file, counted from 0; `about` is the reference of the entity, where
    it has one; `what` names the fault. `missing` lists the references that lead nowhere because of it.
    """

    what: str
    file: str
    document: int
    about: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    """A document as somebody wrote it; faultless where `what` is empty."""

    text: str
    what: str = ""
    about: str | None = None
    missing: tuple[str, ...] = ()


def mistakes(component: str) -> Iterator[Mistake]:
    """What is wrong, in the order of files and documents; one mistake repeats the existing `component`."""
    for file, documents in _acquired(component).items():
        for place, one in enumerate(documents):
            if one.what:
                yield Mistake(one.what, f"{FOLDER}/{file}", place, one.about, one.missing)


def files(component: str, team: str) -> dict[str, str]:
    """The files' texts by their names; what is owned by anyone is owned by the existing `team`."""
    return {
        file: "---\n".join(one.text.strip("\n").replace("@TEAM@", team) + "\n" for one in documents)
        for file, documents in _acquired(component).items()
    }


def _acquired(component: str) -> dict[str, tuple[_Written, ...]]:
    return {
        "locations.yaml": (
            _Written(_LOST_TARGET, "target that does not exist", "location:default/mirrorball-warehouse"),
            _sound("mirrorball-returns"),
        ),
        "rentals.yaml": (
            _wrong("dangling owner", "mirrorball-rentals-api", "group:default/mirrorball-crew", owner="mirrorball-crew"),
            _wrong("invalid tag", "mirrorball-price-list", tags="[Rental Prices, paper]"),
            _wrong("duplicate entity", component),
            _Written(_component("Fog Machine / Old"), "invalid name"),
            _Written(_BROKEN, "unreadable YAML"),
            _sound("mirrorball-lamp-hire"),
        ),
        "stock.yaml": (
            _Written(_NO_OWNER, "missing owner", "component:default/mirrorball-stock-sheet"),
            _wrong("dangling system", "mirrorball-truck-plan", "system:default/mirrorball", extra="system: mirrorball"),
            _wrong("dangling API", "mirrorball-web", "api:default/mirrorball-api", extra="consumesApis: [mirrorball-api]"),
            _wrong("tags that are not a list", "mirrorball-invoices", tags="billing"),
            _Written(_NO_KIND, "no kind"),
            _Written("- mirrorball-lights\n- mirrorball-sound", "not a mapping"),
            _Written(_BAD_LINK, "link without an address", "component:default/mirrorball-manuals"),
            _Written(_BAD_LABEL, "label too long", "component:default/mirrorball-labels"),
        ),
    }


def _sound(name: str) -> _Written:
    return _Written(_component(name))


def _wrong(what: str, name: str, *missing: str, owner: str = "@TEAM@", tags: str = "", extra: str = "") -> _Written:
    return _Written(_component(name, owner=owner, tags=tags, extra=extra), what, f"component:default/{name}", missing)


def _component(name: str, *, owner: str = "@TEAM@", tags: str = "", extra: str = "") -> str:
    lines = [
        "apiVersion: backstage.io/v1alpha1",
        "kind: Component",
        "metadata:",
        f"  name: {name}",
        "  description: Came with Mirrorball Rentals.",
        *([f"  tags: {tags}"] if tags else []),
        "spec:",
        "  type: service",
        "  lifecycle: deprecated",
        f"  owner: {owner}",
        *([f"  {extra}"] if extra else []),
    ]
    return "\n".join(lines)


_BROKEN = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: mirrorball-cue-sheets
  description: "Cue sheets, typed by hand
spec:
  type: service
   lifecycle: deprecated
"""

_NO_OWNER = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: mirrorball-stock-sheet
spec:
  type: service
  lifecycle: deprecated
"""

_NO_KIND = """
apiVersion: backstage.io/v1alpha1
metadata:
  name: mirrorball-something
spec:
  type: service
"""

_BAD_LINK = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: mirrorball-manuals
  links:
    - title: Manuals
spec:
  type: documentation
  lifecycle: deprecated
  owner: @TEAM@
"""

_BAD_LABEL = f"""
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: mirrorball-labels
  labels:
    shelf: {"left-of-the-second-door-" * 3}end
spec:
  type: service
  lifecycle: deprecated
  owner: @TEAM@
"""

_LOST_TARGET = """
apiVersion: backstage.io/v1alpha1
kind: Location
metadata:
  name: mirrorball-warehouse
spec:
  type: file
  targets:
    - ./warehouse/catalog-info.yaml
"""
