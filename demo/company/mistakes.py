"""The deliberate mistakes: what a small company that Proscenia bought last year brought along in its own catalog files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in the demo catalog.

    `document` is its place in the file, counted from 0; `about` is the reference of the entity, where
    it has one; `what` names the fault. `missing` lists the references that lead nowhere because of it.
    """

    what: str
    file: str
    document: int
    text: str
    about: str | None = None
    missing: tuple[str, ...] = ()


def mistakes(existing_component: str, existing_team: str) -> tuple[Mistake, ...]:
    """All mistakes, in the order of their files; one of them repeats `existing_component`."""
    return tuple(
        Mistake(
            what,
            f"mirrorball/{file}.yaml",
            int(place),
            _fill(text, existing_component, existing_team),
            about,
            missing,
        )
        for what, file, place, about, missing, text in _written(existing_component)
    )


def sound_documents(existing_team: str) -> dict[tuple[str, int], str]:
    """Faultless documents that share a file with mistakes, by file and place."""
    return {(f"mirrorball/{file}.yaml", place): _fill(text, "", existing_team) for (file, place), text in _SOUND.items()}


def _fill(text: str, component: str, team: str) -> str:
    return text.strip("\n").replace("@COMPONENT@", component).replace("@TEAM@", team) + "\n"


def _written(existing: str) -> tuple[tuple[str, str, int, str | None, tuple[str, ...], str], ...]:
    return (
        (
            "dangling owner",
            "rentals",
            0,
            "component:default/mirrorball-rentals-api",
            ("group:default/mirrorball-crew",),
            _component("mirrorball-rentals-api", owner="mirrorball-crew"),
        ),
        (
            "invalid tag",
            "rentals",
            1,
            "component:default/mirrorball-price-list",
            (),
            _component("mirrorball-price-list", tags="[Rental Prices, paper]"),
        ),
        ("unreadable YAML", "rentals", 2, None, (), _BROKEN),
        ("duplicate entity", "rentals", 4, f"component:default/{existing}", (), _component("@COMPONENT@")),
        ("invalid name", "rentals", 5, None, (), _component("Fog Machine / Old")),
        ("missing owner", "stock", 0, "component:default/mirrorball-stock-sheet", (), _NO_OWNER),
        (
            "dangling system",
            "stock",
            1,
            "component:default/mirrorball-truck-plan",
            ("system:default/mirrorball",),
            _component("mirrorball-truck-plan", extra="system: mirrorball"),
        ),
        (
            "dangling API",
            "stock",
            2,
            "component:default/mirrorball-web",
            ("api:default/mirrorball-api",),
            _component("mirrorball-web", extra="consumesApis: [mirrorball-api]"),
        ),
        (
            "tags that are not a list",
            "stock",
            3,
            "component:default/mirrorball-invoices",
            (),
            _component("mirrorball-invoices", tags="billing"),
        ),
        ("no kind", "stock", 4, None, (), _NO_KIND),
        ("not a mapping", "stock", 5, None, (), "- mirrorball-lights\n- mirrorball-sound"),
        ("link without an address", "stock", 6, "component:default/mirrorball-manuals", (), _BAD_LINK),
        ("label too long", "stock", 7, "component:default/mirrorball-labels", (), _BAD_LABEL),
        (
            "target that does not exist",
            "locations",
            0,
            "location:default/mirrorball-warehouse",
            (),
            _LOST_TARGET,
        ),
    )


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
  owner: "@TEAM@"
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
  owner: "@TEAM@"
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

_SOUND = {
    ("rentals", 3): _component("mirrorball-lamp-hire"),
    ("locations", 1): _component("mirrorball-returns"),
}
