"""What docs/catalog-rest.md says of addresses and answers is what a gateway has and gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from callboard_catalog.portal import addresses, lists, pages

from tests.docs.reference import ROOT
from tests.docs.snippets import snippets
from tests.docs.tables import rows
from tests.spec.portal.shop import opened

FILE = ROOT / "docs" / "catalog-rest.md"
PAGE = FILE.read_text(encoding="utf-8")


def examples() -> Iterator[tuple[str, str, str | None, object]]:
    """Each request with the answer that follows it: method, address, body, JSON."""
    for one, following in pairwise(snippets(FILE)):
        if one.language == "http" and following.language == "json":
            head, _, body = one.text.partition("\n\n")
            method, address = head.split()
            yield method, address, body or None, json.loads(following.text)


def test_every_address_has_a_row() -> None:
    told = {(cells[1], re.sub(r"`", "", cells[0])) for cells in rows(PAGE, "address")}
    assert told == {(one.method, one.path.removeprefix("/api/catalog")) for one in addresses()}


async def test_the_examples_are_answered_as_the_page_says(tmp_path: Path) -> None:
    found = list(examples())
    assert len(found) >= 4
    async with opened(tmp_path) as shop:
        headers = {"authorization": shop.harness.bearer(["admin"]), "content-type": "application/json"}
        for method, address, body, answer in found:
            told = await shop.client.request(method, address, content=body, headers=headers)
            assert told.json() == answer


def test_numbers_that_sentences_name_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert lists.MOST == 5_000 and lists.USUAL == 20 and "at most 5,000 entities, 20 if it doesn't say" in text
    assert pages.FURTHEST == 10_000 and "At most 10,000 can be left out by `offset`" in text
    assert pages.PAGE == 100 and "Each hundred entities are a request" in text and "its 100 most frequent values" in text
