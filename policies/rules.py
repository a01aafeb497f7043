"""The rules as their file writes them, and the checks that find every mistake before they take effect."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from schema import Supergraph

DEFAULT_RULES = Path(__file__).with_name("default.csv")
_ACTIONS = ("read", "mutate")
_EFFECTS = ("allow", "deny")
_FORM = "write `p, ROLE, OBJECT, read|mutate, allow|deny` or `g, ROLE, PARENT`"


class PolicyError(Exception):
    """The rules are refused as a whole; `mistakes` has each of them as `file:line: what is wrong and what to write`."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Rule:
    """One `p` line: a role may (or may not) do an action on an object."""

    role: str
    object: str
    action: str
    effect: str
    where: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of one policy version: grants, and which role has the rules of which."""

    grants: tuple[Rule, ...]
    inherits: tuple[tuple[str, str], ...]

    def canonical(self) -> str:
        """The rules as sorted text: equal for equal rules, whatever their order or file."""
        grants = sorted(f"p,{r.role},{r.object},{r.action},{r.effect}" for r in self.grants)
        return "\n".join([*grants, *sorted(f"g,{role},{parent}" for role, parent in self.inherits)])

    @property
    def roles(self) -> frozenset[str]:
        """Every role that a rule names."""
        return frozenset({r.role for r in self.grants} | {role for pair in self.inherits for role in pair})


def read_rules(path: Path) -> Rules:
    """Read a rules file. Raises PolicyError with every line that is not a rule, or when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise PolicyError([f"{path}: can't be read ({reason}): give the path of a CSV file of rules"]) from None
    grants: list[Rule] = []
    inherits: list[tuple[str, str]] = []
    mistakes: list[str] = []
    for where, cells in _lines(path, text):
        match cells:
            case ["p", role, thing, action, effect] if role and thing and action in _ACTIONS and effect in _EFFECTS:
                grants.append(Rule(role, thing, action, effect, where))
            case ["g", role, parent] if role and parent:
                inherits.append((role, parent))
            case _:
                mistakes.append(f"{where}: {', '.join(cells)!r} is no rule: {_FORM}")
    if mistakes:
        raise PolicyError(mistakes)
    return Rules(tuple(grants), tuple(inherits))


def _lines(path: Path, text: str) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            cells = next(csv.reader([line], skipinitialspace=True), [])
            yield f"{path.name}:{number}", [cell.strip() for cell in cells]


def check(rules: Rules, supergraph: Supergraph) -> None:
    """Raise PolicyError naming each rule whose object the schema doesn't have, with the nearest that it has.

    A rule about a plugin that isn't loaded, or that lost its types by quarantine, waits for it: one broken plugin must
    not take everyone's rules away.
    """
    known = _objects(supergraph)
    mistakes = [
        f"{rule.where}: {_unknown(rule.object, supergraph, known)}"
        for rule in rules.grants
        if rule.object not in known and not _waits(rule.object, supergraph)
    ]
    if mistakes:
        raise PolicyError(mistakes)


def _waits(name: str, supergraph: Supergraph) -> bool:
    if supergraph.missing:
        return True
    kind, _, rest = name.partition(":")
    plugin = rest.partition(".")[0] if kind == "permission" else rest
    return kind in ("permission", "plugin") and plugin not in supergraph.plugins


def _objects(supergraph: Supergraph) -> frozenset[str]:
    found = {"*"}
    for coordinate, guard in supergraph.guards.items():
        found |= {coordinate} if "." in coordinate else set()  # a type by itself is written type:T
        found |= {f"type:{coordinate.partition('.')[0]}", f"plugin:{guard.plugin}", f"permission:{guard.permission}"}
    return frozenset(found | {f"permission:{name}" for name in supergraph.permissions})


def _unknown(name: str, supergraph: Supergraph, known: frozenset[str]) -> str:
    type_name, _, field = name.partition(".")
    fields = getattr(supergraph.schema.type_map.get(type_name), "fields", {})
    if field in fields:
        return (
            f"{name} can't be granted or denied alone: it is readable with its object; name the fields that lead to {type_name}"
        )
    if fields:
        near = [f"{type_name}.{one}" for one in get_close_matches(field, fields, n=1)]
    else:
        near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name!r} is not in the schema: write a coordinate, type:T, plugin:P, permission:X or *{hint}"
