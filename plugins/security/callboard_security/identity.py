"""When two reports speak of the same thing: ids, packages and places in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from callboard_sdk import EntityRef, InvalidRef
from packageurl import PackageURL

from .model import FindingPackage

_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)
_GHSA = re.compile(r"GHSA(?:-[0-9a-z]{4}){3}", re.IGNORECASE)
_OTHER = re.compile(r"(?:PYSEC|GO|RUSTSEC|OSV|SNYK|MAL|GMS|NSWG|TEMP|BIT|HSEC|RSEC|CGA|JLSEC|PSF)-[\w.:-]+", re.IGNORECASE)
_TRIVY_RULE = re.compile(r"(?:AVD-)?([A-Z]{2,})-?0*(\d{1,6})")
_SYSTEM_TYPES = frozenset({"apk", "deb", "rpm", "alpm"})


def vulnerability_id(text: str) -> str:
    """The id in its usual spelling: CVE in capitals, GHSA in capitals with lower case letters after it."""
    text = text.strip()
    if _CVE.fullmatch(text):
        return text.upper()
    return "GHSA" + text[4:].lower() if _GHSA.fullmatch(text) else text


def vulnerability_prefix(text: str) -> str | None:
    """The vulnerability id that `text` is or starts with (some tools append a package); None when there is none."""
    found = _CVE.match(text) or _GHSA.match(text)
    if found and not text[found.end() : found.end() + 1].isalnum():
        return vulnerability_id(found[0])
    return text.strip() if _OTHER.fullmatch(text.strip()) else None


def alias_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts that name one vulnerability in another database.

    Ids of advisories (RHSA, DSA, USN ...) are left out: one of those covers several vulnerabilities, so two
    findings that share one need not be the same.
    """
    return tuple(sorted({found for text in texts if (found := vulnerability_prefix(text)) and found == vulnerability_id(text)}))


class Aliases:
    """Every name of each vulnerability, as all documents together tell.

    A vulnerability is known by its CVE where any document gives one, then by its GHSA, then by the first of its ids in
    order. An id that documents tie to two CVEs is left as it is, so that two vulnerabilities never become one.
    """

    def __init__(self, claims: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._names: dict[str, set[str]] = {}
        for identifier, aliases in claims:
            for alias in aliases:
                if alias != identifier:
                    self._names.setdefault(identifier, set()).add(alias)
                    self._names.setdefault(alias, set()).add(identifier)

    def canonical(self, identifier: str) -> str:
        """The preferred id of the vulnerability that `identifier` names."""
        if identifier.startswith("CVE-"):
            return identifier
        near = self._names.get(identifier, set())
        cves = {name for name in near if name.startswith("CVE-")}
        if not cves:
            cves = {name for middle in near for name in self._names[middle] if name.startswith("CVE-")}
        if len(cves) > 1:
            return identifier
        return min(cves or near | {identifier}, key=lambda name: (not name.startswith("GHSA-"), name))

    def __eq__(self, other: object) -> bool:
        """Whether all documents together tell the same."""
        return isinstance(other, Aliases) and self._names == other._names

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key

    def names(self, identifier: str) -> set[str]:
        """All names tied to `identifier`, itself left out."""
        return self._names.get(identifier, set()) - {identifier}


@lru_cache(maxsize=65_536)
def package_of(purl: str | None, name: str | None = None, version: str | None = None) -> FindingPackage | None:
    """A package from what a document gives, its purl in normal form (purl specification, per-type rules).

    A purl that can't be parsed is left out; without a purl the name is what is left. None when nothing names it.
    """
    parsed = _parsed(purl)
    if parsed is None:
        return FindingPackage(name=name, version=version or None) if name else None
    own = parsed.version
    epoch = parsed.qualifiers.get("epoch") if isinstance(parsed.qualifiers, dict) else None
    if own and epoch:
        own = f"{epoch}:{own}"
    return FindingPackage(name=name or _purl_name(parsed), version=version or own, purl=parsed.to_string())


@lru_cache(maxsize=65_536)
def _parsed(purl: str | None) -> PackageURL | None:
    if not purl or len(purl) > 2_000:
        return None
    try:
        return PackageURL.from_string(purl)
    except ValueError:
        return None


def _purl_name(purl: PackageURL) -> str:
    if not purl.namespace or purl.type in _SYSTEM_TYPES:
        return purl.name
    return f"{purl.namespace}{':' if purl.type == 'maven' else '/'}{purl.name}"


def package_key(package: FindingPackage | None) -> tuple[str, str]:
    """Name and version in a form equal for every spelling of one package.

    Case, `-_.` runs, and Maven's `:` do not tell packages apart, nor do a distribution's name or a leading `v`. Used
    only together with a vulnerability's id, where two packages that differ in no more than this don't occur.
    """
    if package is None:
        return "", ""
    parsed = _parsed(package.purl)
    return name_key(_purl_name(parsed) if parsed else package.name), version_key(package.version)


def name_key(name: str) -> str:
    """A package's name without case and punctuation that ecosystems ignore."""
    return re.sub(r"[-_.]+", "-", name.strip().replace(":", "/")).lower()


def version_key(version: str | None) -> str:
    """A version without a leading `v` (Go) or a zero epoch (Debian, RPM)."""
    return re.sub(r"^(?:0:|v(?=\d))", "", (version or "").strip())


def ecosystem(package: FindingPackage | None) -> str:
    """The purl's type, or an empty text where the package has no purl."""
    purl = package.purl if package else None
    return purl.partition(":")[2].partition("/")[0] if purl else ""


def rule_key(rule: str) -> str:
    """A rule's id in one spelling: Trivy has written one rule as `DS002`, `AVD-DS-0002` and `DS-0002`."""
    found = _TRIVY_RULE.fullmatch(rule.strip())
    return f"{found[1]}-{int(found[2]):04}" if found else rule.strip()


def file_key(file: str | None) -> str:
    """A file's path as relative as its spelling allows."""
    return re.sub(r"^(?:file:/*|(?:\./)+)", "", (file or "").replace("\\", "/"))


def read_key(key: str) -> tuple[str, EntityRef] | None:
    """A finding's own key and its entity, as its id says them; None for what no id of ours says."""
    own, _, ref = key.partition("@")
    try:
        return own, EntityRef.parse(ref)
    except InvalidRef:
        return None
