"""A company of 20 components, generated once, and its servers, started once, at a fixed moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from demo.company import Company, Founding, found
from demo.generate import generate
from demo.servers.serve import Addresses, Options, running

AS_OF = dt.date(2026, 11, 24)
NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
SMALL = Founding(seed=7, components=20, as_of=AS_OF)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    generate(SMALL, folder)
    return folder


@pytest.fixture(scope="session")
def company() -> Company:
    return found(SMALL)


@pytest.fixture(scope="session")
def full_company() -> Company:
    return found(Founding(seed=7, components=800, as_of=AS_OF))


@pytest.fixture(scope="session")
def addresses(data: Path) -> Iterator[Addresses]:
    with running(Options(data, now=NOW)) as started:
        yield started


@pytest.fixture
def client(addresses: Addresses) -> Iterator[Callable[[str], httpx.Client]]:
    """A client of the server with that name, with its token; the server's request log starts empty."""
    opened = []

    def open_(name: str) -> httpx.Client:
        address = addresses.servers[name]
        headers = {"Authorization": f"Bearer {address.token_file.read_text()}"}
        opened.append(httpx.Client(base_url=address.url, headers=headers, trust_env=False))
        opened[-1].delete("/__requests")
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


def documents(file: Path) -> list[Any]:
    """The documents of a descriptor file, None in the place of one that isn't YAML."""
    texts = ("\n" + file.read_text(encoding="utf-8")).split("\n---\n")
    return [_document(text) for text in texts if text.strip()]


def _document(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None
