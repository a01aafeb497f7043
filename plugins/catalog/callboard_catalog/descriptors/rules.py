"""Every rule that a Problem of the catalog can name: how bad breaking it is, and what breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from callboard_sdk import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `broken_by` completes the sentence "it is broken by ..."."""

    severity: Severity
    broken_by: str
    telling: bool = False
    """Whether a problem of it tells if another entity exists."""


RULES: Mapping[str, Rule] = {
    # the source's files
    "source": Rule(Severity.HIGH, "a path of the settings that names no file"),
    "unreadable": Rule(Severity.HIGH, "a file or folder that can't be read"),
    "encoding": Rule(Severity.HIGH, "a file that is not UTF-8"),
    "too-large": Rule(Severity.HIGH, "a file of more than `max_file_bytes`"),
    "too-many-files": Rule(Severity.HIGH, "a source with more than `max_files`"),
    "outside-root": Rule(Severity.HIGH, "a path, link or target that leaves the source's root"),
    # sources elsewhere
    "unanswered": Rule(Severity.HIGH, "something of a source that its system doesn't answer, or not to the end"),
    "incomplete": Rule(Severity.HIGH, "a list of a source that isn't whole, or changed while it was read"),
    "empty": Rule(Severity.HIGH, "a file or an address with nothing in it"),
    "missing": Rule(Severity.HIGH, "a file of a repository that is not there"),
    "account": Rule(Severity.MEDIUM, "an account whose name no entity can have, or that another account would have too"),
    # a document: without these it is no entity
    "yaml": Rule(Severity.HIGH, "a document that is not YAML, or no JSON in a file `*.json`, or that unfolds beyond the limits"),
    "not-an-entity": Rule(Severity.HIGH, "a document that is no mapping, or has nothing of an entity"),
    "api-version": Rule(Severity.HIGH, "a missing or malformed `apiVersion`"),
    "kind": Rule(Severity.HIGH, "a missing or malformed `kind`"),
    "metadata": Rule(Severity.HIGH, "missing `metadata`"),
    "name": Rule(Severity.HIGH, "a missing or malformed `metadata.name`"),
    "namespace": Rule(Severity.HIGH, "a malformed `metadata.namespace`"),
    "duplicate": Rule(Severity.HIGH, "a second document for the same entity; the first stands"),
    # what is nearly something that is known: the entity is what it says it is
    "kind-spelling": Rule(Severity.LOW, "a `kind` that is a known one in other case, or with a letter or two wrong"),
    "version": Rule(Severity.LOW, "an `apiVersion` of a known group in a version that it doesn't have"),
    # a part of a document: only that part is left out
    "duplicate-key": Rule(Severity.MEDIUM, "a key that stands twice; the last one counts"),
    "characters": Rule(Severity.MEDIUM, "a text with characters that can't be kept; they are replaced"),
    "number": Rule(Severity.MEDIUM, "a number that can't be kept exactly; it is read as text"),
    "placeholder": Rule(Severity.MEDIUM, "a `$text`, `$json` or `$yaml` that can't be filled in"),
    "title": Rule(Severity.MEDIUM, "a title that is no text"),
    "description": Rule(Severity.MEDIUM, "a description that is no text"),
    "labels": Rule(Severity.MEDIUM, "a malformed label"),
    "annotations": Rule(Severity.MEDIUM, "a malformed annotation"),
    "tags": Rule(Severity.MEDIUM, "a malformed tag"),
    "links": Rule(Severity.MEDIUM, "a malformed link"),
    "spec": Rule(Severity.MEDIUM, "a spec, or a field of it, that is not of the kind's form"),
    "required": Rule(Severity.MEDIUM, "a field of the spec that the kind needs and that is missing"),
    "reference": Rule(Severity.MEDIUM, "a reference that is none"),
    # what leads nowhere
    "dangling-reference": Rule(Severity.LOW, "a reference to an entity that no source has", telling=True),
    "missing-target": Rule(Severity.MEDIUM, "a target of a Location that names no file"),
    "target": Rule(Severity.MEDIUM, "a target of a Location that can't be followed"),
    "remote-target": Rule(Severity.INFO, "a target of a Location on another machine; only files are read"),
    "orphaned": Rule(Severity.LOW, "an entity whose source doesn't have it any more; it is shown until it is removed"),
    "removal-held": Rule(Severity.HIGH, "a source that lost more than `removal_share` of its entities at once"),
    "source-failed": Rule(Severity.HIGH, "a source that could not be read"),
    "kept": Rule(Severity.LOW, "an entity whose file can't be read to its end any more; it is shown as last read"),
}
TELLING = tuple(f"catalog.{name}" for name, rule in RULES.items() if rule.telling)
"""The rules whose problems only a viewer learns of who may see every entity."""
