"""Turns the company's things into entity descriptors, as Backstage's descriptor format spells them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from demo.company.business import DOMAINS, GITHUB_ORGANISATION, MAIL
from demo.company.definitions import definition
from demo.company.dice import number
from demo.company.model import Api, Component, Group, Person, Resource, System

Descriptor = dict[str, Any]
API_VERSION = "backstage.io/v1alpha1"


def group_descriptor(group: Group) -> Descriptor:
    """A Group; children are left for the catalog to find from each child's parent."""
    spec: Descriptor = {
        "type": group.type,
        "profile": {"displayName": group.title, "email": f"{group.name}@{MAIL}"},
    }
    if group.parent:
        spec["parent"] = group.parent
    spec["children"] = []
    return _entity("Group", group.name, group.text, spec, title=group.title, tags=(group.type,))


def user_descriptor(person: Person) -> Descriptor:
    """A User with the groups that they are a member of."""
    profile = {"displayName": person.display_name, "email": person.email}
    spec = {"profile": profile, "memberOf": list(person.teams)}
    return _entity("User", person.name, f"{person.post}.", spec, title=person.display_name)


def domain_descriptor(name: str) -> Descriptor:
    """A Domain, owned by its department."""
    idea = next(idea for idea in DOMAINS if idea.name == name)
    links = [{"url": f"https://wiki.{MAIL}/domains/{name}", "title": "Overview", "icon": "docs"}]
    spec = {"owner": f"group:default/{name}-department"}
    return _entity("Domain", name, idea.text, spec, title=idea.title, links=links)


def system_descriptor(system: System) -> Descriptor:
    """A System within its domain."""
    links = [{"url": f"https://runbooks.{MAIL}/{system.name}", "title": "Runbook", "icon": "alert"}]
    spec = {"owner": _spelled("group", system.owner, system.name), "domain": system.domain}
    return _entity(
        "System",
        system.name,
        system.text,
        spec,
        title=system.title,
        links=links,
        labels={f"{MAIL}/department": system.domain},
    )


def component_descriptor(component: Component) -> Descriptor:
    """A Component with the annotations by which clusters and builds are found."""
    spec: Descriptor = {
        "type": component.type,
        "lifecycle": component.lifecycle,
        "owner": _spelled("group", component.owner, component.name),
        "system": component.system,
    }
    for key, names in (
        ("providesApis", component.provides),
        ("consumesApis", component.consumes),
        ("dependsOn", component.depends_on),
    ):
        if names:
            spec[key] = list(names)
    return _entity(
        "Component",
        component.name,
        component.text,
        spec,
        title=component.title,
        labels={f"{MAIL}/tier": component.tier, f"{MAIL}/department": component.domain},
        annotations=_annotations(component),
        tags=(component.language, *component.tags),
        links=_links(component),
    )


def api_descriptor(api: Api, *, definition_file: str | None = None) -> Descriptor:
    """An API with its definition inside, or as a `$text` placeholder that names `definition_file`."""
    spec = {
        "type": api.type,
        "lifecycle": api.lifecycle,
        "owner": _spelled("group", api.owner, api.name),
        "system": api.system,
        "definition": {"$text": f"./{definition_file}"} if definition_file else definition(api),
    }
    return _entity("API", api.name, api.text, spec, title=api.title, tags=(api.type,))


def resource_descriptor(resource: Resource) -> Descriptor:
    """A Resource of a system."""
    spec = {
        "type": resource.type,
        "owner": _spelled("group", resource.owner, resource.name),
        "system": resource.system,
    }
    return _entity("Resource", resource.name, resource.text, spec, tags=(resource.type,))


def location_descriptor(name: str, text: str, targets: Sequence[str]) -> Descriptor:
    """A Location whose targets are relative to the file that it is written in; globs are allowed."""
    return _entity("Location", name, text, {"type": "file", "targets": list(targets)})


def _annotations(component: Component) -> dict[str, str]:
    annotations = {}
    if component.builds:
        annotations["github.com/project-slug"] = f"{GITHUB_ORGANISATION}/{component.repository}"
    if component.workload:
        if component.by_selector:
            selector = f"app.kubernetes.io/name={component.name},app.kubernetes.io/part-of={component.system}"
            annotations["backstage.io/kubernetes-label-selector"] = selector
        else:
            annotations["backstage.io/kubernetes-id"] = component.name
        annotations["backstage.io/kubernetes-namespace"] = component.system
        if len(component.placements) == 1:
            annotations["backstage.io/kubernetes-cluster"] = component.placements[0].cluster
    if component.type == "documentation":
        annotations["backstage.io/techdocs-ref"] = "dir:."
    return annotations


def _links(component: Component) -> list[dict[str, str]]:
    links = []
    if component.workload:
        address = f"https://dashboards.{MAIL}/d/{component.name}"
        links.append({"url": address, "title": "Dashboard", "icon": "dashboard"})
    if component.tier == "critical":
        address = f"https://runbooks.{MAIL}/{component.name}"
        links.append({"url": address, "title": "Runbook", "icon": "alert", "type": "runbook"})
    return links


def _spelled(kind: str, name: str, by: str) -> str:
    """A reference in one of the three spellings that the format allows: which one depends on who writes it."""
    return (name, f"{kind}:{name}", f"{kind}:default/{name}")[number(3, "spelling", by)]


def _entity(
    kind: str,
    name: str,
    text: str,
    spec: Descriptor,
    *,
    title: str = "",
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    tags: Sequence[str] = (),
    links: Sequence[dict[str, str]] = (),
) -> Descriptor:
    metadata: Descriptor = {"name": name}
    optional = {"title": title, "description": text, "labels": labels, "annotations": annotations}
    metadata |= {key: value for key, value in optional.items() if value}
    if tags:
        metadata["tags"] = list(tags)
    if links:
        metadata["links"] = list(links)
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}
