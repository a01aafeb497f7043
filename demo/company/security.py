"""Writes the scanners' reports: for each scanned component a Trivy, a SARIF and two CycloneDX documents that overlap."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from demo.company import cyclonedx, sarif, trivy
from demo.company.advisories import ECOSYSTEMS, Advisory, Package, advisories, packages
from demo.company.dice import Dice
from demo.company.model import Company, Component

IMAGES = "images.proscenia.example"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What there is to find in one component: what it uses, and which scanner saw which flaw.

    `trivy_saw` and `sarif_saw` overlap by about half; `excused` are those of them that the owners
    answered in a VEX document, with the state they gave (CycloneDX impact analysis).
    """

    component: Component
    image: str
    scanned_at: dt.datetime
    packages: tuple[Package, ...]
    trivy_saw: tuple[Advisory, ...]
    sarif_saw: tuple[Advisory, ...]
    excused: tuple[tuple[Advisory, str], ...]
    code_flaws: tuple[tuple[str, int], ...]


def write_security(company: Company, folder: Path) -> int:
    """Write `<component>/{trivy.json,scan.sarif,bom.cdx.json,vex.cdx.json}`; returns the number of components.

    Every file is a whole document of its format: Trivy JSON schema version 2, SARIF 2.1.0, CycloneDX
    1.5. A component that nobody answered for has no VEX. Raises OSError where it can't write.
    """
    scanned = [component for component in company.components if component.scanned]
    for component in scanned:
        inspection = inspect(component, company)
        target = folder / component.name
        target.mkdir(parents=True, exist_ok=True)
        _write(target / "trivy.json", trivy.report(inspection))
        _write(target / "scan.sarif", sarif.log(inspection))
        _write(target / "bom.cdx.json", cyclonedx.bom(inspection))
        if inspection.excused:
            _write(target / "vex.cdx.json", cyclonedx.vex(inspection))
    return len(scanned)


def inspect(component: Component, company: Company) -> Inspection:
    """Draw what the scanners find in `component`."""
    throw = Dice(company.founding.seed).of("security", component.name)
    ecosystem = ECOSYSTEMS.get(component.language, "pypi")
    pool = packages(ecosystem)
    used = tuple(sorted(throw.sample(pool, throw.randint(8, 20)), key=lambda package: package.name))
    known = [flaw for package in used for flaw in advisories(ecosystem)[package.name] if throw.random() < 0.5]
    trivy_saw = tuple(flaw for flaw in known if throw.random() < 0.8)
    sarif_saw = tuple(flaw for flaw in known if flaw not in trivy_saw or throw.random() < 0.5)
    states = ("not_affected", "in_triage", "exploitable", "resolved", "false_positive")
    excused = tuple((flaw, throw.choices(states, (40, 25, 15, 10, 10))[0]) for flaw in known if throw.random() < 0.2)
    code_flaws = tuple((rule, throw.randint(12, 400)) for rule in sarif.RULES if throw.random() < 0.2)
    hours = throw.randint(2, 70)
    midnight = dt.datetime.combine(company.founding.as_of, dt.time(), dt.UTC)
    return Inspection(
        component=component,
        image=f"{IMAGES}/{component.system}/{component.name}:{version(component)}",
        scanned_at=midnight - dt.timedelta(hours=hours),
        packages=used,
        trivy_saw=trivy_saw,
        sarif_saw=sarif_saw,
        excused=excused,
        code_flaws=code_flaws,
    )


@cache
def version(component: Component) -> str:
    """The version of a component that runs everywhere now."""
    throw = Dice(0).of("version", component.name)
    return f"{throw.randint(0, 9)}.{throw.randint(0, 40)}.{throw.randint(0, 9)}"


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
