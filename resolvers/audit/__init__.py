"""The audit: what was changed, granted and denied, in records that are added, chained by hashes, and never changed."""

from .denials import Denials
from .record import Entry, Head, Record
from .retention import Retention
from .store import AuditStore, Wanted
from .verify import Verdict, verify

__all__ = ["AuditStore", "Denials", "Entry", "Head", "Record", "Retention", "Verdict", "Wanted", "verify"]
