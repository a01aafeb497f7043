"""What else stands in the company's catalog: templates, and houses, a kind of the company's own."""

from __future__ import annotations

from typing import Any

from demo.company.business import MAIL

_HOUSES = (
    ("grand-orpheum", "Grand Orpheum", "Halden", 1840),
    ("lantern-house", "Lantern House", "Port Averill", 620),
    ("corn-exchange", "The Corn Exchange", "Wexcombe", 910),
    ("opera-on-the-quay", "Opera on the Quay", "Sandvik", 1410),
    ("studio-nine", "Studio Nine", "Halden", 180),
    ("winter-garden", "Winter Garden", "Lake Merrow", 1100),
    ("the-old-tram-shed", "The Old Tram Shed", "Brannock", 740),
    ("palace-of-mirrors", "Palace of Mirrors", "Valdoria", 2050),
)

_TEMPLATES = (
    ("http-service", "HTTP service", "service", "A service with health checks, a dashboard and a pipeline."),
    ("event-worker", "Event worker", "service", "A worker that listens to one topic of the event bus."),
    ("website", "Website", "website", "A page in the house style, served from the network edge."),
    ("nightly-job", "Nightly job", "job", "A job that runs after the last curtain."),
    ("shared-library", "Shared library", "library", "A library with a release pipeline."),
)


def house_descriptors() -> list[dict[str, Any]]:
    """The theatres: entities of the custom kind `House`, which no plugin need know."""
    return [
        {
            "apiVersion": f"{MAIL}/v1",
            "kind": "House",
            "metadata": {"name": name, "title": title, "description": f"{seats} seats in {town}."},
            "spec": {"owner": "group:default/venues-department", "town": town, "seats": seats},
        }
        for name, title, town, seats in _HOUSES
    ]


def template_descriptors() -> list[dict[str, Any]]:
    """Software templates with parameters and steps, owned by the first department there is."""
    return [
        {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": name, "title": title, "description": text, "tags": ["recommended", type_]},
            "spec": {
                "owner": "group:default/proscenia",
                "type": type_,
                "parameters": [
                    {
                        "title": "What is it called?",
                        "required": ["name", "owner"],
                        "properties": {
                            "name": {"type": "string", "title": "Name", "ui:autofocus": True},
                            "owner": {"type": "string", "title": "Owner", "ui:field": "OwnerPicker"},
                        },
                    }
                ],
                "steps": [
                    {
                        "id": "fetch",
                        "name": "Fetch the skeleton",
                        "action": "fetch:template",
                        "input": {"url": f"./{name}", "values": {"name": "${{ parameters.name }}"}},
                    },
                    {"id": "register", "name": "Register", "action": "catalog:register"},
                ],
                "output": {"links": [{"title": "Open", "entityRef": "${{ steps.register.output.entityRef }}"}]},
            },
        }
        for name, title, type_, text in _TEMPLATES
    ]
