"""What an access token looks like."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolvers.tokens.text import digest, is_token, new_token


def test_a_token_is_one_word_with_a_prefix_that_scanners_can_look_for():
    assert all(re.fullmatch(r"cbt_[0-9A-Za-z]{42}", new_token()) for _ in range(200))


def test_no_two_tokens_are_alike():
    assert len({new_token() for _ in range(2_000)}) == 2_000


@given(place=st.integers(0, 45), letter=st.sampled_from("0Ab_- é"))
def test_a_mistyped_letter_is_told_without_asking_the_database(place: int, letter: str):
    token = new_token()
    assert is_token(token)
    changed = token[:place] + letter + token[place + 1 :]
    assert is_token(changed) == (changed == token)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "a", lambda t: f" {t}", lambda t: t.upper(), lambda t: "", lambda t: t[4:]]
)
def test_what_is_cut_or_padded_is_no_token(change):
    assert not is_token(change(new_token()))


def test_the_digest_tells_nothing_of_the_token():
    token = new_token()
    assert re.fullmatch(r"[0-9a-f]{64}", digest(token)) and token[4:12] not in digest(token)
