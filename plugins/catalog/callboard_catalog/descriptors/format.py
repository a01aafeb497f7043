"""The descriptor format: what a document must be to become an entity, and what is left out of it otherwise.

A document without a usable apiVersion, kind or name is no entity. A broken label, tag, link or spec field costs only itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from callboard_sdk import EntityRef, Problem
from callboard_sdk.yaml import Path

from .descriptor import Descriptor, Place
from .references import references
from .spelling import kind_meant, versions_meant

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")
_DNS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_TAG = re.compile(r"[a-z0-9:+#]+(?:-[a-z0-9:+#]+)*")
_VERSION = re.compile(r"[A-Za-z0-9]+")
_LONGEST = 63
_LONGEST_DOMAIN = 253
_SCRIPTS = ("javascript", "data", "vbscript", "blob", "file")

_REQUIRED = {
    "component": ("type", "lifecycle", "owner"),
    "api": ("type", "lifecycle", "owner", "definition"),
    "resource": ("type", "owner"),
    "system": ("owner",),
    "domain": ("owner",),
    "group": ("type", "children"),
    "user": ("memberOf",),
    "template": ("type", "steps"),
    "location": (),
}
_FORMS: Mapping[str, tuple[type, str]] = {
    "type": (str, "text"),
    "lifecycle": (str, "text"),
    "definition": (str, "text"),
    "steps": (list, "a list"),
    "profile": (dict, "a mapping"),
}


def read_descriptor(
    value: Mapping[str, Any], place: Place, unfilled: Collection[Path] = (), kinds: Collection[str] = ()
) -> tuple[Descriptor | None, list[Problem]]:
    """The document's descriptor, and what is wrong with it; no descriptor when it can't be one.

    At the paths in `unfilled` stands null for what was there and could not be filled in. `kinds` are known beside
    those of the catalog.
    """
    head = _Head(value, place)
    if head.problems:
        return None, head.problems
    metadata = value["metadata"]
    namespace = metadata.get("namespace") or "default"
    body = _Body(place, EntityRef(value["kind"], namespace, metadata["name"]), unfilled)
    body.spelling(value, kinds)
    descriptor = body.descriptor(value, namespace)
    declared, wrong = references(descriptor)
    return replace(descriptor, references=declared), [*body.problems, *wrong]


class _Head:
    """The parts without which there is no entity; all that is wrong with them at once."""

    def __init__(self, value: Mapping[str, Any], place: Place) -> None:
        self.place = place
        self.problems: list[Problem] = []
        if not value.keys() & {"apiVersion", "kind", "metadata"}:
            text = "the document has neither apiVersion nor kind nor metadata, so it is no entity"
            self._wrong("not-an-entity", text, "Write them, or name only descriptors in the source's paths.")
            return
        self._version(value.get("apiVersion"))
        self._kind(value.get("kind"))
        metadata = value.get("metadata")
        if not isinstance(metadata, dict):
            reason = "is missing" if metadata is None else "is no mapping"
            self._wrong("metadata", f"metadata {reason}", "Write metadata with at least a name.", "metadata")
            return
        self._name(metadata.get("name"))
        if metadata.get("namespace") is not None:
            self._namespace(metadata["namespace"])

    def _wrong(self, rule: str, message: str, remedy: str, *path: str) -> None:
        self.problems.append(self.place.problem(rule, message, remedy, path=path))

    def _version(self, value: Any) -> None:
        if (reason := _why_no_version(value)) is not None:
            self._wrong("api-version", f"apiVersion {reason}", "Write apiVersion: backstage.io/v1alpha1.", "apiVersion")

    def _kind(self, value: Any) -> None:
        form = "letters and digits, a letter first"
        if (reason := _why_not(value, _KIND, form)) is not None:
            self._wrong("kind", f"kind {reason}", "Write a kind such as Component.", "kind")

    def _name(self, value: Any) -> None:
        form = "letters and digits, and - _ . between them"
        if (reason := _why_not(value, _NAME, form)) is not None:
            self._wrong("name", f"metadata.name {reason}", "Name it like web-shop; `title` takes any text.", "metadata", "name")

    def _namespace(self, value: Any) -> None:
        form = "letters and digits, and - between them"
        if (reason := _why_not(value, _DNS, form)) is not None:
            remedy = "Name it like payments, or leave it out for default."
            self._wrong("namespace", f"metadata.namespace {reason}", remedy, "metadata", "namespace")


class _Body:
    """The rest of a document; what is broken is left out, with a problem."""

    def __init__(self, place: Place, ref: EntityRef, unfilled: Collection[Path]) -> None:
        self.place = place
        self.ref = ref
        self.unfilled = unfilled
        self.problems: list[Problem] = []

    def descriptor(self, value: Mapping[str, Any], namespace: str) -> Descriptor:
        metadata = value["metadata"]
        return Descriptor(
            ref=self.ref,
            api_version=value["apiVersion"],
            kind=value["kind"],
            namespace=namespace,
            name=metadata["name"],
            title=self.text(metadata, "title"),
            description=self.text(metadata, "description"),
            labels=self.labels(metadata),
            annotations=self.annotations(metadata),
            tags=self.tags(metadata),
            links=self.links(metadata),
            spec=self.spec(value),
            place=self.place,
            line=self.place.document.mark.line if self.place.document else None,
        )

    def spelling(self, value: Mapping[str, Any], kinds: Collection[str]) -> None:
        if (meant := kind_meant(value["kind"], kinds)) is not None:
            text = f"kind is {value['kind']!r}, which is nearly {meant}, and is taken as it is written"
            self.note("kind-spelling", text, f"Did you mean {meant}?", "kind")
        if versions := versions_meant(value["apiVersion"]):
            text = f"apiVersion is {value['apiVersion'][:80]!r}, a version that is not known"
            self.note("version", text, f"Did you mean {' or '.join(versions)}?", "apiVersion")

    def note(self, rule: str, message: str, remedy: str, *path: str | int) -> None:
        self.problems.append(self.place.problem(rule, message, remedy, path=path, entity=self.ref))

    def text(self, metadata: Mapping[str, Any], key: str) -> str | None:
        found = metadata.get(key)
        if found is not None and not isinstance(found, str):
            self.note(key, f"metadata.{key} is {shape(found)}, not text", "Put it in quotes.", "metadata", key)
            return None
        return found or None

    def labels(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        kept = {}
        for key, found in self.entries(metadata, "labels").items():
            form = "letters and digits, and - _ . between them, or nothing"
            if found and (reason := _why_not(found, _NAME, form)) is not None:
                remedy = "Shorten it, or make it an annotation, whose values are any text."
                self.note("labels", f"the value of label {key} {reason}", remedy, "metadata", "labels", key)
            else:
                kept[key] = found
        return kept

    def annotations(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        return self.entries(metadata, "annotations")

    def entries(self, metadata: Mapping[str, Any], where: str) -> dict[str, str]:
        raw = self.collection(metadata, where, dict, "key: value lines")
        kept: dict[str, str] = {}
        for key, found in raw.items():
            place = ("metadata", where, key)
            if (reason := _why_no_key(key)) is not None:
                self.note(where, f"the key {key[:80]!r} {reason}", "Write it as [domain/]name, like example.com/team.", *place)
            elif not isinstance(found, str):
                self.note(where, f"the value of {key} is {shape(found)}, not text", "Put it in quotes.", *place)
            else:
                kept[key] = found
        return kept

    def tags(self, metadata: Mapping[str, Any]) -> tuple[str, ...]:
        kept: list[str] = []
        form = "lower-case letters, digits and + # :, and single - between them"
        for index, tag in enumerate(self.collection(metadata, "tags", list, "- tag lines")):
            if (reason := _why_not(tag, _TAG, form)) is None:
                kept.append(tag)
            else:
                self.note("tags", f"the tag {reason}", "Write it like java or web-shop.", "metadata", "tags", index)
        return tuple(kept)

    def links(self, metadata: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
        kept: list[Mapping[str, str]] = []
        for index, link in enumerate(self.collection(metadata, "links", list, "- url: entries")):
            place = ("metadata", "links", index)
            if not isinstance(link, dict):
                self.note("links", f"the link is {shape(link)}, not a mapping", "Write - url: https://example.com.", *place)
            elif (reason := _why_no_url(link.get("url"))) is not None:
                self.note("links", f"the link's url {reason}", "Write a whole address, like https://example.com.", *place)
            else:
                kept.append({"url": link["url"], **self.words_of(link, place)})
        return tuple(kept)

    def words_of(self, link: Mapping[str, Any], place: tuple[str | int, ...]) -> dict[str, str]:
        kept = {}
        for key in ("title", "icon", "type"):
            found = link.get(key)
            if isinstance(found, str):
                kept[key] = found
            elif found is not None:
                self.note("links", f"the link's {key} is {shape(found)}, not text", "Put it in quotes.", *place, key)
        return kept

    def collection(self, metadata: Mapping[str, Any], where: str, form: type, how: str) -> Any:
        raw = metadata.get(where)
        if raw is None or isinstance(raw, form):
            return raw or form()
        self.note(where, f"metadata.{where} is {shape(raw)}, not {_ARTICLES[form]}", f"Write {how} below it.", "metadata", where)
        return form()

    def spec(self, value: Mapping[str, Any]) -> dict[str, Any]:
        spec = value.get("spec")
        if spec is not None and not isinstance(spec, dict):
            self.note("spec", f"spec is {shape(spec)}, not a mapping", "Write the kind's fields below it.", "spec")
        spec = dict(spec) if isinstance(spec, dict) else {}
        required = _REQUIRED.get(self.ref.kind)
        if required is None:
            return spec
        for name in required:
            if spec.get(name) in (None, "") and ("spec", name) not in self.unfilled:
                self.note("required", f"spec.{name} is missing", f"Write it: every {value['kind']} has it.", "spec", name)
        for name, (form, called) in _FORMS.items():
            found = spec.get(name)
            if found is not None and not isinstance(found, form):
                self.note("spec", f"spec.{name} is {shape(found)}, not {called}", f"Write it as {called}.", "spec", name)
                del spec[name]
        return spec


_ARTICLES: Mapping[type, str] = {dict: "a mapping", list: "a list"}


def shape(value: Any) -> str:
    """What the value is, in words for a message."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else _ARTICLES[type(value)]


def _why_not(value: Any, form: re.Pattern[str], words: str) -> str | None:
    """Why the value is no name of this form, to follow what it is called; None when it is one."""
    if value is None:
        return "is missing"
    if not isinstance(value, str):
        return f"is {shape(value)}, not text: put it in quotes"
    if not form.fullmatch(value):
        return f"is {value[:80]!r}: only {words}"
    return f"has {len(value)} characters, at most {_LONGEST} are allowed" if len(value) > _LONGEST else None


def _why_no_version(value: Any) -> str | None:
    if not isinstance(value, str):
        return _why_not(value, _VERSION, "")
    domain, slash, version = value.rpartition("/")
    reason = _why_no_domain(domain) if slash else None
    return reason or _why_not(version, _VERSION, "a version of letters and digits, after a domain and /")


def _why_no_key(key: str) -> str | None:
    domain, slash, name = key.rpartition("/")
    reason = _why_no_domain(domain) if slash else None
    return reason or _why_not(name, _NAME, "letters and digits, and - _ . between them, after a domain and /")


def _why_no_domain(domain: str) -> str | None:
    parts = domain.split(".")
    if all(_DNS.fullmatch(part) and len(part) <= _LONGEST for part in parts) and len(domain) <= _LONGEST_DOMAIN:
        return None
    return f"has {domain[:80]!r} before the /, which is no domain"


def _why_no_url(value: Any) -> str | None:
    if not isinstance(value, str):
        return _why_not(value, _NAME, "")
    try:
        parts = urlsplit(value)
    except ValueError:
        return f"{value[:80]!r} is no URL"
    if not parts.scheme or not (parts.netloc or parts.path) or re.search(r"[\x00-\x20\x7f]", value):
        return f"{value[:80]!r} is no whole URL"
    return f"begins with {parts.scheme}:, which a page must not open" if parts.scheme in _SCRIPTS else None
