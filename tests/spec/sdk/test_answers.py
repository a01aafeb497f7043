"""The client that a plugin's tests hand to its fields."""

from __future__ import annotations

import pytest
from callboard_sdk import Client, UpstreamError
from callboard_sdk.testing import Answers


async def test_it_is_a_client_that_answers_as_told_and_knows_what_it_was_asked() -> None:
    pager = Answers({"/on-call": {"web": 1}, "/page": []}, "pager")
    assert isinstance(pager, Client)
    assert (await pager.get("/on-call", {"service": ["web"]})).json(dict[str, int]) == {"web": 1}
    assert (await pager.post("/page", {"who": "alice"})).json(object) == []
    assert pager.asked == [("/on-call", {"service": ["web"]}), ("/page", {"who": "alice"})]


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/nothing", "NOT_FOUND"), ("/late", "TIMEOUT")],
    ids=["what has no answer", "an answer that is an error"],
)
async def test_it_fails_as_an_upstream_does(path: str, reason: str) -> None:
    pager = Answers({"/late": UpstreamError("pager", "TIMEOUT", "late")}, "pager")
    with pytest.raises(UpstreamError) as raised:
        await pager.get(path)
    assert (raised.value.upstream, raised.value.reason) == ("pager", reason)
    assert pager.asked == [(path, {})]


async def test_an_answer_that_is_not_of_the_type_is_a_bad_answer() -> None:
    reply = await Answers({"/on-call": ["web"]}).get("/on-call")
    with pytest.raises(UpstreamError) as raised:
        reply.json(dict[str, str])
    assert raised.value.reason == "BAD_ANSWER"
