"""Writes the company's entity descriptors as files that a catalog reads from one root Location."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from demo.company import descriptors as write
from demo.company import extras
from demo.company.definitions import definition, suffix
from demo.company.descriptors import Descriptor
from demo.company.mistakes import FOLDER, Mistake, files, mistakes
from demo.company.model import Company, System
from demo.company.slips import slip, slipped, slips

_DUMPER: type[yaml.CSafeDumper | yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_DEFINITIONS_IN_FILES = 2


def write_catalog(company: Company, folder: Path) -> tuple[Mistake, ...]:
    """Write the catalog under `folder`, with its root at `catalog-info.yaml`; returns the deliberate mistakes.

    The layout is one folder a department under `org/`, one file a system under `domains/`; every
    file but the root is found through a Location's globs. Raises OSError where it can't write.
    """
    _write(folder / "catalog-info.yaml", [_root()])
    _write_organisation(company, folder / "org")
    _write_domains(company, folder / "domains")
    _write(folder / "templates" / "templates.yaml", extras.template_descriptors())
    _write(folder / "houses.yaml", extras.house_descriptors())
    return _write_mistakes(company, folder)


def _root() -> Descriptor:
    targets = (
        "./org/*.yaml",
        "./org/*/*.yaml",
        "./domains/*/location.yaml",
        "./templates/*.yaml",
        "./houses.yaml",
        "./mirrorball/location.yaml",
    )
    return write.location_descriptor("proscenia", "Everything that Proscenia runs.", targets)


def _write_organisation(company: Company, folder: Path) -> None:
    above = [group for group in company.groups if group.type != "team"]
    _write(folder / "departments.yaml", map(write.group_descriptor, above))
    for team in company.groups:
        if team.type == "team" and team.parent:
            people = [person for person in company.people if person.teams[0] == team.name]
            documents = [write.group_descriptor(team), *map(write.user_descriptor, people)]
            _write(folder / team.parent / f"{team.name}.yaml", documents)


def _write_domains(company: Company, folder: Path) -> None:
    for domain in company.domains:
        text = f"The systems of {domain}."
        location = write.location_descriptor(f"{domain}-systems", text, ["./*/catalog-info.yaml"])
        _write(folder / domain / "location.yaml", [location, write.domain_descriptor(domain)])
    for index, system in enumerate(company.systems):
        _write_system(company, system, folder / system.domain / system.name, index)


def _write_system(company: Company, system: System, folder: Path, index: int) -> None:
    """One file: the system, then what is in it. Every fourth system keeps API definitions in files of their own."""
    apis = [api for api in company.apis if api.system == system.name]
    in_files = set(apis[:_DEFINITIONS_IN_FILES]) if index % 4 == 0 else set()
    documents = [
        write.system_descriptor(system),
        *(
            slipped(write.component_descriptor(one), slip(one, company.founding.seed))
            for one in company.components
            if one.system == system.name
        ),
        *(write.api_descriptor(api, definition_file=f"{api.name}.{suffix(api)}" if api in in_files else None) for api in apis),
        *(write.resource_descriptor(one) for one in company.resources if one.system == system.name),
    ]
    _write(folder / "catalog-info.yaml", documents)
    for api in in_files:
        (folder / f"{api.name}.{suffix(api)}").write_text(definition(api), encoding="utf-8")


def _write_mistakes(company: Company, folder: Path) -> tuple[Mistake, ...]:
    repeated = company.components[-1].name
    team = next(group.name for group in company.groups if group.type == "team")
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    found = write.location_descriptor("mirrorball", "What Mirrorball Rentals brought along.", ["./catalog/*.yaml"])
    _write(target.parent / "location.yaml", [found])
    for name, text in files(repeated, team).items():
        (target / name).write_text(text, encoding="utf-8")
    return (*mistakes(repeated), *slips(company))


def _write(path: Path, documents: Iterable[Descriptor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump_all(
            documents,
            file,
            Dumper=_DUMPER,
            sort_keys=False,
            allow_unicode=True,
            explicit_start=True,
            width=100,
        )
