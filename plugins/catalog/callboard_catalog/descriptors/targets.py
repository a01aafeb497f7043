"""The files that a Location's targets name; targets are files and globs relative to the Location's own file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from callboard_sdk.yaml import Path as YamlPath

from .files import Files, split_glob

MAX_TARGETS = 1_000


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """A target that can't be followed. `folder` is what may hold its files still, where they may only be away for now."""

    rule: str
    message: str
    remedy: str
    path: YamlPath
    folder: PurePath | None = None


def found_targets(spec: Mapping[str, Any], folder: PurePath, files: Files) -> Iterator[PurePath | TargetProblem]:
    """The files that the spec of a Location in `folder` names, and a problem for each target that names none."""
    targets = list(_targets(spec))
    if len(targets) > MAX_TARGETS:
        remedy = "Use a glob, or several Locations."
        yield TargetProblem("target", f"a Location has more than {MAX_TARGETS} targets", remedy, ("spec", "targets"))
    for path, target in targets[:MAX_TARGETS]:
        yield from _followed(target, path, folder, files, optional=spec.get("presence") == "optional")


def _targets(spec: Mapping[str, Any]) -> Iterator[tuple[YamlPath, Any]]:
    if spec.get("target") is not None:
        yield ("spec", "target"), spec["target"]
    targets = spec.get("targets")
    if isinstance(targets, list):
        yield from ((("spec", "targets", index), target) for index, target in enumerate(targets))
    elif targets is not None:
        yield ("spec", "targets"), targets


def _followed(
    target: Any, path: YamlPath, folder: PurePath, files: Files, *, optional: bool
) -> Iterator[PurePath | TargetProblem]:
    if not isinstance(target, str) or not target.strip() or "\0" in target:
        yield TargetProblem("target", "a target is no path", "Write a path relative to this file, like ./teams.yaml.", path)
        return
    shown = repr(target[:120])
    if "://" in target:
        yield TargetProblem("remote-target", f"target {shown} is not read", "Only files are: add it as a source.", path)
        return
    base, pattern = split_glob(folder / target)
    if not files.inside(base):
        yield TargetProblem("outside-root", f"target {shown} leads outside the source's root", "Widen `root`, or move it.", path)
        return
    try:
        found = files.matching(base, pattern) if pattern else [base] if files.is_file(base) else []
    except ValueError as error:
        yield TargetProblem("target", f"target {shown} {error}", "Write a narrower glob.", path)
        return
    if not found and not optional:
        remedy = "Write the files below it, like ./*.yaml." if files.is_folder(base) and not pattern else "Mend the path."
        yield TargetProblem("missing-target", f"target {shown} names no file", remedy, path, base)
    yield from found
