"""A company's catalog by chance, the same each time: so many entities, with five to ten relations each."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

TAGS = ("java", "python", "go", "pci", "internal", "beta", "batch", "public", "legacy", "edge")
REGIONS = ("eu-west", "eu-north", "us-east", "ap-south")
Descriptor = dict[str, Any]
_KINDS = {"Component": 60, "API": 14, "Resource": 14, "System": 6, "User": 6}
_NAMESPACES = {"default": 60, "payments": 10, "data": 10, "web": 10, "ops": 10}
_TYPES = {"service": 50, "website": 20, "library": 30}
_LIFECYCLES = {"production": 70, "experimental": 20, "deprecated": 10}
_HEADS = ("shop", "billing", "search", "mail", "ledger", "tickets", "seats", "stage", "stream", "tour")
_TEXT = (
    "takes orders keeps seats sends mail counts money tells prices finds tours shows stages plays streams reads "
    "events writes invoices moves stock checks limits signs people in out of every house at night before after "
    "during each play with care "
)
_WORDS = _TEXT.split()


def descriptors(count: int, version: int = 0) -> Iterator[Descriptor]:
    """So many entities; in another version every hundredth says something else."""
    chance = random.Random(count)
    teams = max(20, count // 170)
    made = [_named(chance, number) for number in range(count)]
    apis = [name for kind, _, name in made if kind == "API"] or ["none"]
    systems = [name for kind, _, name in made if kind == "System"] or ["none"]
    for number in range(teams):
        yield _descriptor("Group", {"name": f"team-{number}"}, {"type": "team", "children": []})
    for number, (kind, namespace, name) in enumerate(made):
        yield _descriptor(
            kind, _metadata(chance, number, namespace, name, version), _spec(chance, kind, teams, made, apis, systems)
        )


def _named(chance: random.Random, number: int) -> tuple[str, str, str]:
    [kind] = chance.choices(list(_KINDS), list(_KINDS.values()))
    [namespace] = chance.choices(list(_NAMESPACES), list(_NAMESPACES.values()))
    return kind, namespace, f"{chance.choice(_HEADS)}-{chance.choice(_HEADS)}-{number}"


def _metadata(chance: random.Random, number: int, namespace: str, name: str, version: int) -> dict[str, Any]:
    changed = f" Version {version}." if version and number % 100 == 0 else ""
    return {
        "name": name, "namespace": namespace, "tags": chance.sample(TAGS, 3), "title": name.replace("-", " ").title(),
        "description": " ".join(chance.choices(_WORDS, k=24)) + changed,
        "labels": {"tier": str(chance.randrange(4)), "line": chance.choice(("b2b", "b2c"))},
        "annotations": {"example.com/repository": f"team/{name}", "example.com/pager": f"P{number}"},
    }  # fmt: skip


def _spec(
    chance: random.Random, kind: str, teams: int, made: list[tuple[str, str, str]], apis: list[str], systems: list[str]
) -> dict[str, Any]:
    if kind == "User":
        return {"memberOf": [f"group:default/team-{chance.randrange(teams)}" for _ in range(5)]}
    [life] = chance.choices(list(_LIFECYCLES), list(_LIFECYCLES.values()))
    [type_] = chance.choices(list(_TYPES), list(_TYPES.values()))
    spec: dict[str, Any] = {"type": type_, "lifecycle": life, "owner": f"group:default/team-{chance.randrange(teams)}"}
    if kind in ("Component", "Resource"):
        others = (chance.choice(made) for _ in range(chance.randrange(3, 6)))
        spec["dependsOn"] = [f"{other}:{space}/{name}" for other, space, name in others]
    if kind != "System":
        spec["system"] = f"system:default/{chance.choice(systems)}"
    if kind == "Component":
        spec["providesApis"], spec["consumesApis"] = [chance.choice(apis)], [chance.choice(apis)]
    return spec | {"region": chance.choice(REGIONS), "deploy": {"replicas": chance.randrange(1, 9)}}


def _descriptor(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> Descriptor:
    return {"apiVersion": "a/v1", "kind": kind, "metadata": metadata, "spec": spec}
