"""Answers of servers taken apart: whatever they send is an answer or one error."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.forecast.campaign import wire
from slopguard.forecast.campaign.interface import Nonsense
from slopguard.forecast.campaign.openai import label

PROMPT = "What is there for Python? `pip install`"


@pytest.mark.parametrize("said", [None, [], {}, {"prompt_tokens": "9"}, {"prompt_tokens": True}, {"prompt_tokens": -1}])
def test_a_cost_that_is_no_number_is_estimated(said: object) -> None:
    usage = said | {"completion_tokens": 5} if isinstance(said, dict) else said
    assert wire.used(usage, PROMPT, ("x" * 40,), 512).doubtful


def test_completions_in_parts_and_those_without_text_are_read() -> None:
    parts = [{"type": "text", "text": "one "}, {"type": "image"}, {"type": "text", "text": "two"}, 7]
    data = json.dumps({"choices": [{"message": {"content": parts}}, {"message": {"content": None}}]}).encode()
    assert wire.sampled(data, PROMPT, 2, 512, schema=False).texts == ("one two", "")
    with pytest.raises(Nonsense):
        wire.sampled(b'{"choices": [{"message": {"content": 7}}]}', PROMPT, 1, 512, schema=False)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("/home/somebody/models/tiny.gguf", "tiny.gguf"),
        ("C:\\models\\tiny.gguf", "tiny.gguf"),
        ("./tiny.gguf", "tiny.gguf"),
        ("org/tiny-7b", "org/tiny-7b"),
        ("tiny:7b", "tiny:7b"),
    ],
)
def test_a_model_that_is_a_path_is_called_by_its_file(model: str, name: str) -> None:
    assert label(model) == name


def test_a_list_of_models_must_be_one() -> None:
    with pytest.raises(Nonsense, match="no list"):
        wire.models(b'{"data": {}}')


def test_models_whose_names_cannot_be_shown_are_left_out() -> None:
    listed = [{"id": "good/model-1"}, {"id": "bad\u202ename"}, {"id": 7}, {"id": ""}, 5, {"id": "good/model-1"}]
    data = json.dumps({"data": listed}).encode()
    assert wire.models(data) == ("good/model-1",)


@given(st.binary(max_size=200))
def test_whatever_bytes_a_server_sends_give_an_answer_or_one_error(data: bytes) -> None:
    for read in (wire.models, lambda each: wire.sampled(each, PROMPT, 1, 512, schema=True)):
        with suppress(Nonsense):
            read(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "content", "text"]), inner),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_whatever_json_a_server_sends_gives_an_answer_or_one_error(choices: Any, usage: Any) -> None:
    data = json.dumps({"choices": [choices], "usage": usage}).encode()
    with suppress(Nonsense):
        assert len(wire.sampled(data, PROMPT, 1, 512, schema=True).texts) == 1
