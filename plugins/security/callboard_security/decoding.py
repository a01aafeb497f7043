"""Careful decoding: every entry of a document alone, so that a bad one becomes a Problem and costs only itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from callboard_sdk import Problem, Severity

T = TypeVar("T")
Raws = Sequence[msgspec.Raw] | None

MAX_PROBLEMS = 20
MAX_TEXT = 2_000
_EARLIEST_YEAR = 1970
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Notes:
    """Collects the problems of one document while it is read, at most 20, and enforces the limit on entries."""

    def __init__(self, file: str, content: bytes, limit: int) -> None:
        self.file = file
        self.content = content
        self.limit = limit
        self.problems: list[Problem] = []
        self.left_out = 0

    def add(
        self,
        rule: str,
        message: str,
        remedy: str,
        *,
        line: int | None = None,
        severity: Severity = Severity.MEDIUM,
    ) -> None:
        """One problem; those beyond the limit are counted."""
        if len(self.problems) >= MAX_PROBLEMS - 1:
            self.left_out += 1
            return
        self.problems.append(
            Problem(
                rule=f"security.{rule}",
                message=message,
                severity=severity,
                remedy=remedy,
                file=self.file,
                line=line,
            )
        )

    def all(self) -> tuple[Problem, ...]:
        """The problems found, the last one saying how many more there are."""
        if self.left_out:
            more = f"{self.left_out} more problems in this document"
            self.problems.append(
                Problem(
                    rule="security.more-problems",
                    message=more,
                    severity=Severity.INFO,
                    remedy="Mend those shown first.",
                    file=self.file,
                )
            )
            self.left_out = 0
        return tuple(self.problems)

    def entries(self, raws: Raws, kind: type[T], what: str) -> Iterator[T]:
        """Each entry decoded as `kind`; one that doesn't fit is a Problem with its line. Null is an empty list."""
        for index, raw in enumerate(raws or ()):
            if index >= self.limit:
                self.add(
                    "too-many",
                    f"{len(raws or ()) - index} of the document's {what} are left out: it has more than {self.limit}",
                    "Split the report, or raise `max_findings`.",
                )
                return
            try:
                yield msgspec.json.decode(raw, type=kind, strict=False)
            except msgspec.MsgspecError as error:
                self.add(
                    "bad-entry",
                    f"{what}[{index}] is left out: {clip(str(error), 200)}",
                    "Write the report again with the scanner's own output option.",
                    line=self._line(raw),
                )

    def _line(self, raw: msgspec.Raw) -> int | None:
        start = self.content.find(bytes(raw))
        return position(self.content, start)[0] if start >= 0 else None


def position(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column, both counted from 1, of a byte offset."""
    before = content[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1


def clip(text: str | None, limit: int = MAX_TEXT) -> str | None:
    """The text trimmed to `limit` characters, None for an empty one; control characters other than newline and tab go."""
    if not text:
        return None
    cleaned = _CONTROL.sub("", text[: limit + 1]).strip()
    return (cleaned if len(text) <= limit else cleaned[: limit - 1] + "…") or None


def moment(text: str | None) -> datetime | None:
    """A time in UTC from RFC 3339 text; None when there is none, it can't be read, or it is a language's zero time."""
    try:
        found = datetime.fromisoformat(text) if text else None
        if found is None or found.year < _EARLIEST_YEAR:
            return None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def web_url(text: str | None) -> str | None:
    """The text where it is an http(s) address that a page can link to; None for anything else."""
    found = clip(text)
    return found if found and found.startswith(("https://", "http://")) and " " not in found else None


_SEVERITIES = {severity.value: severity for severity in Severity} | {
    "NONE": Severity.INFO,
    "NEGLIGIBLE": Severity.LOW,
    "MODERATE": Severity.MEDIUM,
    "IMPORTANT": Severity.HIGH,
}
_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


def severity_of(word: str | None) -> Severity:
    """The severity a scanner's word stands for; UNKNOWN for any other word."""
    return _SEVERITIES.get((word or "").strip().upper(), Severity.UNKNOWN)


def severity_of_score(score: float) -> Severity:
    """The severity of a CVSS score (CVSS v3.1 specification, section 5: qualitative severity rating scale)."""
    for least, severity in (
        (9.0, Severity.CRITICAL),
        (7.0, Severity.HIGH),
        (4.0, Severity.MEDIUM),
        (0.1, Severity.LOW),
    ):
        if score >= least:
            return severity
    return Severity.INFO


def rank(severity: Severity) -> int:
    """0 for the worst; UNKNOWN ranks last."""
    return _ORDER[severity]


def worst(*severities: Severity) -> Severity:
    """The worst of these; UNKNOWN when there is none, or none is known."""
    return min(severities, key=rank, default=Severity.UNKNOWN)
