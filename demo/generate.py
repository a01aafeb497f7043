"""Writes the made-up company to a folder: `python -m demo.generate FOLDER`; the demo's first step, before any server starts."""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from demo.company import Company, Founding, found
from demo.company.catalog import write_catalog
from demo.company.cost import write_cost
from demo.company.security import write_security

COMPANY_FILE = "company.json"
_MOST_COMPONENTS = 10_000
_PARTS = ("catalog", "cost", "security")


def generate(founding: Founding, folder: Path) -> dict[str, Any]:
    """Write catalog, cost and security files under `folder` in place of older ones; returns what stands there.

    The same founding writes the same bytes. `company.json` is written last: where it stands, the rest
    is whole. Raises OSError where it can't write.
    """
    company = found(founding)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COMPANY_FILE).unlink(missing_ok=True)
    for part in _PARTS:
        shutil.rmtree(folder / part, ignore_errors=True)
    made = write_catalog(company, folder / "catalog")
    facts = {
        "founding": founding.to_json(),
        "counts": _counts(company)
        | {"costRows": write_cost(company, folder / "cost")}
        | {"securityReports": write_security(company, folder / "security")},
        "mistakes": [asdict(one) for one in made],
    }
    _write(folder / COMPANY_FILE, facts)
    return facts


def read_company(folder: Path) -> Company:
    """The company whose files stand in `folder`.

    Raises ValueError, with what to do about it, where none was written there.
    """
    path = folder / COMPANY_FILE
    remedy = f"run: python -m demo.generate {folder}"
    try:
        founding = Founding.from_json(orjson.loads(path.read_bytes())["founding"])
    except OSError as error:
        raise ValueError(f"{path} can't be read ({error.strerror}); {remedy}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} isn't a founding of the demo company; {remedy}") from error
    return found(founding)


def _counts(company: Company) -> dict[str, int]:
    return {
        "domains": len(company.domains),
        "systems": len(company.systems),
        "components": len(company.components),
        "apis": len(company.apis),
        "resources": len(company.resources),
        "groups": len(company.groups),
        "people": len(company.people),
        "repositories": len(company.by_repository),
    }


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def main(arguments: list[str] | None = None) -> int:
    """Read the command line, generate, and say what was made; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.generate", description="Write the demo company to a folder.")
    parser.add_argument("folder", type=Path, help="where to write; catalog/, cost/ and security/ in it are replaced")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another company (default: 7)")
    parser.add_argument("--components", type=_components, default=800, help="how large it is (default: 800)")
    parser.add_argument(
        "--as-of",
        type=dt.date.fromisoformat,
        default=dt.datetime.now(dt.UTC).date(),
        metavar="YYYY-MM-DD",
        help="the day on which the cost export ends (default: today)",
    )
    options = parser.parse_args(arguments)
    try:
        facts = generate(Founding(options.seed, options.components, options.as_of), options.folder)
    except OSError as error:
        print(f"can't write the demo company to {options.folder}: {error.strerror}", file=sys.stderr)
        return 1
    print(", ".join(f"{count} {name}" for name, count in facts["counts"].items()))
    return 0


def _components(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _MOST_COMPONENTS:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a whole number from 1 to {_MOST_COMPONENTS}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
