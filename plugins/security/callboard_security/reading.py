"""From a file's bytes to what it says: the format is found from the content, and nothing a file holds can raise."""

from __future__ import annotations

import re

import msgspec
from callboard_sdk import Problem, Severity

from .cyclonedx import read_cyclonedx
from .decoding import Notes, position
from .model import SecurityFormat
from .reports import Content
from .sarif import read_sarif
from .settings import SecuritySettings
from .trivy import read_trivy

_BYTE = re.compile(r" \(byte (\d+)\)")
_BOM = b"\xef\xbb\xbf"


_ABSENT = msgspec.Raw(b"")


class _Probe(msgspec.Struct):
    """The keys that tell the formats apart; nothing below them is built."""

    bom_format: msgspec.Raw = msgspec.field(default=_ABSENT, name="bomFormat")
    runs: msgspec.Raw = _ABSENT
    version: msgspec.Raw = _ABSENT
    schema_version: msgspec.Raw = msgspec.field(default=_ABSENT, name="SchemaVersion")
    artifact_name: msgspec.Raw = msgspec.field(default=_ABSENT, name="ArtifactName")
    results: msgspec.Raw = msgspec.field(default=_ABSENT, name="Results")


def read_document(file: str, content: bytes, settings: SecuritySettings) -> tuple[Content | None, tuple[Problem, ...]]:
    """What a file says, and what is wrong with it. The content is None when the file says nothing readable.

    Never raises for anything a file may hold. No message quotes the file's text.
    """
    content = content.removeprefix(_BOM)
    notes = Notes(file, content, settings.max_findings)
    try:
        return _read(content, notes, settings), notes.all()
    except RecursionError:
        return None, _failed(
            notes,
            "too-deep",
            "it nests too deeply to be read",
            "A report nests a few dozen levels at most.",
            None,
        )
    except msgspec.ValidationError as error:
        where = str(error).partition(" - at ")[2] or "the top"
        return None, _failed(notes, "wrong-shape", f"its outermost shape is wrong at {where}", _AGAIN, 1)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return None, _broken(notes, error)


_AGAIN = "Write the report again with the scanner's own output option."


def _read(content: bytes, notes: Notes, settings: SecuritySettings) -> Content | None:
    probe = msgspec.json.decode(content, type=_Probe)
    found = _detect(probe)
    if found is SecurityFormat.TRIVY:
        return read_trivy(content, notes, licenses=settings.licenses)
    if found is SecurityFormat.SARIF:
        if bytes(probe.version) != b'"2.1.0"':
            notes.add(
                "sarif-version",
                "its SARIF version is not 2.1.0; it is read as if it were",
                "Write SARIF 2.1.0.",
                severity=Severity.LOW,
            )
        return read_sarif(content, notes)
    if found is SecurityFormat.CYCLONEDX:
        return read_cyclonedx(content, notes)
    notes.add(
        "unknown-format",
        "it is JSON, but no Trivy report, SARIF log or CycloneDX document",
        "Take the file out of the folder, or narrow the source's `include`.",
        line=1,
        severity=Severity.LOW,
    )
    return None


def _detect(probe: _Probe) -> SecurityFormat:
    if bytes(probe.bom_format) == b'"CycloneDX"':
        return SecurityFormat.CYCLONEDX
    if _given(probe.runs) and _given(probe.version):
        return SecurityFormat.SARIF
    if _given(probe.schema_version) and (_given(probe.results) or _given(probe.artifact_name)):
        return SecurityFormat.TRIVY
    return SecurityFormat.UNKNOWN


def _given(raw: msgspec.Raw) -> bool:
    return len(memoryview(raw)) > 0


def _broken(notes: Notes, error: Exception) -> tuple[Problem, ...]:
    """JSON that can't be parsed, with the place where the parser stopped."""
    text = str(error)
    byte = _BYTE.search(text)
    if "truncated" in text:
        message, line = (
            "it ends in the middle of its JSON",
            position(notes.content, len(notes.content.rstrip()))[0],
        )
    elif byte:
        line, column = position(notes.content, int(byte[1]))
        message = f"it is not JSON from line {line}, column {column} on"
    else:
        message, line = "it is not JSON in UTF-8", 1
    return _failed(
        notes,
        "not-json",
        message,
        "Let the scanner finish writing, then move the report into the folder.",
        line,
    )


def _failed(notes: Notes, rule: str, message: str, remedy: str, line: int | None) -> tuple[Problem, ...]:
    notes.add(rule, message, remedy, line=line, severity=Severity.HIGH)
    return notes.all()
