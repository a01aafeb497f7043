"""Flaws that never were: made-up packages, and made-up advisories in a CVE year that is far away."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from demo.company.dice import hexes, number

ECOSYSTEMS = {"python": "pypi", "typescript": "npm", "go": "golang", "java": "maven"}
LOCK_FILES = {"pypi": "requirements.txt", "npm": "package-lock.json", "golang": "go.mod", "maven": "pom.xml"}
TRIVY_TYPES = {"pypi": "pip", "npm": "npm", "golang": "gomod", "maven": "pom"}
ADVISORY_SITE = "https://advisories.proscenia.example"

_FRONTS = [
    "amber",
    "brass",
    "candle",
    "drop",
    "ember",
    "fly",
    "gobo",
    "house",
    "iris",
    "lamp",
    "mask",
    "proscenium",
    "quill",
    "rope",
    "scrim",
    "trap",
]
_BACKS = [
    "cache",
    "client",
    "codec",
    "forms",
    "http",
    "json",
    "log",
    "mail",
    "parse",
    "queue",
    "route",
    "store",
    "text",
    "xml",
    "yaml",
    "zip",
]
_WEIGHTS = (("CRITICAL", 9.6, 8), ("HIGH", 7.9, 27), ("MEDIUM", 5.6, 45), ("LOW", 3.1, 20))
_FLAWS = (
    ("CWE-79", "script in shown text", "Text from outside reaches the page as it is."),
    ("CWE-89", "statement built from text", "A crafted value changes the statement that is run."),
    ("CWE-22", "path outside the folder", "A crafted name reads files next to the served folder."),
    ("CWE-400", "endless work", "A short input keeps one processor busy for minutes."),
    ("CWE-502", "object from outside", "Reading a crafted document runs what it names."),
    ("CWE-918", "request to the inside", "A crafted address makes the server ask its own network."),
    (
        "CWE-287",
        "missing check of the signature",
        "A token with an empty signature is taken for a valid one.",
    ),
    ("CWE-125", "read past the end", "A truncated frame shows bytes of other requests."),
)


@dataclass(frozen=True, slots=True)
class Package:
    """A library, at the version that a component uses."""

    name: str
    version: str
    ecosystem: str

    @property
    def purl(self) -> str:
        """The package URL (purl specification)."""
        return f"pkg:{self.ecosystem}/{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Advisory:
    """A published flaw of one package; `fixed` is empty while there is no better version."""

    id: str
    package: Package
    severity: str
    score: float
    vector: str
    cwe: str
    title: str
    text: str
    fixed: str
    published: str

    @property
    def url(self) -> str:
        """Where one would read more."""
        return f"{ADVISORY_SITE}/{self.id}"


@cache
def packages(ecosystem: str) -> tuple[Package, ...]:
    """The 48 packages of an ecosystem, always the same, whatever the seed."""
    names = [f"{front}{back}" for place, front in enumerate(_FRONTS) for back in _BACKS[place % 5 :: 5]]
    return tuple(Package(_full_name(name, ecosystem), _version(ecosystem, name), ecosystem) for name in names[:48])


@cache
def advisories(ecosystem: str) -> dict[str, tuple[Advisory, ...]]:
    """The advisories of an ecosystem by package name; about half of the packages have one or two."""
    found: dict[str, tuple[Advisory, ...]] = {}
    for place, package in enumerate(packages(ecosystem)):
        count = (0, 1, 0, 2)[number(4, "advisories", package.purl)]
        found[package.name] = tuple(_advisory(package, 2 * place + turn) for turn in range(count))
    return found


def _full_name(name: str, ecosystem: str) -> str:
    """A name as its ecosystem would write it: a Go module path, a Maven group and artifact, or just a name."""
    prefix = {"golang": "code.example/", "maven": "example.stage/"}.get(ecosystem, "")
    return prefix + name


def _version(ecosystem: str, name: str) -> str:
    major, minor, patch = (number(limit, part, ecosystem, name) for part, limit in (("a", 6), ("b", 20), ("c", 12)))
    return f"{'v' if ecosystem == 'golang' else ''}{major}.{minor}.{patch}"


def _advisory(package: Package, place: int) -> Advisory:
    key = f"{package.purl}#{place}"
    severity, score = _severity(number(100, "severity", key))
    cwe, title, text = _FLAWS[number(len(_FLAWS), "flaw", key)]
    block = list(ECOSYSTEMS.values()).index(package.ecosystem)
    major, minor, _ = package.version.rsplit(".", 2)
    month, day = number(12, "month", key) + 1, number(28, "day", key) + 1
    return Advisory(
        id=f"CVE-2099-{10000 + 1000 * block + place}",
        package=package,
        severity=severity,
        score=score,
        vector=f"CVSS:3.1/AV:N/AC:L/PR:{'N' if score > 7 else 'L'}/UI:N/S:U/C:{'H' if score > 5 else 'L'}/I:N/A:N",
        cwe=cwe,
        title=f"{package.name}: {title}",
        text=text,
        fixed="" if number(5, "fixed", key) == 0 else f"{major}.{int(minor) + 1}.0",
        published=f"2025-{month:02d}-{day:02d}T09:00:00Z",
    )


def _severity(roll: int) -> tuple[str, float]:
    for severity, score, weight in _WEIGHTS:
        if roll < weight:
            return severity, score
        roll -= weight
    raise AssertionError("the weights add up to 100")


def fingerprint(*parts: str) -> str:
    """A stable digest that marks one finding at one place."""
    return f"sha256:{hexes(64, *parts)}"
