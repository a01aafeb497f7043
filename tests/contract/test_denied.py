"""What a viewer may not read is not asked: the plugin isn't called, nor an upstream."""

from __future__ import annotations

from typing import Any

import pytest
from gateway.testing import Harness


async def test_denied_means_not_called(alone: Harness, plugin: Any, question: Any, down: Any, subtests: pytest.Subtests) -> None:
    before = list(down.asked)
    for spec in plugin.fields:
        if document := question(spec):
            with subtests.test(spec.name):
                answer = await alone.ask(document, roles=("outsider",))
                assert {error["extensions"]["code"] for error in answer.errors} == {"FORBIDDEN"}
                assert not [call for call in answer.calls if not call.startswith("contract_suite.")]
                assert down.asked == before
                if "contractEntities" in document and answer.data is not None:
                    assert answer.data["contractEntities"]
