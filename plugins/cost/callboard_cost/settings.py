"""What an operator says about cost: where the exports lie, which cost counts, and whose each charge is."""

from __future__ import annotations

from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from callboard_sdk import Settings
from pydantic import Field, field_validator, model_validator

from .patterns import Matches, Naming, PatternError

CostColumn = Literal["EffectiveCost", "BilledCost", "ContractedCost", "ListCost"]
RuleSource = Literal["tag", "sub_account", "resource", "service"]

_WILD = frozenset("*?[")
_Matches = dict[Annotated[str, Field(max_length=300)], Annotated[str, Field(max_length=300)]]


class SourceSettings(Settings):
    """One place with FOCUS 1.0 exports."""

    path: Path
    """A file, a folder, or a glob such as `exports/*/focus-*.parquet`. One that does not exist is a Problem in
    `costSources`, not a reason to stop."""

    name: str = Field(default="", max_length=100)
    """What to call the source in the graph; the last fixed part of its path unless given."""

    include: tuple[str, ...] = ("**/*.parquet", "**/*.csv", "**/*.csv.gz")
    """Which files of a folder are read, as globs relative to it."""

    @property
    def root(self) -> Path:
        """The folder outside of which nothing is read for this source."""
        fixed = Path(*self.path.parts[: self._fixed])
        return fixed.parent if self._fixed == len(self.path.parts) and fixed.is_file() else fixed

    @property
    def globs(self) -> tuple[str, ...]:
        """Which files below `root` are meant."""
        if self._fixed < len(self.path.parts):
            return (str(Path(*self.path.parts[self._fixed :])),)
        return (_literal(self.path.name),) if self.path.is_file() else self.include

    @property
    def label(self) -> str:
        """The name as the graph shows it."""
        fixed = self.path.parts[: self._fixed]
        return self.name or (PurePosixPath(fixed[-1]).name if fixed else "") or "exports"

    @property
    def _fixed(self) -> int:
        wild = (index for index, part in enumerate(self.path.parts) if _WILD & set(part))
        return next(wild, len(self.path.parts))

    @field_validator("include")
    @classmethod
    def _relative(cls, globs: tuple[str, ...]) -> tuple[str, ...]:
        for glob in globs:
            parts = PurePosixPath(glob).parts
            if not parts or glob.startswith("/") or ".." in parts or _half_double_star(parts):
                raise ValueError(f"{glob!r}: write a glob relative to `path`, without `..`, like **/*.parquet")
        return globs

    @field_validator("path")
    @classmethod
    def _glob(cls, path: Path) -> Path:
        if _half_double_star(path.parts):
            raise ValueError(f"{path}: `**` stands alone between slashes, like exports/**/*.parquet")
        return path


def _half_double_star(parts: tuple[str, ...]) -> bool:
    return any("**" in part and part != "**" for part in parts)


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in _WILD else character for character in name)


class RuleSettings(Settings):
    """One way to tell whose a charge is. Give exactly one of `tag`, `sub_account`, `resource` and `service`.

    In the keys of the maps `{word}` stands for letters, digits, `.`, `_` and `-` and may be used in the ref, `*` for
    any text, `?` for one character.
    """

    tag: str | None = Field(default=None, min_length=1, max_length=128, pattern=r"^[^\x00-\x1f]+$")
    """A tag's key, compared with case. Its value is an entity's name or ref, unless `values` says otherwise."""

    values: _Matches = Field(default={}, max_length=10_000)
    """For `tag`: tag values to refs, for tags that hold something else than an entity's name."""

    sub_account: _Matches | None = Field(default=None, max_length=10_000)
    """Sub-account ids or names to refs."""

    resource: _Matches | None = Field(default=None, max_length=10_000)
    """Resource ids to refs."""

    service: _Matches | None = Field(default=None, max_length=10_000)
    """Names of the cloud's services to refs, for what one team pays for everybody."""

    kind: str = Field(default="component", pattern=r"^[A-Za-z][A-Za-z0-9]{0,62}$")
    """The entity kind where the text names none."""

    namespace: str = Field(default="default", pattern=r"^[A-Za-z0-9._-]{1,63}$")
    """The namespace where the text names none."""

    @property
    def naming(self) -> Naming:
        """What to assume where a text leaves it out."""
        return Naming(self.kind, self.namespace)

    @property
    def source(self) -> RuleSource:
        """What the rule looks at."""
        given: list[RuleSource] = ["tag"] if self.tag is not None else []
        given += ["sub_account"] if self.sub_account is not None else []
        given += ["resource"] if self.resource is not None else []
        given += ["service"] if self.service is not None else []
        if len(given) != 1:
            raise ValueError("give exactly one of `tag`, `sub_account`, `resource` and `service` in a rule")
        return given[0]

    @property
    def entries(self) -> dict[str, str]:
        """The rule's texts and the refs they stand for."""
        return self.values if self.source == "tag" else (self.sub_account or self.resource or self.service or {})

    @model_validator(mode="after")
    def _usable(self) -> RuleSettings:
        if self.source != "tag" and self.values:
            raise ValueError(f"`values` belongs to `tag`: put its entries under `{self.source}`")
        if self.source != "tag" and not self.entries:
            raise ValueError(f"`{self.source}` is empty: write at least one text and the ref that it stands for")
        try:
            Matches(self.entries, self.naming)
        except PatternError as error:
            raise ValueError(str(error)) from None
        return self


class CostSettings(Settings):
    """Where cost exports lie, how charges are attributed, and the limits on what is read."""

    sources: tuple[SourceSettings, ...] = Field(default=(), max_length=100)
    """The places with exports. The same charge in two files counts twice: leave one of them out."""

    rules: tuple[RuleSettings, ...] = Field(default=(RuleSettings(tag="component"),), max_length=100)
    """Whose a charge is: the first rule that gives an entity decides."""

    cost: CostColumn = "EffectiveCost"
    """Which of FOCUS's costs counts: EffectiveCost spreads what was paid up front over the time it is used."""

    as_of: Annotated[date, Field(ge=date(1980, 1, 1), le=date(2200, 1, 1))] | None = None
    """The day that stands for today; it is not counted itself. Left out, it follows the data: the end of the newest
    day with usage, since exports lag behind by hours or days."""

    refresh_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    """How long changed files may go unnoticed. Only names, sizes and times are looked at; changed files are read."""

    max_files: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """How many files a source may have; those beyond, in order of their paths, are left out with a Problem."""

    max_bytes: Annotated[int, Field(ge=1_024, le=1 << 40)] = 2_000_000_000
    """The largest file that is read."""

    max_rows: Annotated[int, Field(ge=1, le=1_000_000_000)] = 20_000_000
    """The most rows of one file; a file with more is a Problem as a whole."""

    memory_mb: Annotated[int, Field(ge=64, le=1 << 20)] = 1_024
    """How much memory the charges and the work on them may take. Nothing is written to disk."""

    threads: Annotated[int, Field(ge=1, le=16)] = 1
    """How many processor cores one load or question may use."""

    @model_validator(mode="after")
    def _distinct(self) -> CostSettings:
        labels = [source.label for source in self.sources]
        if twice := sorted({label for label in labels if labels.count(label) > 1}):
            raise ValueError(f"two sources are called {twice[0]!r}: give each its own `name`")
        return self
