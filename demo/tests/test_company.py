"""The company follows from its founding, and from nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from pathlib import Path

import orjson
import pytest

from demo.company import Company, Founding, found
from demo.company.model import CLUSTERS, Fate, Trend
from demo.generate import COMPANY_FILE, generate, main, read_company
from demo.tests.conftest import AS_OF, SMALL


def digests(folder: Path) -> dict[str, str]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_same_founding_writes_the_same_bytes(data: Path, tmp_path: Path) -> None:
    generate(SMALL, tmp_path)
    again = digests(tmp_path)
    assert len(again) > 30
    assert again == {name: digest for name, digest in digests(data).items() if not name.startswith("tokens/")}


def test_another_seed_is_another_company() -> None:
    assert found(SMALL).people != found(dataclasses.replace(SMALL, seed=8)).people


def test_generating_again_leaves_nothing_of_the_company_before(tmp_path: Path) -> None:
    generate(dataclasses.replace(SMALL, components=40), tmp_path)
    generate(SMALL, tmp_path)
    fresh = tmp_path / "fresh"
    generate(SMALL, fresh)
    assert {name for name in digests(tmp_path) if not name.startswith("fresh/")} == set(digests(fresh))


def test_at_full_size_it_is_as_large_as_promised(full_company: Company) -> None:
    sizes = {
        "teams": sum(group.type == "team" for group in full_company.groups),
        "people": len(full_company.people),
        "domains": len(full_company.domains),
        "systems": len(full_company.systems),
        "components": len(full_company.components),
        "apis": len(full_company.apis),
        "resources": len(full_company.resources),
        "scanned": sum(component.scanned for component in full_company.components),
    }
    assert sizes == {
        "teams": 60,
        "people": 500,
        "domains": 12,
        "systems": 80,
        "components": 800,
        "apis": 200,
        "resources": 152,
        "scanned": 400,
    }


@pytest.mark.parametrize("components", [1, 7, 20, 199, 800])
def test_names_are_well_formed_and_none_is_given_twice(components: int) -> None:
    made = found(Founding(3, components, AS_OF))
    assert len(made.components) == components
    for things in (made.groups, made.people, made.systems, made.components, made.apis, made.resources):
        names = [thing.name for thing in things]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[a-z0-9]+(?:[-._][a-z0-9]+)*", name) and len(name) <= 63 for name in names)


def test_something_goes_wrong_in_every_way_somewhere(full_company: Company) -> None:
    places = [place for component in full_company.components for place in component.placements]
    assert {place.fate for place in places} == set(Fate)
    assert {place.cluster for place in places} == set(CLUSTERS)
    assert sum(place.fate is Fate.HEALTHY for place in places) > 0.8 * len(places)
    assert {component.trend for component in full_company.components} == set(Trend)


def test_every_team_has_somebody_in_it(full_company: Company, company: Company) -> None:
    for made in (full_company, company):
        assert all(made.people_of(group.name) for group in made.groups if group.type == "team")


def test_a_page_of_a_hundred_components_spans_few_namespaces(full_company: Company) -> None:
    page = sorted(full_company.components, key=lambda component: component.name)[:100]
    assert 2 <= len({component.system for component in page}) <= 15


def test_a_written_company_can_be_read_back(data: Path, company: Company) -> None:
    assert read_company(data) == company


def test_reading_where_nothing_was_written_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"company\.json can't be read .*; run: python -m demo\.generate"):
        read_company(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"founding": {"seed": 1}}', b"\xff"])
def test_reading_something_else_says_how_to_write_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / COMPANY_FILE).write_bytes(content)
    with pytest.raises(ValueError, match="isn't a founding of the demo company; run:"):
        read_company(tmp_path)


def test_the_command_writes_the_company_and_counts_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new" / "folder"), "--components", "5", "--as-of", "2026-11-24", "--seed", "1"]) == 0
    assert "5 components" in capsys.readouterr().out
    facts = orjson.loads((tmp_path / "new" / "folder" / COMPANY_FILE).read_bytes())
    assert Founding.from_json(facts["founding"]) == Founding(1, 5, dt.date(2026, 11, 24))


@pytest.mark.parametrize("wrong", ["0", "-3", "many", "10001"])
def test_the_command_refuses_a_size_that_is_none(wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--components", wrong])
    assert f"{wrong!r} isn't a whole number from 1 to 10000" in capsys.readouterr().err


def test_the_command_says_where_it_can_not_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path / "file"), "--components", "1"]) == 1
    assert "can't write the demo company to" in capsys.readouterr().err
