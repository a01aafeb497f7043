"""Draws the company from its founding: departments, people, systems, and everything that hangs on them."""

from __future__ import annotations

import unicodedata

from demo.company.building import build_components
from demo.company.business import DOMAINS, MAIL, ORGANISATION, DomainIdea, SystemIdea
from demo.company.dice import Dice
from demo.company.model import Api, Company, Founding, Group, Person, Resource, System
from demo.company.names import FIRST, LAST, POSTS

_FULL_SIZE = 800
_FULL_PEOPLE = 500
_APIS_PER_SYSTEM = 2.5
_RESOURCES_PER_SYSTEM = 1.9


def found(founding: Founding) -> Company:
    """The company that follows from `founding`.

    At 800 components: 12 domains, 60 teams, 500 people, 80 systems, 200 APIs, 152 resources.
    A smaller company has proportionally fewer of all of them, at least one domain of one team.
    """
    dice = Dice(founding.seed)
    domains = _share(DOMAINS, founding, at_least=2)
    teams = {domain.name: domain.teams for domain in domains}
    systems = _systems(domains, founding, dice)
    apis = _apis(systems, dice)
    resources = _resources(systems, dice)
    return Company(
        founding=founding,
        domains=tuple(domain.name for domain in domains),
        groups=_groups(domains),
        people=_people([team for names in teams.values() for team in names], founding, dice),
        systems=systems,
        components=build_components(systems, apis, resources, teams, founding, dice),
        apis=apis,
        resources=resources,
    )


def _share(domains: tuple[DomainIdea, ...], founding: Founding, at_least: int) -> tuple[DomainIdea, ...]:
    return domains[: max(at_least, _scaled(len(domains), founding))]


def _scaled(full: float, founding: Founding) -> int:
    return max(1, round(full * min(founding.components, _FULL_SIZE) / _FULL_SIZE))


def _groups(domains: tuple[DomainIdea, ...]) -> tuple[Group, ...]:
    groups = [Group(ORGANISATION, "organization", "Proscenia", "Theatres, tours and streams.", None)]
    for domain in domains:
        department = f"{domain.name}-department"
        groups.append(Group(department, "department", f"{domain.title} department", domain.text, ORGANISATION))
        for team in domain.teams:
            text = f"Part of the {domain.title.lower()} department."
            groups.append(Group(team, "team", _title(team), text, department))
    return tuple(groups)


def _people(teams: list[str], founding: Founding, dice: Dice) -> tuple[Person, ...]:
    """People by the hundred, none alike; every team gets its first member before any gets a second."""
    throw = dice.of("people")
    names = [(first, last) for first in FIRST for last in LAST]
    chosen = throw.sample(names, max(len(teams), _scaled(_FULL_PEOPLE, founding)))
    people = []
    for place, (first, last) in enumerate(chosen):
        login = _plain(f"{first}.{last}")
        also = (throw.choice(teams),) if throw.random() < 0.08 else ()
        memberships = tuple(dict.fromkeys((teams[place % len(teams)], *also)))
        people.append(Person(login, f"{first} {last}", f"{login}@{MAIL}", throw.choice(POSTS), memberships))
    return tuple(people)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower().replace("ø", "o"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _systems(domains: tuple[DomainIdea, ...], founding: Founding, dice: Dice) -> tuple[System, ...]:
    """Systems in turn from each domain, so that a small company is a little of everything."""
    wanted = max(len(domains), _scaled(sum(len(domain.systems) for domain in DOMAINS), founding))
    rounds = max(len(domain.systems) for domain in domains)
    ideas = [(domain, domain.systems[place]) for place in range(rounds) for domain in domains if place < len(domain.systems)]
    return tuple(_system(domain, idea, dice) for domain, idea in ideas[:wanted])


def _system(domain: DomainIdea, idea: SystemIdea, dice: Dice) -> System:
    throw = dice.of("system", idea.name)
    return System(
        name=idea.name,
        domain=domain.name,
        title=_title(idea.name),
        text=idea.text,
        owner=idea.name if idea.name in domain.teams else throw.choice(domain.teams),
        things=idea.things,
        own_account=domain.systems.index(idea) == 0,
    )


def _apis(systems: tuple[System, ...], dice: Dice) -> tuple[Api, ...]:
    """One OpenAPI for each system; events, graphs and remote calls for those that the throw chooses."""
    extra = [(system, kind) for system in systems for kind in ("asyncapi", "grpc", "graphql")]
    wanted = round(_APIS_PER_SYSTEM * len(systems)) - len(systems)
    weights = {"asyncapi": 3.0, "grpc": 2.0, "graphql": 1.0}
    extra.sort(key=lambda pair: dice.of("api", pair[0].name, pair[1]).random() / weights[pair[1]])
    chosen = {(system.name, kind) for system, kind in extra[:wanted]}
    kinds = ("openapi", "asyncapi", "grpc", "graphql")
    return tuple(
        _api(system, kind, dice) for system in systems for kind in kinds if kind == "openapi" or (system.name, kind) in chosen
    )


def _api(system: System, kind: str, dice: Dice) -> Api:
    throw = dice.of("api", system.name, kind, "about")
    suffix = {"openapi": "api", "asyncapi": "events", "grpc": "calls", "graphql": "graph"}[kind]
    verb = {"openapi": "Read and change", "asyncapi": "Hear about", "grpc": "Call for", "graphql": "Query"}[kind]
    thing = throw.choice(system.things)
    return Api(
        name=f"{system.name}-{suffix}",
        type=kind,
        title=f"{system.title} {suffix}",
        text=f"{verb} every {thing} of {system.title.lower()}.",
        system=system.name,
        owner=system.owner,
        thing=thing,
        lifecycle=throw.choices(("production", "experimental", "deprecated"), (85, 10, 5))[0],
    )


def _resources(systems: tuple[System, ...], dice: Dice) -> tuple[Resource, ...]:
    kinds = (("db", "database"), ("bucket", "object-store"), ("queue", "message-queue"), ("cache", "cache"))
    places = [(system, *kind) for system in systems for kind in kinds]
    places.sort(key=lambda place: dice.of("resource", place[0].name, place[1]).random() - (place[1] == "db"))
    chosen = places[: round(_RESOURCES_PER_SYSTEM * len(systems))]
    order = {system.name: index for index, system in enumerate(systems)}
    chosen.sort(key=lambda place: (order[place[0].name], place[1]))
    return tuple(
        Resource(
            name=f"{system.name}-{suffix}",
            type=type_,
            text=f"The {type_.replace('-', ' ')} behind {system.title.lower()}.",
            system=system.name,
            owner=system.owner,
        )
        for system, suffix, type_ in chosen
    )


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
