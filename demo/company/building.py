"""Draws the components of each system: what they are, where they run, how they fare, and what they lean on."""

from __future__ import annotations

from random import Random
from typing import TypeVar

from demo.company.dice import Dice
from demo.company.model import Api, Component, Fate, Founding, Placement, Resource, System, Trend
from demo.company.parts import AGENT, API, PARTS, Part

T = TypeVar("T")
_TIERS = (("critical", 15), ("important", 35), ("ordinary", 50))
_LIFECYCLES = (("production", 82), ("experimental", 11), ("deprecated", 7))
_FATES = (
    (Fate.HEALTHY, 880),
    (Fate.RESTARTED, 40),
    (Fate.CRASH_LOOP, 25),
    (Fate.OUT_OF_MEMORY, 15),
    (Fate.IMAGE_MISSING, 12),
    (Fate.CONFIG_MISSING, 8),
    (Fate.UNSCHEDULABLE, 12),
    (Fate.EVICTED, 8),
)
_TRENDS = ((Trend.STEADY, 90), (Trend.RISING, 3), (Trend.FALLING, 7))
_TAGS = ("customer-facing", "internal", "night-critical", "pii", "seasonal", "batch", "realtime", "partner")
_SCANNED_SHARE = 400 / 800


def build_components(
    systems: tuple[System, ...],
    apis: tuple[Api, ...],
    resources: tuple[Resource, ...],
    teams: dict[str, tuple[str, ...]],
    founding: Founding,
    dice: Dice,
) -> tuple[Component, ...]:
    """The company's components, shared out evenly over `systems`; exactly `founding.components` of them."""
    yard = _Yard(apis, resources, teams, dice)
    shares = [founding.components // len(systems)] * len(systems)
    for index in range(founding.components % len(systems)):
        shares[index] += 1
    drafts = [
        (system, name, part, thing)
        for system, share in zip(systems, shares, strict=True)
        for name, part, thing in _parts(system, share, dice)
    ]
    rank = sorted(range(len(drafts)), key=lambda index: dice.of("scanned", drafts[index][1]).random())
    running = [index for index in rank if drafts[index][2].workload]
    scanned = frozenset(running[: max(3, round(founding.components * _SCANNED_SHARE))])
    rising = frozenset(running[-3:])
    return tuple(
        yard.build(system, name, part, thing, scanned=index in scanned, surely_rising=index in rising)
        for index, (system, name, part, thing) in enumerate(drafts)
    )


def _parts(system: System, share: int, dice: Dice) -> list[tuple[str, Part, str]]:
    """`share` parts of a system, with names that don't repeat."""
    throw = dice.of("parts", system.name)
    pool = [*PARTS, AGENT] if system.domain == "platform" else list(PARTS)
    throw.shuffle(pool)
    taken: dict[str, tuple[Part, str]] = {f"{system.name}-api": (API, system.things[0])}
    turns = 0
    while len(taken) < share:
        part, thing = pool[turns % len(pool)], throw.choice(system.things)
        name = f"{system.name}-{part.name.format(thing=thing)}"
        turns += 1
        if turns > 3 * len(pool):
            name = f"{name}-{turns}"
        taken.setdefault(name, (part, thing))
    return [(name, part, thing) for name, (part, thing) in list(taken.items())[:share]]


class _Yard:
    """What a component may be built from."""

    def __init__(
        self,
        apis: tuple[Api, ...],
        resources: tuple[Resource, ...],
        teams: dict[str, tuple[str, ...]],
        dice: Dice,
    ) -> None:
        self._apis = apis
        self._apis_of: dict[str, list[Api]] = {}
        for api in apis:
            self._apis_of.setdefault(api.system, []).append(api)
        self._resources_of: dict[str, list[Resource]] = {}
        for resource in resources:
            self._resources_of.setdefault(resource.system, []).append(resource)
        self._teams = teams
        self._dice = dice

    def build(self, system: System, name: str, part: Part, thing: str, *, scanned: bool, surely_rising: bool) -> Component:
        """The component that `part` becomes in `system`."""
        throw = self._dice.of("component", name)
        own_repository = throw.random() < 0.55
        lifecycle, trend = _one_of(throw, _LIFECYCLES), _one_of(throw, _TRENDS)
        if surely_rising:
            lifecycle, trend = "production", Trend.RISING
        provides = self._provides(system, part)
        return Component(
            name=name,
            system=system.name,
            domain=system.domain,
            owner=system.owner if throw.random() < 0.85 else throw.choice(self._teams[system.domain]),
            title=f"{system.title} {part.name.format(thing=thing).replace('-', ' ')}",
            text=part.text.format(thing=thing),
            type=part.type,
            lifecycle=lifecycle,
            language=throw.choice(part.languages),
            tags=tuple(sorted(throw.sample(_TAGS, throw.randint(0, 3)))),
            repository=name if own_repository else system.name,
            builds=throw.random() < 0.9,
            workload=part.workload,
            by_selector=throw.random() < 0.2,
            placements=_placements(throw, part, lifecycle),
            provides=provides,
            consumes=self._consumes(throw, system, part, provides),
            depends_on=self._depends_on(throw, system, part),
            tier=_one_of(throw, _TIERS),
            trend=trend,
            scanned=scanned,
        )

    def _provides(self, system: System, part: Part) -> tuple[str, ...]:
        if part is not API:
            return ()
        return tuple(api.name for api in self._apis_of[system.name])

    def _consumes(self, throw: Random, system: System, part: Part, own: tuple[str, ...]) -> tuple[str, ...]:
        if not part.workload:
            return ()
        near = [api.name for api in self._apis_of[system.name]]
        far = [api.name for api in self._apis if api.system != system.name]
        chosen = throw.sample(near, min(len(near), 1)) + throw.sample(far, min(len(far), throw.randint(0, 2)))
        return tuple(sorted(set(chosen) - set(own)))

    def _depends_on(self, throw: Random, system: System, part: Part) -> tuple[str, ...]:
        if not part.workload or part.type == "website":
            return ()
        near = self._resources_of.get(system.name, [])
        chosen = throw.sample(near, min(len(near), throw.randint(0, 2)))
        needed = [f"resource:{one.name}" for one in chosen]
        if part is not API and throw.random() < 0.3:
            needed.append(f"component:{system.name}-api")
        return tuple(sorted(needed))


def _placements(throw: Random, part: Part, lifecycle: str) -> tuple[Placement, ...]:
    if not part.workload:
        return ()
    clusters = (
        ("staging",)
        if lifecycle == "experimental"
        else throw.choices(
            (("prod-eu", "prod-us", "staging"), ("prod-eu", "staging"), ("prod-us",)),
            (60, 30, 10),
        )[0]
    )
    return tuple(
        Placement(
            cluster=cluster,
            replicas=1 if cluster == "staging" else part.weight + throw.choice((0, 0, 0, 1)),
            fate=_one_of(throw, _FATES),
        )
        for cluster in clusters
    )


def _one_of(throw: Random, choices: tuple[tuple[T, int], ...]) -> T:
    return throw.choices([value for value, _ in choices], [weight for _, weight in choices])[0]
