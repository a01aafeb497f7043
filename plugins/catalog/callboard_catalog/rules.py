"""The descriptor format's rules: what a document must be to become an entity, and what is dropped from it otherwise.

A document without a usable kind or name is no entity. A broken label, tag or link costs only itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from callboard_sdk import EntityRef, Problem, Severity

from .descriptor import Descriptor, Place

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_DNS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_TAG = re.compile(r"[a-z0-9:+#]+(?:-[a-z0-9:+#]+)*")
_VERSION = re.compile(r"(?:[a-z0-9.-]{1,253}/)?[a-zA-Z0-9]{1,63}")

_REQUIRED = {
    "component": ("type", "lifecycle", "owner"),
    "api": ("type", "lifecycle", "owner", "definition"),
    "resource": ("type", "owner"),
    "system": ("owner",),
    "domain": ("owner",),
    "group": ("type", "children"),
    "user": ("memberOf",),
    "template": ("type", "steps"),
}


def read_descriptor(value: Any, place: Place) -> tuple[Descriptor | None, list[Problem]]:
    """The document's descriptor, and what is wrong with it; no descriptor when it can't be one."""
    if not isinstance(value, dict):
        return None, [place.problem("not-an-entity", "the document is no mapping", "Write apiVersion, kind, metadata and spec.")]
    fatal = _fatal(value, place)
    if fatal:
        return None, fatal
    metadata = value["metadata"]
    namespace = metadata.get("namespace") or "default"
    ref = EntityRef(value["kind"], namespace, metadata["name"])
    return _Checked(place, ref).descriptor(value, namespace)


def _fatal(value: Mapping[str, Any], place: Place) -> list[Problem]:
    def wrong(rule: str, message: str, remedy: str, *path: str) -> Problem:
        return place.problem(rule, message, remedy, path=path, severity=Severity.HIGH)

    kind, metadata, version = value.get("kind"), value.get("metadata"), value.get("apiVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return [
            wrong("api-version", "apiVersion is missing or malformed", "Write apiVersion: backstage.io/v1alpha1.", "apiVersion")
        ]
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        return [wrong("kind", "kind is missing or malformed", "Write a kind such as Component, letters and digits only.", "kind")]
    if not isinstance(metadata, dict):
        return [wrong("metadata", "metadata is missing or no mapping", "Write metadata with at least a name.", "metadata")]
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        text = "1 to 63 letters, digits, and - _ . between them"
        return [wrong("name", f"metadata.name {_shown(name)} is no name", f"Use {text}.", "metadata", "name")]
    if namespace is not None and (not isinstance(namespace, str) or not _DNS.fullmatch(namespace.lower())):
        text = "1 to 63 letters, digits, and - between them"
        return [
            wrong("namespace", f"metadata.namespace {_shown(namespace)} is no namespace", f"Use {text}.", "metadata", "namespace")
        ]
    return []


def _shown(value: Any) -> str:
    return repr(value)[:80] if value is not None else "(missing)"


class _Checked:
    def __init__(self, place: Place, ref: EntityRef) -> None:
        self.place = place
        self.ref = ref
        self.problems: list[Problem] = []

    def descriptor(self, value: Mapping[str, Any], namespace: str) -> tuple[Descriptor, list[Problem]]:
        metadata = value["metadata"]
        spec = value.get("spec")
        if spec is not None and not isinstance(spec, dict):
            self.note("spec", "spec is no mapping", "Write spec as a mapping.", "spec")
        spec = spec if isinstance(spec, dict) else {}
        for name in _REQUIRED.get(self.ref.kind, ()):
            if spec.get(name) is None:
                self.note("required", f"spec.{name} is missing", f"A {value['kind']} needs spec.{name}.", "spec")
        found = Descriptor(
            ref=self.ref,
            kind=value["kind"],
            namespace=namespace,
            name=metadata["name"],
            title=self.text(metadata, "title"),
            description=self.text(metadata, "description"),
            labels=self.entries(metadata, "labels", strict=True),
            annotations=self.entries(metadata, "annotations", strict=False),
            tags=self.tags(metadata),
            links=self.links(metadata),
            spec=spec,
            place=self.place,
        )
        return found, self.problems

    def note(self, rule: str, message: str, remedy: str, *path: str | int) -> None:
        self.problems.append(self.place.problem(rule, message, remedy, path=path, entity=self.ref))

    def text(self, metadata: Mapping[str, Any], key: str) -> str | None:
        found = metadata.get(key)
        if found is not None and not isinstance(found, str):
            self.note(key, f"metadata.{key} is no text", "Put it in quotes.", "metadata", key)
            return None
        return found or None

    def entries(self, metadata: Mapping[str, Any], where: str, *, strict: bool) -> dict[str, str]:
        raw = metadata.get(where) or {}
        if not isinstance(raw, dict):
            self.note(where, f"metadata.{where} is no mapping", "Write key: value lines.", "metadata", where)
            return {}
        kept: dict[str, str] = {}
        for key, found in raw.items():
            if not _key(key):
                self.note(
                    where,
                    f"{key[:80]!r} is no key of {where}",
                    "Use [prefix/]name, as in example.com/team.",
                    "metadata",
                    where,
                    key,
                )
            elif not isinstance(found, str) or (strict and found and not _NAME.fullmatch(found)):
                self.note(
                    where,
                    f"the value of {key} is no {'label value' if strict else 'text'}",
                    "Put a text in quotes.",
                    "metadata",
                    where,
                    key,
                )
            else:
                kept[key] = found
        return kept

    def tags(self, metadata: Mapping[str, Any]) -> tuple[str, ...]:
        raw = metadata.get("tags") or []
        if not isinstance(raw, list):
            self.note("tags", "metadata.tags is no list", "Write - tag lines.", "metadata", "tags")
            return ()
        kept: list[str] = []
        for index, tag in enumerate(raw):
            if isinstance(tag, str) and len(tag) <= 63 and _TAG.fullmatch(tag):
                kept.append(tag)
            else:
                text = "lower-case letters, digits, + # :, and single - between them"
                self.note("tags", f"{_shown(tag)} is no tag", f"Use {text}.", "metadata", "tags", index)
        return tuple(kept)

    def links(self, metadata: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
        raw = metadata.get("links") or []
        if not isinstance(raw, list):
            self.note("links", "metadata.links is no list", "Write - url: ... entries.", "metadata", "links")
            return ()
        kept: list[Mapping[str, str]] = []
        for index, link in enumerate(raw):
            if isinstance(link, dict) and _is_url(link.get("url")):
                kept.append({k: v for k, v in link.items() if k in ("url", "title", "icon", "type") and isinstance(v, str)})
            else:
                self.note(
                    "links",
                    "a link has no usable url",
                    "Write an absolute URL such as https://example.com.",
                    "metadata",
                    "links",
                    index,
                )
        return tuple(kept)


def _key(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    prefix_ok = not slash or (len(prefix) <= 253 and all(_DNS.fullmatch(part) for part in prefix.lower().split(".")))
    return prefix_ok and bool(_NAME.fullmatch(name))


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https", "mailto") and bool(parts.netloc or parts.path)
