"""The small slips that people leave in their own descriptors: they cost the entity nothing but a Problem that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

from demo.company.descriptors import Descriptor
from demo.company.dice import Dice
from demo.company.mistakes import Mistake
from demo.company.model import Company, Component

SHARE = 0.14
"""How many of the components have one."""


def slip(component: Component, seed: int) -> str:
    """What its owners overlooked in its descriptor; empty for most."""
    throw = Dice(seed).of("descriptor", component.name)
    what = throw.choice(("dependency that is gone", "invalid tag", "link without an address"))
    return what if throw.random() < SHARE else ""


def slipped(descriptor: Descriptor, what: str) -> Descriptor:
    """The descriptor with this slip."""
    metadata, spec = descriptor["metadata"], descriptor["spec"]
    match what:
        case "dependency that is gone":
            spec = {**spec, "dependsOn": [*spec.get("dependsOn", ()), gone(metadata["name"])]}
        case "invalid tag":
            metadata = {**metadata, "tags": [*metadata.get("tags", ()), "Needs Review"]}
        case "link without an address":
            metadata = {**metadata, "links": [*metadata.get("links", ()), {"title": "Dashboard"}]}
    return {**descriptor, "metadata": metadata, "spec": spec}


def gone(name: str) -> str:
    """What a component depended on before it was rewritten."""
    return f"component:default/{name}-v1"


def slips(company: Company) -> Iterator[Mistake]:
    """Every slip, and where it stands."""
    for system in company.systems:
        members = [component for component in company.components if component.system == system.name]
        for place, component in enumerate(members, start=1):  # the system itself stands first
            if what := slip(component, company.founding.seed):
                file = f"domains/{system.domain}/{system.name}/catalog-info.yaml"
                missing = (gone(component.name),) if what == "dependency that is gone" else ()
                yield Mistake(what, file, place, f"component:default/{component.name}", missing)
