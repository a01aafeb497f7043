"""The sources and their files as the graph shows them."""

from __future__ import annotations

from itertools import islice

from .model import CostFile, CostSource
from .store import FileState, SourceState

MAX_PROBLEMS = 100
MAX_FILE_PROBLEMS = 20


def shown_source(source: SourceState) -> CostSource:
    """A source, its files counted."""
    readings = [file.reading for file in source.files if file.reading]
    problems = [*source.problems, *(problem for file in source.files for problem in file.problems)]
    return CostSource(
        name=source.name,
        file_count=len(source.files),
        row_count=sum(reading.rows for reading in readings),
        bad_row_count=sum(reading.bad_rows for reading in readings),
        stale=any(file.stale for file in source.files),
        problems=list(islice(problems, MAX_PROBLEMS)),
        problem_count=len(problems),
        checked_at=source.checked_at,
    )


def shown_file(file: FileState) -> CostFile:
    """A file, with what of it counts now."""
    reading = file.reading
    return CostFile(
        path=file.export.name,
        size=file.export.size,
        rows=reading.rows if reading else 0,
        bad_rows=reading.bad_rows if reading else 0,
        stale=file.stale,
        currencies=list(reading.currencies) if reading else [],
        problems=list(file.problems[:MAX_FILE_PROBLEMS]),
        from_=reading.first if reading else None,
        to=reading.last if reading else None,
        loaded_at=file.loaded_at,
    )
